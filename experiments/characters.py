"""`python -m experiments.characters`: the command `nlpfeat characters`."""

from nlpfeat.cli.characters import command
from nlpfeat.cli.command import main

if __name__ == "__main__":
    main(command)
