"""`python -m experiments.predict`: the command `nlpfeat predict`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.predict import command

if __name__ == "__main__":
    main(command)
