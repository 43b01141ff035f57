"""The command `nlpfeat factors`, as `python -m experiments.factors`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("factors")
