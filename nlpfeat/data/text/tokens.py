"""Texts cut into tokens: the ways of cutting, and documents as numbers of tokens."""

import re
import string
import sys
import unicodedata
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np

Tokenize = Callable[[str], list[str]]
Text = TypeVar("Text")


def spaced(text: str) -> str:
    """Text written as Trask's reviews are: lower case, full stops apart, all else but letters a space."""
    return re.sub(r"[^a-z.]", " ", text.lower()).replace(".", " . ")


def at_spaces(text: str) -> list[str]:
    """Cut at each single space, so that two in a row leave an empty token."""
    return text.split(" ")


def words(text: str) -> list[str]:
    """Lower-case words and single marks of punctuation, in any script; `<br />` and other tags are dropped.

    However its accents are typed, a word is one word: it is composed first (Unicode's form NFC).
    """
    plain = _plain(text)
    return (_ASCII[0] if plain.isascii() else _patterns()[0]).findall(plain)


def bare_words(text: str) -> list[str]:
    """As `words`, without punctuation."""
    plain = _plain(text)
    return (_ASCII[1] if plain.isascii() else _patterns()[1]).findall(plain)


def composed(text: str) -> str:
    """The text in the one form that all spellings of its accents share (Unicode's form NFC)."""
    return unicodedata.normalize("NFC", text)


def _plain(text: str) -> str:
    return composed(_TAG.sub(" ", composed(text)).casefold())


# A tag begins with a letter, a slash and a letter, or an exclamation mark: "<3" and "5 < 6 and 7 > 8" are none.
_TAG = re.compile(r"<(?:/?[A-Za-z]|!)[^<>]{0,79}>")


# Without marks and joiners the patterns below come to these, which are several times as fast.
_ASCII = re.compile(r"\w+(?:'\w+)*|[^\w\s]"), re.compile(r"\w+(?:'\w+)*")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    r"""What is a word or a mark of punctuation, and what is a word.

    Combining marks, such as the vowel signs of Hindi, belong to the letter before them, which `\w` does not know; joiners stand
    within words.
    """
    marks = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M")
    letters = rf"\w(?:[\w{marks}]|[\u200c\u200d](?=[\w{marks}]))*"
    word = rf"{letters}(?:'{letters})*"
    return re.compile(rf"{word}|[^\w\s][{marks}]*"), re.compile(word)


_FILTERED = str.maketrans(dict.fromkeys(string.punctuation.replace("'", "") + "\t\n", " "))


def filtered(text: str) -> list[str]:
    """Tokens as Keras cuts them: lower case, punctuation but the apostrophe a space, cut at spaces.

    So `<br />` leaves the word "br". Source: `keras.preprocessing.text.text_to_word_sequence` of Keras 1.
    """
    return [token for token in composed(text).lower().translate(_FILTERED).split(" ") if token]


@dataclass(frozen=True, eq=False)
class Tokenized:
    """Documents one after another: those of document i lie from start[i] to start[i + 1]."""

    words: tuple[str, ...]  # the distinct tokens, in the order in which they first appear
    start: np.ndarray  # int64 (documents + 1,)
    tokens: np.ndarray  # int32 (all,), places in `words`

    def __len__(self) -> int:
        return len(self.start) - 1

    def document(self, i: int) -> list[str]:
        """The tokens of document `i`."""
        return [self.words[token] for token in self.tokens[self.start[i] : self.start[i + 1]]]


def tokenized(texts: Iterable[Text], tokenize: Callable[[Text], list[str]]) -> Tokenized:
    """Texts, in any form that `tokenize` cuts into tokens."""
    places: dict[str, int] = {}
    tokens, lengths = array("i"), array("q")
    for text in texts:
        cut = tokenize(text)
        lengths.append(len(cut))
        tokens.extend([places.setdefault(token, len(places)) for token in cut])
    start = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    return Tokenized(tuple(places), start, np.array(tokens, np.int32))


def take(documents: Tokenized, order: np.ndarray) -> Tokenized:
    """The documents of the numbers `order` (n,), in that order."""
    lengths = np.diff(documents.start)[order]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    place = np.arange(start[-1]) + np.repeat(documents.start[:-1][order] - start[:-1], lengths)
    return replace(documents, start=start, tokens=documents.tokens[place])


class NewText(NamedTuple):
    """A text, encoded for the batches of its corpus.

    Attributes:
      words: those that the net knows, each once, in the order of `without`.
      unknown: those it does not, in order, each once.
      unread: words in front that are past the net's length.
      whole: the text.
      without: the text without each word, wherever it stands.
    """

    words: list[str]
    unknown: list[str]
    unread: int
    whole: Any
    without: list[Any]


# MERGED: """New text as a net reads it, whole and without each of its words."""
