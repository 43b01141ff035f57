"""Published texts are parsed once, and again when their files change."""

import numpy as np
import pytest

from nlpfeat.data import downloads
from nlpfeat.data.downloads import File
from nlpfeat.data.text import published, tokens
from nlpfeat.data.text.corpus import LabelledTexts, tokenize_corpus
from nlpfeat.data.text.published import Published, cached_corpus, unchanged


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A published corpus of two texts, and how often it was read."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "texts.txt").write_text("a b b.\né ' x")
    monkeypatch.setenv(downloads.FOLDER, str(folder))
    monkeypatch.setattr(published, "cache", lambda: tmp_path / "cache")
    reads = []

    def read(tokenize):
        lines = (folder / "texts.txt").read_text().split("\n")
        reads.append(len(lines))
        labels = np.arange(len(lines), dtype=np.int32) % 2
        return tokenize_corpus(
            LabelledTexts(lines, labels, np.zeros(len(lines), int), ("no", "yes")), tokenize
        )

    file = File("texts.txt", "", 0, ())
    return Published("texts", (file,), read, tokens.at_spaces, unchanged), folder, reads


def same(left, right):
    assert left.documents.words == right.documents.words
    assert left.classes == right.classes
    for name in ("labels", "splits", "hashes"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
    np.testing.assert_array_equal(left.documents.tokens, right.documents.tokens)
    np.testing.assert_array_equal(left.documents.start, right.documents.start)


def test_the_second_time_nothing_is_read(corpus):
    published, folder, reads = corpus
    first = cached_corpus(published, published.tokenize)
    assert first.documents.document(0) == ["a", "b", "b."]
    same(first, cached_corpus(published, published.tokenize))
    assert reads == [2]
    assert cached_corpus(published, tokens.words).documents.words != first.documents.words  # another cut
    assert reads == [2, 2]
    (folder / "texts.txt").write_text("a b b\né ' x\nmore")
    assert len(cached_corpus(published, published.tokenize).labels) == 3
    assert reads == [2, 2, 3]


def test_what_was_kept_and_is_damaged_is_made_again(corpus, tmp_path):
    published, _, reads = corpus
    first = cached_corpus(published, published.tokenize)
    (path,) = (tmp_path / "cache" / "parsed").iterdir()
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"rubbish", whole[:200] + bytes(100) + whole[300:]):
        path.write_bytes(damaged)
        same(first, cached_corpus(published, published.tokenize))
    assert reads == [2] * 5
    same(first, cached_corpus(published, published.tokenize))
    assert len(reads) == 5


def test_where_nothing_can_be_kept_it_is_told(corpus, tmp_path, caplog):
    published, _, _ = corpus
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert len(cached_corpus(published, published.tokenize).labels) == 2
    assert "texts are parsed anew each time" in caplog.text
