"""Doors to the commands: `python -m experiments.NAME` runs `nlpfeat NAME`."""
