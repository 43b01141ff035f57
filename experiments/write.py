"""The command `nlpfeat write`, as `python -m experiments.write`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("write")
