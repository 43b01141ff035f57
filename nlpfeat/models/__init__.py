"""Flax modules, one family per file. Each takes a traced width: see `nlpfeat.models.masking`."""
