"""The command `nlpfeat characters`, as `python -m experiments.characters`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("characters")
