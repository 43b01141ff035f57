"""`python -m experiments.film`: the command `nlpfeat film`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.film import command

if __name__ == "__main__":
    main(command)
