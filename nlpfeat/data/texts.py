"""Texts to classify: from published reviews or a CSV of one's own to bags of words on the device."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nlpfeat.data.bags import Bag, Bags, bags, padded, weighted, with_overlap
from nlpfeat.data.corpus import Corpus, oddities
from nlpfeat.data.new_text import NewText
from nlpfeat.data.reading import CorpusSpec, read
from nlpfeat.data.tokens import Tokenize
from nlpfeat.data.vocabulary import Vocabulary, build, log_count_ratios
from nlpfeat.errors import UserError
from nlpfeat.settings import Count, Natural, NonNegative


@dataclass(frozen=True)
class TextSpec(CorpusSpec):
    """Which texts, and which of their words.

    Attributes:
      ngrams: the longest run of words that counts as a word of its own.
      min_count: words must be seen more often than this in the training part …
      polarity: … and have at least this polarity in size, unless they are too rare to have one.
      counts: whether a word weighs as often as it stands there, or once.
      naive_bayes: whether it weighs by its log-count ratio instead, each text scaled to length 1.
    """

    ngrams: Count = 1
    min_count: Natural = 0
    polarity: NonNegative = 0.0
    counts: bool = False
    naive_bayes: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.counts and self.naive_bayes:
            raise ValueError("counts and naive_bayes: a word weighs by one of them")


@dataclass(frozen=True)
class CountedSpec(TextSpec):
    """As `TextSpec`, a word weighing as often as it stands there."""

    counts: bool = True


@dataclass(frozen=True)
class NaiveBayesSpec(TextSpec):
    """As `TextSpec`, runs of up to three words weighing by their log-count ratios."""

    corpus: str = "imdb"
    ngrams: Count = 3
    min_count: Natural = 2
    naive_bayes: bool = True


class Texts(NamedTuple):
    """What is known of texts on the host."""

    corpus: Corpus
    vocabulary: Vocabulary
    tokenize: Tokenize
    counted: bool
    ratios: np.ndarray | None  # float32 (words,), what each word weighs; None where it weighs its count, or 1

    def read(self, text: str) -> NewText:
        """A new text: its words, each with its weight."""
        tokens = self.tokenize(text)
        ids, counts = self.vocabulary.encode(tokens)
        weights = counts.astype(np.float32) if self.counted else np.ones(len(ids), np.float32)
        if self.ratios is not None:
            weights = self.ratios[ids]
        said = [word for word in dict.fromkeys(tokens) if word.strip()]
        return NewText(
            words=[self.vocabulary.words[i] for i in ids],
            unknown=[word for word in said if word not in self.vocabulary.ids],
            unread=0,
            whole=self._scaled(ids, weights),
            without=[self._scaled(np.delete(ids, i), np.delete(weights, i)) for i in range(len(ids))],
        )

    def alone(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """A text of one word, encoded."""
        weight = 1.0 if self.ratios is None else self.ratios[place]
        return self._scaled(np.array([place], np.int32), np.array([weight], np.float32))

    def _scaled(self, ids: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        length = np.linalg.norm(weights) if self.ratios is not None else 1.0
        return ids, weights / (length or 1.0)

    def collate(self, documents: list[Any]) -> Bag:
        """Texts as `read` gives them, as a batch, padded to one of few lengths: each is a program."""
        longest = max(len(ids) for ids, _ in documents)
        return padded(documents, 2 ** max(6, (longest - 1).bit_length()))


def load(spec: TextSpec, most: int = 0) -> tuple[Bags, Texts, str, tuple[str, ...]]:
    """Read, cut, count and encode the texts.

    Args:
      most: with how many documents before it the overlap of each is wanted (and with itself); 0 for none.

    Returns:
      What goes to the device, what stays on the host, a digest of it, and what a reader of figures should know.

    Raises:
      UserError: if the texts cannot be had or read, or no word is left.
    """
    corpus = read(spec, spec.tokenize)
    sizes = corpus.sizes
    vocabulary, documents = build(
        corpus.documents, corpus.labels, sizes[0], spec.ngrams, spec.min_count, spec.polarity
    )
    if not vocabulary.words:
        raise UserError(
            f"no word of the {sizes[0]} training texts is left: lower config.data.min_count ({spec.min_count}) or "
            f"config.data.polarity ({spec.polarity:g})"
        )
    ratios = (
        log_count_ratios(documents, corpus.labels[: sizes[0]], len(vocabulary.words))
        if spec.naive_bayes
        else None
    )
    arrays = bags(documents, counted=spec.counts) if ratios is None else weighted(documents, ratios)
    arrays = with_overlap(arrays, sizes[0], most) if most else arrays
    texts = Texts(corpus, vocabulary, spec.of_new(spec.tokenize), spec.counts, ratios)
    notes = tuple(f"{spec.name}: {note}" for note in oddities(corpus))
    return arrays, texts, corpus.digest(vocabulary.words), notes
