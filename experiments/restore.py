"""The command `nlpfeat restore`, as `python -m experiments.restore`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("restore")
