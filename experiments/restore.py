"""`python -m experiments.restore`: the command `nlpfeat restore`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.restore import command

if __name__ == "__main__":
    main(command)
