"""Statistics that show how far a text resembles a book: words, closed quotes and brackets, sections, line lengths.

Sources: fast.ai, lesson 6 (2016); A. Karpathy, "The unreasonable effectiveness of recurrent neural networks" (2015).
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
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
    """Statistics of a text; NaN where the denominator is zero."""

    words: float  # share of letters in words of the vocabulary
    quotes: float  # share of opening quotes that are closed within their paragraph
    brackets: float  # share of opening brackets that are closed by their counterpart within their paragraph
    sections: float  # paragraphs that begin with a number, per 10,000 characters
    line: float  # median line length in characters
    longest: float  # 95th percentile of line lengths


DESCRIPTIONS = {
    "words": "letters in words of the book, share",
    "quotes": "opened quotes that are closed, share",
    "brackets": "opened brackets that are closed, share",
    "sections": "numbered sections per 10,000 characters",
    "line": "characters per line, median",
    "longest": "characters per line, 95th percentile",
}


def vocabulary_of(text: str, min_count: int = 2) -> frozenset[str]:
    """The words that occur at least `min_count` times in a text."""
    counts = Counter(WORD.findall(text))
    return frozenset(word for word, count in counts.items() if count >= min_count)


def text_statistics(texts: Sequence[str], vocabulary: frozenset[str]) -> TextStatistics:
    """Statistics of several texts, pooled.

    Args:
      texts: excerpts, which may begin and end within a line: their first and last lines have no length.
      vocabulary: words that count as words.
    """
    words = [word for text in texts for word in WORD.findall(text)]
    paragraphs = [part for text in texts for part in _PARAGRAPH.split(text)]
    starts = [part.lstrip() for text in texts for part in _PARAGRAPH.split(text)[1:]]
    lines = [len(line) for text in texts for line in text.split("\n")[1:-1] if line.strip()]
    return TextStatistics(
        _share(sum(len(word) for word in words if word in vocabulary), sum(map(len, words))),
        _share(*_totals(map(_quotes, paragraphs))),
        _share(*_totals(map(_brackets, paragraphs))),
        1e4 * _share(sum(bool(_SECTION.match(part)) for part in starts), sum(map(len, texts))),
        float(np.median(lines)) if lines else float("nan"),
        float(np.quantile(lines, 0.95)) if lines else float("nan"),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _totals(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    closed, opened = np.sum([(0, 0), *pairs], axis=0).tolist()
    return closed, opened


def opens(text: str, index: int) -> bool:
    """Whether the quote at an index is an opening one.

    A curly quote has a direction. A straight one opens if a letter or digit follows it and none precedes it.
    """
    if text[index] != '"':
        return text[index] == "\u201c"
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    return after.isalnum() and not before.isalnum()


def closes(text: str, index: int) -> bool:
    """Whether the quote at an index is a closing one.

    A curly quote has a direction. A straight one closes if no space precedes it and neither letter nor digit follows it.
    """
    if text[index] != '"':
        return text[index] == "\u201d"
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    return not before.isspace() and before != "" and not after.isalnum()


def _quotes(paragraph: str) -> tuple[int, int]:
    """Numbers of closed and of opened quotes; a quote is closed if the next quote is a closing one."""
    indices = [match.start() for match in _QUOTE.finditer(paragraph)]
    kinds = [(opens(paragraph, index), closes(paragraph, index)) for index in indices]
    closed = sum(opened and closing for (opened, _), (_, closing) in pairwise(kinds))
    return closed, sum(opened for opened, _ in kinds)


def _brackets(paragraph: str) -> tuple[int, int]:
    """Numbers of closed and of opened brackets; a bracket is closed after all brackets that were opened within it."""
    expected: list[str] = []
    closed = opened = 0
    for character in paragraph:
        if character in OPEN:
            expected.append(OPEN[character])
            opened += 1
        elif expected and character == expected[-1]:
            expected.pop()
            closed += 1
    return closed, opened
