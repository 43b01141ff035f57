"""Signs that a text is written as a book is: counted, not looked at.

Source of the signs: fast.ai's lesson 6 and A. Karpathy, "The unreasonable effectiveness of recurrent neural networks" (2015).
"""

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np

OPEN = {"(": ")", "[": "]", "{": "}"}
QUOTES = '"\u201c\u201d'
_QUOTE = re.compile(f"[{QUOTES}]")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_PARAGRAPH = re.compile(r"\n\s*\n")
_SECTION = re.compile(r"=?\d{1,3}[.=]")


class TextStatistics(NamedTuple):
    """What is counted in a text. NaN where there is nothing to count."""

    words: float  # share of letters that stand in words of the dictionary
    quotes: float  # share of opened quotes that are closed before the paragraph ends
    brackets: float  # share of opened brackets that are closed by their like before it ends
    sections: float  # paragraphs that begin with a number, in 10,000 characters
    line: float  # characters of a line: the median …
    longest: float  # … and the 95th percentile


DESCRIPTIONS = {
    "words": "letters in words of the book, share",
    "quotes": "opened quotes that are closed, share",
    "brackets": "opened brackets that are closed, share",
    "sections": "numbered sections in 10,000 characters",
    "line": "characters of a line, median",
    "longest": "characters of a line, 95th percentile",
}


def vocabulary_of(text: str, least: int = 2) -> frozenset[str]:
    """The words that a text has at least so many times."""
    counts = Counter(WORD.findall(text))
    return frozenset(word for word, count in counts.items() if count >= least)


def text_statistics(texts: list[str], words: frozenset[str]) -> TextStatistics:
    """The signs in texts, taken together.

    Args:
      texts: the first and the last line and word of each may be cut off; lines so are left out, words are few.
      words: the dictionary.
    """
    found = [word for text in texts for word in WORD.findall(text)]
    letters = sum(map(len, found))
    paragraphs = [part for text in texts for part in _PARAGRAPH.split(text)]
    quotes, brackets = _totals(map(_quotes, paragraphs)), _totals(map(_brackets, paragraphs))
    begun = [part.lstrip() for text in texts for part in _PARAGRAPH.split(text)[1:]]
    size = sum(map(len, texts))
    lines = [len(line) for text in texts for line in text.split("\n")[1:-1] if line.strip()]
    return TextStatistics(
        _share(sum(len(word) for word in found if word in words), letters),
        _share(*quotes),
        _share(*brackets),
        1e4 * _share(sum(bool(_SECTION.match(part)) for part in begun), size),
        float(np.median(lines)) if lines else float("nan"),
        float(np.quantile(lines, 0.95)) if lines else float("nan"),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _totals(pairs: object) -> tuple[int, int]:
    closed, opened = np.sum([(0, 0), *pairs], axis=0).tolist()  # pyright: ignore[reportGeneralTypeIssues]
    return closed, opened


def opens(text: str, place: int) -> bool:
    """Whether the quote at a place opens: a curly one says so; else a letter or digit follows, and none stands before it."""
    if text[place] != '"':
        return text[place] == "\u201c"
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return after.isalnum() and not before.isalnum()


def closes(text: str, place: int) -> bool:
    """Whether the quote at a place closes: a curly one says so; else no space stands before it, and no letter or digit follows."""
    if text[place] != '"':
        return text[place] == "\u201d"
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return not before.isspace() and before != "" and not after.isalnum()


def _quotes(paragraph: str) -> tuple[int, int]:
    """Quotes closed and opened: one is closed if the next quote closes."""
    places = [found.start() for found in _QUOTE.finditer(paragraph)]
    kinds = [(opens(paragraph, place), closes(paragraph, place)) for place in places]
    closed = sum(one and other for (one, _), (_, other) in pairwise(kinds))
    return closed, sum(one for one, _ in kinds)


def _brackets(paragraph: str) -> tuple[int, int]:
    """Brackets closed and opened: one is closed by its own kind, once all opened after it are."""
    waiting: list[str] = []
    closed = opened = 0
    for letter in paragraph:
        if letter in OPEN:
            waiting.append(OPEN[letter])
            opened += 1
        elif waiting and letter == waiting[-1]:
            waiting.pop()
            closed += 1
    return closed, opened
