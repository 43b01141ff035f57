"""Spaces of vectors that have names, be they words or films: neighbours, maps, agreement, translation. Arrays only."""
