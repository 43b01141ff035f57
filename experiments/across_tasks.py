"""The command `nlpfeat across-tasks`, as `python -m experiments.across_tasks`."""

from nlpfeat.cli.main import main

if __name__ == "__main__":
    main("across-tasks")
