"""The command `nlpfeat predict`, as `python -m experiments.predict`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("predict")
