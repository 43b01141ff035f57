"""The command `nlpfeat check`, as `python -m experiments.check`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("check")
