"""The command `nlpfeat measure`, as `python -m experiments.measure`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("measure")
