"""`python -m experiments.plot`: the command `nlpfeat plot`."""

from nlpfeat.cli.command import main
from nlpfeat.cli.plot import command

if __name__ == "__main__":
    main(command)
