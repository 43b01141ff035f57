"""Tables written to a file, and read as the product reads them."""

from nlpfeat.data.text import labelled_files
from nlpfeat.data.text.sources import CorpusSpec, read_corpus


def csv(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def read(path, order=(), **changes):
    return labelled_files.read(path, classes=order, **changes)


def corpus(path, **changes):
    """As a task reads it, words at spaces."""
    return read_corpus(CorpusSpec(path=path, **({"test_share": 0.25} | changes)), str.split)
