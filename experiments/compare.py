"""`python -m experiments.compare`: the command `nlpfeat compare`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.compare import command

if __name__ == "__main__":
    main(command)
