"""Flax modules: one family a file. Every one takes a traced width (`width.py`)."""
