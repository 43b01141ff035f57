"""Texts without classes: a published corpus or one's own, cut into words, some documents held out."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nlpfeat.data import parsed, plain_text
from nlpfeat.data.corpus import Corpus, cut_unlabelled, hold_out
from nlpfeat.data.published import UNLABELLED
from nlpfeat.data.tokens import bare_words, take
from nlpfeat.errors import nearest
from nlpfeat.settings import Range, Seed, Share


@dataclass(frozen=True)
class TextSpec:
    """Which texts.

    Attributes:
      corpus: a published corpus: "imdb_texts" (75,000 reviews, most without a label) or "nietzsche" (the paragraphs of a book);
        `path` overrides it.
      path: a text file of one's own, a folder of them, or a CSV: see `nlpfeat.data.plain_text`.
      columns: the names of its columns, parted by commas, of a CSV that has no header row.
      text: the column of texts, in a CSV.
      half: 1 for the documents of odd number, 2 for those of even number, to compare what two texts teach; 0 for all.
      vocabulary: rows of the word table: the commonest words and one row for all others.
      validation_share: the share of documents held out.
      key: draws them.
    """

    corpus: str = "imdb_texts"
    path: str = ""
    columns: str = ""
    text: str = "text"
    half: Annotated[int, Range(0, 2)] = 0
    vocabulary: Annotated[int, Range(4)] = 30_001
    validation_share: Share = 0.02
    key: Seed = 0

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in UNLABELLED:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {nearest(self.corpus, UNLABELLED)}")
        if self.validation_share > 0.5:
            raise ValueError("validation_share: at most half")

    @property
    def name(self) -> str:
        """What to call the text."""
        return (self.path or self.corpus) + ("", ", odd documents", ", even documents")[self.half]


def read(spec: TextSpec) -> Corpus:
    """The texts, those held out last.

    Raises:
      UserError: if they cannot be had or read.
    """
    if spec.path:
        corpus = cut_unlabelled(plain_text.documents(spec.path, spec.text, spec.columns), bare_words)
    else:
        published = UNLABELLED[spec.corpus]
        corpus = parsed.kept(published, published.tokenize)
    if spec.half:
        chosen = np.arange(spec.half - 1, len(corpus.labels), 2)
        corpus = corpus._replace(
            documents=take(corpus.documents, chosen),
            labels=corpus.labels[chosen],
            parts=corpus.parts[chosen],
            prints=corpus.prints[chosen],
            rows=corpus.rows[chosen],
        )
    return hold_out(corpus, spec.validation_share, spec.key)
