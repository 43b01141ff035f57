"""Vectors of words and items: neighbours, analogies, alignment, projections, stability. Arrays only."""
