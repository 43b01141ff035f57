"""`python -m experiments.report`: the command `nlpfeat report`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.report import command

if __name__ == "__main__":
    main(command)
