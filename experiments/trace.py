"""`python -m experiments.trace`: the command `nlpfeat trace`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.trace import command

if __name__ == "__main__":
    main(command)
