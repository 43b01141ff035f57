"""Corpora: documents cut into words, each with a class and a part, from published files or a CSV of one's own."""

import re
import sys
import tarfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nlpfeat.data.downloads import IMDB, LABELS, REVIEWS, fetch
from nlpfeat.errors import DamagedFile

Tokens = list[str]


class Corpus(NamedTuple):
    """Documents in order: those of the training part first, then validation, then test."""

    documents: list[Tokens]
    labels: np.ndarray  # (documents,), the class of each
    parts: np.ndarray  # (documents,), indices into SPLITS
    classes: tuple[str, ...]
    tokenize: Callable[[str], Tokens]  # cuts new text as these documents were cut


def reviews() -> Corpus:
    """Trask's 25,000 reviews: training the first 24,000, test the last 1,000. Tokens by splitting on single spaces.

    So the empty string is a token, between two spaces. Source: A. Trask, "Sentiment classification & how to frame
    problems for a neural network"; the texts are the train half of `imdb`.

    Raises:
      UserError: if the files cannot be had; DamagedFile if they do not belong together.
    """
    texts = fetch(REVIEWS).read_text("utf-8").split("\n")
    names = fetch(LABELS).read_text("utf-8").split()
    documents = [once(text.split(" ")) for text in texts[: len(names)]]
    if len(texts) not in (len(names), len(names) + 1) or set(names) != {"positive", "negative"}:
        raise DamagedFile(
            f"{fetch(REVIEWS)} has {len(texts) - 1} lines and {fetch(LABELS)} {len(names)}: fetch both again"
        )
    labels = np.array([name == "positive" for name in names], np.int32)
    last = min(1000, len(names) // 4)
    parts = np.where(np.arange(len(names)) < len(names) - last, 0, 2)
    return Corpus(documents, labels, parts, ("negative", "positive"), spaced)


def spaced(text: str) -> Tokens:
    """Text as Trask's reviews are written: lower case, full stops apart, all else but letters a space.

    Each of these spaces cuts, so two in a row leave an empty token.
    """
    return once(re.sub(r"[^a-z.]", " ", text.lower()).replace(".", " . ").split(" "))


def words(text: str) -> Tokens:
    """Lower-case words and single marks of punctuation, in any script; `<br />` and other tags are dropped."""
    return once(re.findall(r"\w+(?:'\w+)*|[^\w\s]", re.sub(r"<[^<>]{1,80}>", " ", text).casefold()))


def once(tokens: Tokens) -> Tokens:
    """The tokens, equal ones as one object: millions of them would fill the memory with copies."""
    return list(map(sys.intern, tokens))


def imdb() -> Corpus:
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
    return Corpus([words(text) for _, _, text in rows], labels, parts, ("negative", "positive"), words)


# The published corpora by name.
CORPORA: dict[str, Callable[[], Corpus]] = {"reviews": reviews, "imdb": imdb}


def hold_out(corpus: Corpus, share: float, key: int) -> Corpus:
    """The corpus with a share of its training documents as a validation part, drawn by `key`."""
    train = np.flatnonzero(corpus.parts == 0)
    drawn = np.random.default_rng(key).permutation(train)[: round(share * len(train))]
    parts = corpus.parts.copy()
    parts[drawn] = 1
    return in_order(corpus._replace(parts=parts))


def in_order(corpus: Corpus) -> Corpus:
    """The corpus with its parts one after another, each in its old order."""
    order = np.argsort(corpus.parts, kind="stable")
    documents = [corpus.documents[i] for i in order]
    return corpus._replace(documents=documents, labels=corpus.labels[order], parts=corpus.parts[order])
