"""Texts as sequences: Keras's tokens, numbers by falling count, padding in front, published vectors."""

import itertools
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.core import Examples
from nlpfeat.data.text import sequences, tokens, vector_files
from nlpfeat.data.text.corpus import LabelledTexts, corpus_notes, hold_out, tokenize_corpus
from nlpfeat.data.text.vocabulary import Vocabulary
from nlpfeat.errors import DamagedFile, UserError

ROWS = [("the cat and the dog", "a"), ("the Dog! it's<br />fun", "b"), ("new words, the end", "a")]


def keras(text):
    """Keras 1's `text_to_word_sequence`, written anew from its description: characters one by one."""
    cleaned = "".join(" " if c in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n' else c for c in text.lower())
    found, word = [], ""
    for c in cleaned + " ":
        if c == " ":
            found += [word] if word else []
            word = ""
        else:
            word += c
    return found


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(0, 9))
def test_shuffled_each_document_keeps_its_words(lengths, key):
    words = np.arange(1, sum(lengths) + 1, dtype=np.uint16)
    start = np.cumsum([0, *lengths]).astype(np.int32)
    found = sequences.shuffled(sequences.Sequences(start, words, 50), key)
    for first, end in itertools.pairwise(start):
        assert sorted(found.words[first:end]) == words[first:end].tolist()
        assert end - first < 20 or found.words[first:end].tolist() != words[first:end].tolist()
    np.testing.assert_array_equal(
        found.words, sequences.shuffled(sequences.Sequences(start, words, 50), key).words
    )


@given(st.text(max_size=60))
def test_tokens_are_those_of_keras(text):
    assert tokens.filtered(text) == keras(tokens.composed(text))


def test_a_line_break_tag_leaves_its_name():
    assert tokens.filtered("it's<br />FUN-ny") == ["it's", "br", "fun", "ny"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdé"), max_size=6), min_size=1, max_size=6), st.randoms())
def test_documents_come_back_in_any_order(documents, random):
    found = tokens.tokenized(documents, list)
    order = list(range(len(documents)))
    random.shuffle(order)
    taken = tokens.take(found, np.array(order, int))
    assert [taken.document(i) for i in range(len(order))] == [documents[i] for i in order]


def spec(tmp_path, **changes):
    path = tmp_path / "mine.csv"
    lines = "".join(
        f'"{text}",{label},{part}\n'
        for (text, label), part in zip(ROWS, ("train", "train", "test"), strict=True)
    )
    path.write_text("text,label,part\n" + lines)
    return sequences.SequenceSpec(path=str(path), split="part", **changes)


def test_numbers_by_falling_count_and_padding_in_front(tmp_path):
    dataset = sequences.load(spec(tmp_path, vocab_size=6, length=4), 2)
    arrays, texts, digest, notes = dataset.arrays, dataset.metadata, dataset.digest, dataset.notes
    # the: 3, dog: 2, then those seen once in the order in which they first appear
    assert texts.vocabulary.words == (sequences.PADDING, "the", "dog", "cat", "and", sequences.RARE)
    batch = sequences.batch(arrays, Examples(jnp.arange(3), jnp.array([0, 1, 0])), None)
    assert batch.inputs.words.tolist() == [[3, 4, 1, 2], [2, 5, 5, 5], [5, 5, 1, 5]]
    assert batch.inputs.lengths.tolist() == [4, 4, 4]
    assert notes == (
        f"{tmp_path}/mine.csv: 2 of 3 texts are longer than 4 words: their last 4 are read",
        f"{tmp_path}/mine.csv: 6 of 10 words share the row of rare ones: 42.9% of the text",
        f"{tmp_path}/mine.csv: 75.0% of the words of the test split are not in the vocabulary",
    )
    wide = sequences.load(spec(tmp_path, vocab_size=6, length=7), 2).arrays
    batch = sequences.batch(wide, Examples(jnp.arange(3), jnp.array([0, 1, 0])), jnp.array([2, 0]))
    assert batch.inputs.words.tolist() == [[0, 0, 0, 5, 5, 1, 5], [0, 0, 1, 3, 4, 1, 2]]
    assert batch.targets.tolist() == [0, 0]
    other = sequences.load(spec(tmp_path, vocab_size=5, length=4), 2).digest
    assert digest != other


def test_the_table_is_no_larger_than_the_words(tmp_path):
    texts = sequences.load(spec(tmp_path, vocab_size=5000, length=4), 2).metadata
    assert len(texts.vocabulary.words) == 2 + len({"the", "cat", "and", "dog", "it's", "br", "fun"})


def test_new_text_with_and_without_each_word(tmp_path):
    texts = sequences.load(spec(tmp_path, vocab_size=6, length=4), 2).metadata
    new = texts.read("Zebra the dog, the cat and ... the")
    assert (new.words, new.unknown, new.unread) == (["the", "cat", "and"], [], 3)
    assert new.whole.tolist() == [1, 3, 4, 1]
    assert [one.tolist() for one in new.without] == [[5, 2, 3, 4], [2, 1, 4, 1], [2, 1, 3, 1]]
    batch = texts.collate([new.whole, texts.read("dog").whole])
    assert batch.words.tolist() == [[1, 3, 4, 1], [0, 0, 0, 2]]


def test_repeated_texts_are_told():
    parts, labels = np.array([0, 0, 2, 2]), np.array([0, 1, 0, 1], np.int32)
    found = tokenize_corpus(LabelledTexts(["a", "a", "a", "b"], labels, parts, ("x", "y")), tokens.words)
    assert corpus_notes(found)[1:] == [  # the first: that all are a single word
        "1 texts of the train split repeat another",
        "1 texts of the test split are also in the train split",
        "1 texts occur with more than one label",
    ]
    assert hold_out(found, 1, 0.5, 0).sizes == (2, 0, 2)  # of each class the one text that there is stays


def vectors(tmp_path, text, name="v.txt"):
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.txt", text)
    else:
        path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["v.txt", "v.zip"])
def test_vectors_start_the_table(tmp_path, name):
    path = vectors(tmp_path, "the 1 2\nunused 9 9\ncat -0.5 4\nthe 7 7\n", name)
    dataset = sequences.load(spec(tmp_path, vocab_size=6, length=4, vectors=path), 2)
    texts, notes = dataset.metadata, dataset.notes
    assert texts.has_vector.tolist() == [False, True, False, True, False, False]
    assert "2 of 4 words (50.0%; 42.9% of the text they make up) are not in" in notes[-1]
    blank = {"words": {"table": np.zeros((6, 2), np.float32)}}

    class Settings:
        seed = 3

    table = sequences.pretrained_embedding(texts, blank, Settings, {})["words"]["table"]
    np.testing.assert_allclose(table[[0, 1, 3]], [[0, 0], [1 / 3, 2 / 3], [-0.5 / 3, 4 / 3]], rtol=1e-6)
    assert (table[[2, 4, 5]] != 0).all()
    again = sequences.pretrained_embedding(texts, blank, Settings, {})["words"]["table"]
    np.testing.assert_array_equal(table, again)


def test_a_contraction_is_the_sum_of_its_parts(tmp_path):
    """As GloVe cuts them: a file that has don't in one piece is believed."""
    path = vectors(tmp_path, "do 1 2\nn't 10 20\nit's 7 7\nit 3 3\n's 5 5\n")
    vocabulary = Vocabulary(
        ("(padding)", "don't", "it's", "won't", "(rare)"),
        np.ones((5, 1), np.int64),
        {"don't": 1, "it's": 2, "won't": 3},
        1,
    )
    table, found = sequences._vectors(path, vocabulary, 2)
    assert found.tolist() == [False, True, True, False, False]  # there is no "wo"
    np.testing.assert_array_equal(table[1:3], [[11, 22], [7, 7]])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the 1 2 3\n", "has 3 dimensions and the model asks for 2: set config.model.embedding=3"),
        ("2 3\nthe 1 2 3\ncat 1 2 3\n", "has 3 dimensions and the model asks for 2"),
        ("the 1 2\ncat 1\n", "line 2 has 1 numbers, not 2 as the first: it may be truncated"),
        ("the 1 x\n", "line 1: not a word and its numbers"),
        ("the 1 inf\n", "line 1: a number is not finite"),
        ("", "is empty"),
    ],
)
def test_vectors_that_do_not_fit(tmp_path, text, told):
    with pytest.raises(UserError, match=told):
        vector_files.read(vectors(tmp_path, text), {"the": 1, "cat": 2}, 3, 2)


def test_a_truncated_archive_and_one_of_several_files(tmp_path):
    path = tmp_path / "v.zip"
    vectors(tmp_path, "".join(f"w{i} {i} {i * 7919 % 101}\n" for i in range(20000)), "v.zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match="cannot be read"):
        vector_files.read(str(path), {"w19999": 0}, 1, 2)
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 50] = bytes(50)
    path.write_bytes(damaged)
    with pytest.raises(DamagedFile, match="cannot be read after line"):
        vector_files.read(str(path), {"w19999": 0}, 1, 2)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "the 1 2\n")
        archive.writestr("b.txt", "the 1 2\n")
    with pytest.raises(UserError, match=r"holds a\.txt, b\.txt; unpack"):
        vector_files.read(str(path), {"the": 0}, 1, 2)
    with pytest.raises(UserError, match=r"no file 'glove\.6B\.60d'; name glove\.6B\.50d"):
        vector_files.read("glove.6B.60d", {"the": 0}, 1, 2)
