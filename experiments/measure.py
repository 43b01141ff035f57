"""`python -m experiments.measure`: the command `nlpfeat measure`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.measure import command

if __name__ == "__main__":
    main(command)
