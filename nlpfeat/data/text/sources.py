"""Which texts a study reads: a published corpus or a CSV of one's own."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nlpfeat.config.fields import Fraction, Range, Seed
from nlpfeat.data import tables
from nlpfeat.data.text import plain_text
from nlpfeat.data.text.corpus import Corpus, hold_out, tokenize_corpus, tokenize_unlabelled
from nlpfeat.data.text.published import CORPORA, UNLABELLED, cached_corpus
from nlpfeat.data.text.tokens import Tokenize, bare_words, take, words
from nlpfeat.errors import UserError, nearest


@dataclass(frozen=True)
class CorpusSpec:
    """Which texts, and how they are parted.

    Attributes:
      corpus: a published corpus: "reviews" (Trask's) or "imdb" (its official halves); `path` overrides it.
      path: a CSV or TSV of one's own, with a header row; see `nlpfeat.data.table.rows`.
      columns: the names of its columns, parted by commas, where it has no header row.
      text, label: its columns of texts and of labels, two or more.
      split: its column of "train", "validation" and "test"; empty to draw the test part.
      test_share: the share of rows drawn as test part, where no column says it.
      classes: the labels in their order, from the lowest to the highest; empty for that of numbers, or the alphabet.
      validation_share: the share of the training part held out to choose by.
      key: draws what is drawn.
    """

    corpus: str = "reviews"
    path: str = ""
    columns: str = ""
    text: str = "text"
    label: str = "label"
    split: str = ""
    classes: tuple[str, ...] = ()
    test_share: Fraction = 0.2
    validation_share: Fraction = 0.0
    key: Seed = 0

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in CORPORA:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {nearest(self.corpus, CORPORA)}")
        if self.validation_share > 0.5 or not 0 < self.test_share <= 0.5:
            raise ValueError("test_share and validation_share: at most half, and some to test on")

    @property
    def name(self) -> str:
        """What to call the texts."""
        return self.path or self.corpus

    @property
    def tokenize(self) -> Tokenize:
        """How these texts are cut where a model asks for no way of its own."""
        return words if self.path else CORPORA[self.corpus].tokenize

    def of_new(self, tokenize: Tokenize) -> Tokenize:
        """How new text is cut where these texts are cut by `tokenize`: it is written as they are first."""
        if self.path:
            return tokenize
        write = CORPORA[self.corpus].write
        return lambda text: tokenize(write(text))


def read_corpus(spec: CorpusSpec, tokenize: Tokenize) -> Corpus:
    """The corpus that `spec` names, cut by `tokenize`. Published ones are parsed once and kept.

    Raises:
      UserError: if the texts cannot be had or read, or a class is nowhere in the training part.
    """
    if spec.path:
        given = tables.read(
            spec.path,
            spec.text,
            spec.label,
            spec.split,
            spec.test_share,
            spec.key,
            spec.classes,
            spec.columns,
        )
        corpus = tokenize_corpus(given, tokenize)
    else:
        published = CORPORA[spec.corpus]
        corpus = cached_corpus(published, tokenize)
    corpus = hold_out(corpus, spec.validation_share, spec.key)
    untrained = set(range(len(corpus.classes))) - set(corpus.labels[corpus.parts == 0].tolist())
    if untrained:
        name = corpus.classes[min(untrained)]
        raise UserError(
            f"{spec.name}: no row of class {name!r} is in the train part: add rows of that class, or mark some as train "
            "in a column that config.data.split names"
        )
    return corpus


@dataclass(frozen=True)
class UnlabelledSpec:
    """Which texts.

    Attributes:
      corpus: a published corpus: "imdb_texts" (75,000 reviews, most without a label) or "nietzsche" (the paragraphs of a book);
        `path` overrides it.
      path: a text file of one's own, a folder of them, or a CSV: see `nlpfeat.data.plain_text`.
      columns: the names of its columns, parted by commas, of a CSV that has no header row.
      text: the column of texts, in a CSV.
      half: 1 for the documents of odd number, 2 for those of even number, to compare what two texts teach; 0 for all.
      vocab_size: rows of the word table: the commonest words and one row for all others.
      validation_share: the share of documents held out.
      key: draws them.
    """

    corpus: str = "imdb_texts"
    path: str = ""
    columns: str = ""
    text: str = "text"
    half: Annotated[int, Range(0, 2)] = 0
    vocab_size: Annotated[int, Range(4)] = 30_001
    validation_share: Fraction = 0.02
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


def read_unlabelled(spec: UnlabelledSpec) -> Corpus:
    """The texts, those held out last.

    Raises:
      UserError: if they cannot be had or read.
    """
    if spec.path:
        corpus = tokenize_unlabelled(plain_text.documents(spec.path, spec.text, spec.columns), bare_words)
    else:
        published = UNLABELLED[spec.corpus]
        corpus = cached_corpus(published, published.tokenize)
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


# MERGED: """Texts without classes: a published corpus or one's own, cut into words, some documents held out."""
