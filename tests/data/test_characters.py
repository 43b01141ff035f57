"""Windows of characters, and the order in which lanes of them are read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.core import Examples, count
from nlpfeat.data.samplers import stream_sampler, streams
from nlpfeat.data.text import characters, next_words
from nlpfeat.data.text.characters import Alphabet, CharacterSpec
from nlpfeat.data.text.next_words import NextWordSpec
from nlpfeat.errors import UserError


def read(path, **changes):
    spec = CharacterSpec(path=str(path), **changes)
    dataset = characters.load(spec)
    book = dataset.metadata
    return dataset.arrays, book, characters.make_splits(book, None), dataset.notes


def pairs(text, splits, name):
    """Every (place read, character asked for) of a part."""
    batch = characters.batch(text, splits[name], None)
    tokens, (following, valid, mean) = batch.inputs.tokens, batch.targets
    start = np.asarray(batch.inputs.span.start)
    found = [
        (start[row] + place, int(tokens[row, place]), int(following[row, place]))
        for row, place in np.argwhere(np.asarray(valid))
    ]
    assert np.asarray(valid).sum() == pytest.approx(np.asarray(mean).sum(), rel=1e-6)
    return found


@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=4), st.integers(1, 12), st.sampled_from([0.0, 0.1, 0.5])
)
def test_every_character_but_the_first_is_asked_for_once(tmp_path_factory, lengths, window, share):
    """Of each file and part: windows neither overlap nor leave gaps, nor run on into another file."""
    folder, rng = tmp_path_factory.mktemp("books"), np.random.default_rng(sum(lengths))
    texts = ["".join(rng.choice(list("abcd \n"), n)) for n in [*lengths, 100]]
    for i, text in enumerate(texts):
        (folder / f"{i}.txt").write_text(text)
    text, book, splits, _ = read(folder, window=window, validation_share=share)
    whole, ends = "".join(texts), np.cumsum([len(one) for one in texts])
    train = len(whole) - round(share * len(whole))
    for name, begin, end in (("train", 0, train), ("validation", train, len(whole))):
        expected = [
            (place, whole[place], whole[place + 1])
            for place in range(begin, end - 1)
            if place + 1 not in ends
        ]
        found = pairs(text, splits, name) if name in splits else []
        decoded = [(p, book.alphabet.decode([a]), book.alphabet.decode([b])) for p, a, b in found]
        unknown = set(whole) - set(whole[:train])
        assert decoded == [
            (p, *("\ufffd" if letter in unknown else letter for letter in (a, b))) for p, a, b in expected
        ]


def test_the_alphabet_is_that_of_the_train_part_commonest_first(tmp_path):
    (tmp_path / "a.txt").write_text("aAAb\nb c" * 20 + "zé")
    sizes = {"window": 5, "vocab_size": 3, "validation_share": 0.2}
    _, book, splits, notes = read(tmp_path / "a.txt", lower=True, **sizes)
    assert book.alphabet.characters[0] == "a"
    assert len(book.alphabet.characters) == 3
    assert book.alphabet.decode(book.alphabet.encode("AZ\U0001f600")) == "a\ufffd\ufffd"
    assert set(splits) == {"train", "validation"}
    assert any("not in the vocabulary" in note for note in notes)
    assert read(tmp_path / "a.txt", **sizes)[1].alphabet.characters == "Aba"  # as it is spelt
    assert any(note.startswith(f"{tmp_path / 'a.txt'}: the alphabet in lower case: ") for note in notes)
    assert Alphabet("ab", lower=False).encode("A").tolist() == [0]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "0 characters"), ("short", "5 characters"), ("x" * 44, "no window of config.data.window=40")],
)
def test_a_text_without_a_window_is_refused(text, words, tmp_path):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(UserError, match=words):
        read(tmp_path / "a.txt")


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(UserError, match="not UTF-8"):
        read(tmp_path / "a.txt")
    with pytest.raises(UserError, match="no file"):
        read(tmp_path / "b.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no \.txt file"):
        read(tmp_path / "empty")
    with pytest.raises(ValueError, match="did you mean 'nietzsche'"):
        CharacterSpec(book="nietsche")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 9), st.integers(0, 40), st.integers(1, 30))
def test_lanes_read_on_and_a_part_of_the_order_is_the_same(examples, batch, seed, start, steps):
    if batch > examples:
        with pytest.raises(UserError, match="batch_size"):
            stream_sampler(examples, batch, seed, 0, 1)
        return
    whole = stream_sampler(examples, batch, seed, 0, start + steps)
    np.testing.assert_array_equal(whole[start:], stream_sampler(examples, batch, seed, start, start + steps))
    long = examples // batch
    for epoch in range(len(whole) // long):
        rows = whole[epoch * long : (epoch + 1) * long]
        assert len(np.unique(rows)) == rows.size  # no window twice in an epoch
        assert ((rows[1:] - rows[:-1]) % examples == 1).all()


@settings(max_examples=4, deadline=None)
@given(st.integers(1, 50), st.integers(1, 8), st.integers(1, 60))
def test_evaluation_reads_lanes_in_pieces(n, side, most):
    examples = Examples(np.arange(n), np.arange(n))
    found = np.asarray(streams(side, 10**6, (), examples))
    assert sorted(found) == list(range(n))
    whole = found[: n // side * side].reshape(-1, side)
    assert (np.diff(whole, axis=0) == 1).all()
    np.testing.assert_array_equal(streams(side, most, (), examples), found[:most])
    assert count(examples) == n


def test_next_words_are_those_after_the_context(tmp_path):
    (tmp_path / "a.txt").write_text("one two three four\nsix\none two one two\nrare two three one\n")
    spec = NextWordSpec(path=str(tmp_path / "a.txt"), vocab_size=6, context=2, validation_share=0.0)
    dataset = next_words.load(spec)
    text, texts, notes = dataset.arrays, dataset.metadata, dataset.notes
    names = [*texts.vocabulary.words]
    batch = next_words.batch(text, next_words.make_splits(texts, None)["train"], None)
    found = [
        (*(names[i] for i in words), names[target])
        for words, target in zip(batch.inputs.words.tolist(), batch.targets.tolist(), strict=True)
    ]
    rare = names[-1]
    expected = {
        ("one", "two", "three"),
        ("one", "two", "one"),
        ("two", "one", "two"),
        (rare, "two", "three"),
        ("two", "three", "one"),
    }
    assert {tuple(rare if w not in names[1:-1] else w for w in row) for row in found} == expected | (
        {("two", "three", "four")} if "four" in names else set()
    )
    assert "have a row of their own and are predicted" in notes[-1]


def test_next_words_of_too_short_texts_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("one two\nthree four\n")
    with pytest.raises(UserError, match=r"3 words.*config.data.context=2"):
        next_words.load(NextWordSpec(path=str(tmp_path / "a.txt"), validation_share=0.0))
