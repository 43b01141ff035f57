"""The commands: thin, each a `python -m experiments.NAME`."""
