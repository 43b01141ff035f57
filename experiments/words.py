"""`python -m experiments.words`: the command `nlpfeat words`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.words import command

if __name__ == "__main__":
    main(command)
