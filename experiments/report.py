"""The command `nlpfeat report`, as `python -m experiments.report`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("report")
