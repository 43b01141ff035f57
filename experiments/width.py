"""The command `nlpfeat width`, as `python -m experiments.width`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("width")
