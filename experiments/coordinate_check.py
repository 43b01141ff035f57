"""The command `nlpfeat coordinate-check`, as `python -m experiments.coordinate_check`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("coordinate-check")
