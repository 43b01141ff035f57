"""`python -m experiments.sweep`: the command `nlpfeat sweep`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.sweep import command

if __name__ == "__main__":
    main(command)
