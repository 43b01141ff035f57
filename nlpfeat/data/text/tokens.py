"""Tokenizers, and documents as arrays of token ids."""

import re
import string
import sys
import unicodedata
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Int

Tokenize = Callable[[str], list[str]]
Text = TypeVar("Text")
Encoded = TypeVar("Encoded")


def spaced(text: str) -> str:
    """Text in the form of Trask's reviews: lower case, full stops between spaces, all other non-letters a space."""
    return re.sub(r"[^a-z.]", " ", text.lower()).replace(".", " . ")


def at_spaces(text: str) -> list[str]:
    """Split at every single space, so that two spaces in a row give an empty token."""
    return text.split(" ")


def words(text: str) -> list[str]:
    """Lower-case words and single punctuation marks, in any script; `<br />` and other tags are dropped.

    The text is normalized to NFC first, so that words are equal however their accents are typed.
    """
    plain = _plain(text)
    return (_ASCII[0] if plain.isascii() else _patterns()[0]).findall(plain)


def bare_words(text: str) -> list[str]:
    """As `words`, without punctuation."""
    plain = _plain(text)
    return (_ASCII[1] if plain.isascii() else _patterns()[1]).findall(plain)


def composed(text: str) -> str:
    """The text in Unicode normalization form NFC, in which accented letters are composed."""
    return unicodedata.normalize("NFC", text)


def _plain(text: str) -> str:
    return composed(_TAG.sub(" ", composed(text)).casefold())


# A tag begins with a letter, a slash and a letter, or an exclamation mark: "<3" and "5 < 6 and 7 > 8" are none.
_TAG = re.compile(r"<(?:/?[A-Za-z]|!)[^<>]{0,79}>")


# The patterns below, for text without combining marks and joiners: several times as fast.
_ASCII = re.compile(r"\w+(?:'\w+)*|[^\w\s]"), re.compile(r"\w+(?:'\w+)*")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    r"""The patterns of words and punctuation marks, and of words alone.

    `\w` excludes combining marks, such as the vowel signs of Hindi, which belong to the letter before them; and joiners, which
    occur within words.
    """
    marks = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M")
    letters = rf"\w(?:[\w{marks}]|[\u200c\u200d](?=[\w{marks}]))*"
    word = rf"{letters}(?:'{letters})*"
    return re.compile(rf"{word}|[^\w\s][{marks}]*"), re.compile(word)


_FILTERED = str.maketrans(dict.fromkeys(string.punctuation.replace("'", "") + "\t\n", " "))


def filtered(text: str) -> list[str]:
    """The tokens of Keras: lower case, split at white space and at all punctuation but the apostrophe.

    `<br />` therefore gives the word "br". Source: `keras.preprocessing.text.text_to_word_sequence` of Keras 1.
    """
    return [token for token in composed(text).lower().translate(_FILTERED).split(" ") if token]


@dataclass(frozen=True, eq=False)
class Tokenized:
    """Concatenated documents: the tokens of document i lie from start[i] to start[i + 1].

    Attributes:
      words: the distinct tokens, in the order of their first occurrence.
      start: int64 (documents + 1,), offsets.
      tokens: int32 (tokens,), indices into `words`.
    """

    words: tuple[str, ...]
    start: Int[np.ndarray, " documents_plus_1"]
    tokens: Int[np.ndarray, " tokens"]

    def __len__(self) -> int:
        return len(self.start) - 1

    def document(self, i: int) -> list[str]:
        """The tokens of document `i`."""
        return [self.words[token] for token in self.tokens[self.start[i] : self.start[i + 1]]]


def tokenized(texts: Iterable[Text], tokenize: Callable[[Text], list[str]]) -> Tokenized:
    """Tokenize some texts. One text is in memory at a time."""
    ids: dict[str, int] = {}
    tokens, lengths = array("i"), array("q")
    for text in texts:
        found = tokenize(text)
        lengths.append(len(found))
        tokens.extend([ids.setdefault(token, len(ids)) for token in found])
    start = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    return Tokenized(tuple(ids), start, np.array(tokens, np.int32))


def take(documents: Tokenized, order: Int[np.ndarray, " n"]) -> Tokenized:
    """The documents with the indices `order` (n,), in that order."""
    lengths = np.diff(documents.start)[order]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    index = np.arange(start[-1]) + np.repeat(documents.start[:-1][order] - start[:-1], lengths)
    return replace(documents, start=start, tokens=documents.tokens[index])


@dataclass(frozen=True)
class NewText(Generic[Encoded]):
    """A new text, encoded in the form that `collate` of the texts makes batches of.

    Attributes:
      words: the distinct known words, in the order of `without`.
      unknown: the distinct unknown words, in order.
      unread: number of words at the beginning that exceed the maximal length of the network.
      whole: the encoded text.
      without: the encoded text without all occurrences of each word.
    """

    words: list[str]
    unknown: list[str]
    unread: int
    whole: Encoded
    without: list[Encoded]
