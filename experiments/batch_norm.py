"""`python -m experiments.batch_norm`: the command `nlpfeat batch-norm`."""

from nlpfeat.cli.batch_norm import command
from nlpfeat.cli.command import main

if __name__ == "__main__":
    main(command)
