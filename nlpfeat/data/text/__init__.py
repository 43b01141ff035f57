"""Texts: corpora, vocabularies, encodings, files of word vectors."""
