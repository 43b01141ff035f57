"""Windows of running text: which there are, what replaces their middles, and what own files may look like."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from nlpfeat.data import downloads
from nlpfeat.data.text import plain_text, published, windows
from nlpfeat.data.text.corpus import tokenize_unlabelled
from nlpfeat.data.text.published import UNLABELLED, imdb_texts
from nlpfeat.data.text.tokens import bare_words
from nlpfeat.data.text.windows import SEGMENT, SubsampledSpec, WindowSpec
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.models.word_windows import noise_words, other_words, subsampled, whole_windows

SEED = 3


def written(tmp_path, lengths, words=50, seed=0):
    """A file with a document a line, and the documents."""
    rng = np.random.default_rng(seed)
    documents = [[f"w{word}" for word in rng.zipf(1.5, n) % words] for n in lengths]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(" ".join(document) for document in documents))
    return str(path), documents


def loaded(path, **changes):
    spec = SubsampledSpec(path=path, validation_share=0.0, **changes)
    dataset = windows.load(spec)
    splits = windows.make_splits(dataset.metadata, None)
    return dataset.arrays, dataset.metadata, splits, dataset.notes


@pytest.mark.parametrize("radius", [1, 5])
@pytest.mark.parametrize("lengths", [(700, 3, 11, 12, 30), (12, 2, 2, 2, 17), (SEGMENT * 3,)])
def test_each_window_is_there_once_and_none_crosses_a_document(tmp_path, radius, lengths):
    if max(lengths) <= 2 * radius:
        return
    path, documents = written(tmp_path, lengths)
    stream, texts, splits, _ = loaded(path, context_radius=radius)
    given = windows.batch(stream, splits["train"], None)
    middles = np.asarray(whole_windows(given.inputs, radius))
    names = texts.vocabulary.words
    found = []
    for row, place in np.argwhere(middles):
        around = np.asarray(given.inputs.words[row, place - radius : place + radius + 1])
        found.append(" ".join(names[i] for i in around))
    expected = [
        " ".join(document[i : i + 2 * radius + 1])
        for document in documents
        for i in range(len(document) - 2 * radius)
    ]
    assert found == expected
    # Sums over a segment, divided by its target, have the mean over windows as their mean.
    assert (middles.sum(1) / np.asarray(given.targets)).mean() == pytest.approx(1, rel=1e-5)


def test_the_parts_share_no_window(tmp_path):
    path, _ = written(tmp_path, [60] * 40)
    dataset = windows.load(WindowSpec(path=path, validation_share=0.25))
    stream, texts = dataset.arrays, dataset.metadata
    splits = windows.make_splits(texts, None)
    counts = {
        name: int(whole_windows(windows.batch(stream, split, None).inputs, 5).sum())
        for name, split in splits.items()
    }
    assert counts == {"train": 30 * 50, "validation": 10 * 50}


def test_the_halves_are_the_odd_and_the_even_documents(tmp_path):
    path, documents = written(tmp_path, [20, 21, 22, 23, 24])
    for half in (1, 2):
        texts = loaded(path, half=half)[1]
        found = [texts.corpus.documents.document(i) for i in range(len(texts.corpus.documents))]
        assert found == documents[half - 1 :: 2]


def test_another_word_is_never_the_same_and_all_others_are_alike():
    words = np.repeat(np.arange(7), 40_000)  # 0 is padding, 6 the row of rare words
    other = np.asarray(other_words(jax.random.key(SEED), jnp.asarray(words), 7))
    assert (other != words).all()
    table = np.bincount(words * 7 + other, minlength=49).reshape(7, 7)
    assert not table[:, [0, 6]].any()
    for word in range(7):
        counts = np.delete(table[word, 1:6], word - 1) if 1 <= word <= 5 else table[word, 1:6]
        assert chisquare(counts).pvalue > 1e-4


def test_noise_is_drawn_by_frequency(tmp_path):
    path, _ = written(tmp_path, [3000], words=12)
    stream, texts, _, _ = loaded(path)
    counts = texts.vocabulary.counts[:, 0].astype(float)
    counts[[0, -1]] = 0
    drawn = np.bincount(
        np.asarray(noise_words(jax.random.key(SEED), jnp.asarray(stream.noise), (300, 1000))).ravel(),
        minlength=len(counts),
    )
    chances = counts**0.75 / (counts**0.75).sum()
    assert drawn[[0, -1]].tolist() == [0, 0]
    assert chisquare(drawn[1:-1], chances[1:-1] * drawn.sum()).pvalue > 1e-4


def test_thinning_keeps_what_chance_leaves_in_its_order(tmp_path):
    path, _ = written(tmp_path, [400, 90, 300], words=30)
    stream, _, splits, _ = loaded(path, subsample=1e-2)
    given = windows.batch(stream, splits["train"], None).inputs
    kept = subsampled(jax.random.key(SEED), given, SEGMENT)
    stays = (
        np.asarray(jax.random.uniform(jax.random.key(SEED), given.words.shape))
        < np.asarray(stream.keep_probability)[given.words]
    )
    stays &= np.asarray(given.document) >= 0
    for row in range(len(given.words)):
        count = stays[row].sum()
        for name in ("words", "document", "middle"):
            there = np.asarray(getattr(kept, name)[row])
            np.testing.assert_array_equal(there[:count], np.asarray(getattr(given, name)[row])[stays[row]])
        assert (np.asarray(kept.document[row])[count:] == -1).all()
        assert not np.asarray(kept.middle[row])[count:].any()
    few = subsampled(jax.random.key(SEED), given, 8)  # what does not fit is lost
    np.testing.assert_array_equal(few.words, kept.words[:, :8])


def test_how_often_words_stay(tmp_path):
    path, _ = written(tmp_path, [5000], words=20)
    stream, texts, _, _ = loaded(path, subsample=1e-3, vocab_size=12)
    share = texts.vocabulary.counts[:, 0] / texts.vocabulary.counts.sum()
    with np.errstate(divide="ignore"):
        expected = np.minimum(np.sqrt(1e-3 / share) + 1e-3 / share, 1)
    np.testing.assert_allclose(stream.keep_probability[1:-1], expected[1:-1], rtol=1e-5)
    assert stream.keep_probability[-1] == 0  # rare words go
    assert (loaded(path, subsample=0.0)[0].keep_probability[1:-1] == 1).all()


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("one two\nthree\n", ["one two\n", "three\n"]),
        ("one\ntwo\n\nthree\n", ["one\ntwo\n\n", "three\n"]),
        ("\ufeffein Wörtchen\r\n\r\nzwei", ["ein Wörtchen\n\n", "zwei"]),
        ("日本 語\n\nمرحبا", ["日本 語\n\n", "مرحبا"]),
    ],
)
def test_documents_of_a_text_file(tmp_path, text, documents):
    path = tmp_path / "own.txt"
    path.write_bytes(text.encode())
    found = [document for document in plain_text.documents(str(path), "text") if document]
    assert found == documents


def test_a_very_long_line_is_read_in_pieces_and_loses_nothing(tmp_path):
    words = [f"word{i % 977}" for i in range(400_000)]
    path = tmp_path / "line.txt"
    path.write_text(" ".join(words))
    pieces = list(plain_text.documents(str(path), "text"))
    assert len(pieces) == 4
    assert max(map(len, pieces)) <= plain_text.LONGEST + 20
    assert [word for piece in pieces for word in piece.split()] == words
    path.write_text("x" * (plain_text.LONGEST + 7))  # not one space
    assert sum(map(len, plain_text.documents(str(path), "text"))) == plain_text.LONGEST + 7


def test_a_folder_and_a_table(tmp_path):
    folder = tmp_path / "books"
    (folder / "more").mkdir(parents=True)
    (folder / "a.txt").write_text("a first\n")
    (folder / "more" / "b.txt").write_text("b second\n")
    assert list(plain_text.documents(str(folder), "text")) == ["a first\n", "b second\n"]
    pd.DataFrame({"said": ["one, two", "three"]}).to_csv(tmp_path / "t.csv", index=False)
    assert list(plain_text.documents(str(tmp_path / "t.csv"), "said")) == ["one, two", "three"]
    with pytest.raises(UserError, match=r"no column 'text'.*--config.data.text=said"):
        list(plain_text.documents(str(tmp_path / "t.csv"), "text"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no file"),
        (b"", "has 11 words"),
        (b"a few words\n", "the longest has 3"),
        (b"good line\n" * 5 + "trunc\u00e9".encode()[:-1], "not UTF-8 at or after line 6"),
    ],
)
def test_text_that_gives_no_windows(tmp_path, content, told):
    path = tmp_path / "own.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=told):
        windows.load(WindowSpec(path=str(path)))


def test_an_empty_folder_and_a_held_out_part_without_a_window(tmp_path):
    with pytest.raises(UserError, match=r"holds no \.txt file"):
        windows.load(WindowSpec(path=str(tmp_path)))
    one, _ = written(tmp_path, [40])
    dataset = windows.load(WindowSpec(path=one))
    texts, notes = dataset.metadata, dataset.notes
    assert "the validation split is empty" in " ".join(notes)
    assert list(windows.make_splits(texts, None)) == ["train"]
    path, _ = written(tmp_path, [20] + [3] * 30)
    with pytest.raises(UserError, match="raise or drop config"):
        windows.load(WindowSpec(path=path, validation_share=0.05))
    with pytest.raises(ValueError, match="did you mean 'imdb_texts'"):
        WindowSpec(corpus="imdb_text")


def test_the_number_of_words_and_the_rare_ones_are_told(tmp_path):
    path, documents = written(tmp_path, [40, 50, 4], words=30)
    _, texts, _, notes = loaded(path, vocab_size=10)
    told = " ".join(notes)
    assert f"{sum(map(len, documents))} words in 3 documents, 70 windows to train on in 1 segments" in told
    assert "8 words have a row of their own" in told
    assert "1 documents are too short" in told
    assert len(texts.vocabulary.words) == 10


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A made-up archive of reviews."""
    import io
    import tarfile

    folder = tmp_path / "data"
    folder.mkdir()
    with tarfile.open(folder / "aclImdb_v1.tar.gz", "w:gz") as made:
        for i, kind in enumerate(("train/unsup", "train/neg", "test/neg", "train/pos")):
            text = f"review <br />number {i} ünsup".encode() * 400
            entry = tarfile.TarInfo(f"aclImdb/{kind}/{i}_0.txt")
            entry.size = len(text)
            made.addfile(entry, io.BytesIO(text))
    monkeypatch.setenv(downloads.FOLDER, str(folder))
    monkeypatch.setattr(published, "cache", lambda: tmp_path / "cache")
    return folder / "aclImdb_v1.tar.gz"


def test_reviews_without_the_test_half(archive):
    corpus = tokenize_unlabelled(imdb_texts(), bare_words)
    starts = [corpus.documents.document(i)[:3] for i in range(len(corpus.documents))]
    assert starts == [["review", "number", str(i)] for i in (0, 1, 3)]
    kept = published.cached_corpus(UNLABELLED["imdb_texts"], bare_words)
    np.testing.assert_array_equal(kept.documents.tokens, corpus.documents.tokens)
    assert kept.classes == ("text",)


def test_a_truncated_archive(archive):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match="cannot be read"):
        list(imdb_texts())


@pytest.mark.slow
def test_all_reviews_are_read_one_at_a_time():
    """75,000 reviews, and never more than a few of them at once: what is held grows by numbers alone."""
    import tracemalloc

    tracemalloc.start()
    count = sum(1 for _ in imdb_texts())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 75_000
    assert peak < 5e6
