"""What word vectors say of language: groups by polarity, how separable they are, analogies, similarity. Arrays only."""
