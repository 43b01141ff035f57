"""Published texts with labels, as their authors' files hold them."""

import re
import tarfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nlpfeat.data.downloads import IMDB, LABELS, REVIEWS, File, fetch
from nlpfeat.data.tokens import Tokenize, at_spaces, spaced, words
from nlpfeat.errors import DamagedFile


class Labelled(NamedTuple):
    """Texts, each with a class and a part."""

    texts: list[str]
    labels: np.ndarray  # int32 (texts,), the class of each
    parts: np.ndarray  # (texts,), indices into SPLITS
    classes: tuple[str, ...]


def reviews() -> Labelled:
    """Trask's 25,000 reviews: training the first 24,000, test the last 1,000.

    Source: A. Trask, "Sentiment classification & how to frame problems for a neural network"; the texts are the train
    half of `imdb`.

    Raises:
      UserError: if the files cannot be had; DamagedFile if they do not belong together.
    """
    texts = fetch(REVIEWS).read_text("utf-8").split("\n")
    names = fetch(LABELS).read_text("utf-8").split()
    if len(texts) not in (len(names), len(names) + 1) or set(names) != {"positive", "negative"}:
        raise DamagedFile(
            f"{fetch(REVIEWS)} has {len(texts) - 1} lines and {fetch(LABELS)} {len(names)}: fetch both again"
        )
    labels = np.array([name == "positive" for name in names], np.int32)
    last = min(1000, len(names) // 4)
    parts = np.where(np.arange(len(names)) < len(names) - last, 0, 2)
    return Labelled(texts[: len(names)], labels, parts, ("negative", "positive"))


def imdb() -> Labelled:
    """The Large Movie Review Dataset, its own halves: 25,000 reviews to train on, 25,000 to test on.

    Negative and positive ones take turns, in order of their numbers. Source: Maas et al., ACL 2011.

    Raises:
      UserError: if the archive cannot be had; DamagedFile if it cannot be read.
    """
    path = fetch(IMDB)
    found: dict[str, list[tuple[int, int, str]]] = {"train": [], "test": []}
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                member = re.fullmatch(r"aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt", entry.name)
                file = archive.extractfile(entry) if member else None
                if member and file:
                    half, kind, number = member.groups()
                    found[half].append((int(number), int(kind == "pos"), file.read().decode("utf-8")))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DamagedFile(f"{path} cannot be read ({error}): delete it and fetch it again") from error
    if not (found["train"] and found["test"]):
        raise DamagedFile(f"{path} holds no reviews under aclImdb/: fetch it again from {IMDB.urls[0]}")
    rows = [row for half in found.values() for row in sorted(half)]
    parts = np.repeat([0, 2], [len(found["train"]), len(found["test"])])
    labels = np.array([label for _, label, _ in rows], np.int32)
    return Labelled([text for _, _, text in rows], labels, parts, ("negative", "positive"))


def unchanged(text: str) -> str:
    """The text."""
    return text


class Published(NamedTuple):
    """A corpus: its files and their reader; how its texts are cut into words; how new text is written as they are."""

    files: tuple[File, ...]
    read: Callable[[], Labelled]
    tokenize: Tokenize
    write: Callable[[str], str]


# The published corpora by name.
CORPORA: dict[str, Published] = {
    "reviews": Published((REVIEWS, LABELS), reviews, at_spaces, spaced),
    "imdb": Published((IMDB,), imdb, words, unchanged),
}
