"""`python -m nlpfeat`: the command `nlpfeat`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main()
