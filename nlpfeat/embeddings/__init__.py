"""Factors read: components and what lies at their ends."""


# MERGED: """Spaces of vectors that have names, be they words or films: neighbours, maps, agreement, translation. Arrays only.""" | """What word vectors say of language: groups by polarity, how separable they are, analogies, similarity. Arrays only."""
