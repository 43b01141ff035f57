"""The command `nlpfeat batch-norm`, as `python -m experiments.batch_norm`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("batch-norm")
