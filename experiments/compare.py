"""The command `nlpfeat compare`, as `python -m experiments.compare`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("compare")
