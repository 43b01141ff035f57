"""The command `nlpfeat words`, as `python -m experiments.words`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("words")
