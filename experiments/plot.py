"""The command `nlpfeat plot`, as `python -m experiments.plot`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("plot")
