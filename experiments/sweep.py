"""The command `nlpfeat sweep`, as `python -m experiments.sweep`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("sweep")
