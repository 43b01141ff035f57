"""Character n-grams of words, and vectors that words share through them."""

from dataclasses import replace

import numpy as np
import pytest

from nlpfeat import open_study
from nlpfeat.analysis.embeddings import word_space
from nlpfeat.data.text.subwords import MOST, bucket, character_ngrams, subword_ids
from nlpfeat.models.word_windows import vectors_of_spelling, with_subwords
from tests.toys import TOYS, study, with_grid


def test_ngrams_of_a_word():
    assert character_ngrams("as") == ["<as", "as>"]  # <as> is the word itself
    assert character_ngrams("where")[:5] == ["<wh", "whe", "her", "ere", "re>"]
    assert "<where" in character_ngrams("where")
    assert "<where>" not in character_ngrams("where")
    assert character_ngrams("a") == []
    assert character_ngrams("été") == ["<ét", "été", "té>", "<été", "été>"]
    assert len(character_ngrams("antidisestablishmentarianism")) == MOST


def test_buckets_are_those_of_fnv():
    # The published test vectors of the 32-bit FNV-1a hash.
    assert bucket("", 2**32) == 0x811C9DC5
    assert bucket("a", 2**32) == 0xE40C292C
    assert bucket("foobar", 2**32) == 0xBF9CF968


def test_ids_are_padded_and_empty_without_buckets():
    ids = subword_ids(["as", "", "where"], 50)
    assert ids.shape == (3, len(character_ngrams("where")))
    assert (ids[0, 2:] == 50).all()
    assert (ids[1] == 50).all()
    assert ids[0, 0] == bucket("<as", 50)
    assert subword_ids(["as", "where"], 0).shape == (2, 0)


def test_a_vector_is_the_mean_of_the_word_and_its_ngrams():
    rng = np.random.default_rng(0)
    own, table = rng.normal(size=(2, 3)).astype(np.float32), rng.normal(size=(50, 3)).astype(np.float32)
    words = ["film", "films"]
    found = np.asarray(with_subwords(own, table, subword_ids(words, 50)))
    for i, word in enumerate(words):
        parts = [own[i], *(table[bucket(ngram, 50)] for ngram in character_ngrams(word))]
        np.testing.assert_allclose(found[i], np.mean(parts, axis=0), atol=1e-6)
    alone = vectors_of_spelling(["filming"], {"subwords": {"table": table}})[0]
    expected = sum(table[bucket(ngram, 50)] for ngram in character_ngrams("filming"))
    np.testing.assert_allclose(alone, expected / (1 + len(character_ngrams("filming"))), atol=1e-6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("subwords") / "study"
    toy = TOYS["windows_noise"]
    spec = replace(toy, data=replace(toy.data, subwords=500))
    study(with_grid(spec, width=(4, 8), seed=(0,)), folder)
    return open_study(folder)


def test_unknown_words_are_spelt(trained):
    member = trained.restore(width=4, seed=0)
    known = word_space(trained, member)
    space = word_space(trained, member, ["unheardofness", known.words[0]])
    assert space.words == (*known.words, "unheardofness")
    assert space.vectors[-1].shape == (4,)
    assert np.abs(space.vectors[-1]).max() > 0
    np.testing.assert_array_equal(space.vectors[:-1], known.vectors)
    assert space.counts is not None
    assert space.counts[-1] == 0


def test_ngrams_are_trained_and_padding_is_not(trained):
    narrow = trained.restore(width=4, seed=0).params["subwords"]["table"]
    start = trained.restore(width=4, seed=0, step=0).params["subwords"]["table"]
    assert narrow.shape == (500, 4)
    assert np.abs(narrow - start).max() > 1e-3


def test_a_study_without_ngrams_adds_no_words(tmp_path):
    study(with_grid(TOYS["windows_noise"], width=(4,), seed=(0,)), tmp_path / "study")
    opened = open_study(tmp_path / "study")
    member = opened.restore(width=4, seed=0)
    assert word_space(opened, member, ["unheardofness"]).words == word_space(opened, member).words
