"""The command `nlpfeat film`, as `python -m experiments.film`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("film")
