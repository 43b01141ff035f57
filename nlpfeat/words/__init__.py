"""What word vectors say: neighbours, groups by polarity, maps, how separable good and bad words are. Arrays only."""
