"""The command `nlpfeat trace`, as `python -m experiments.trace`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("trace")
