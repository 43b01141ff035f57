"""Vectors of words or items: neighbours, analogies, projections, and comparisons of spaces. Functions of arrays."""
