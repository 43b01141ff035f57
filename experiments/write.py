"""`python -m experiments.write`: the command `nlpfeat write`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.write import command

if __name__ == "__main__":
    main(command)
