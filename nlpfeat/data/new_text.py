"""New text as a net reads it, whole and without each of its words."""

from typing import Any, NamedTuple


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
