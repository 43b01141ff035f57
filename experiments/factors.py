"""`python -m experiments.factors`: the command `nlpfeat factors`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.factors import command

if __name__ == "__main__":
    main(command)
