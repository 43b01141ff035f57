"""Specs of text data: a published corpus or files of the user, tokenized, with a part held out."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from nlpfeat.config.fields import Fraction, NonNegativeInt, Range, Seed
from nlpfeat.data.tables import known_encoding
from nlpfeat.data.text import labelled_files, plain_text
from nlpfeat.data.text.corpus import (
    Corpus,
    by_split,
    corpus_notes,
    hold_out,
    hold_out_fold,
    tokenize_corpus,
    tokenize_unlabelled,
)
from nlpfeat.data.text.published import CORPORA, UNLABELLED, cached_corpus
from nlpfeat.data.text.tokens import Tokenize, bare_words, words
from nlpfeat.errors import UserError, did_you_mean


@dataclass(frozen=True)
class CorpusSpec:
    """Which labelled texts, and their splits.

    The test split is that of a column, of a second file, or a random share, in this order; the validation split that of a column, or
    a random share or fold of the remaining texts. Random splits have the same share of every class, and keep equal texts together.

    Attributes:
      corpus: a published corpus: "reviews" (Trask's) or "imdb" (with its official split); `path` overrides it.
      path: of a file of the user: CSV, TSV, JSON Lines; see `nlpfeat.data.tables.read_table`.
      test_path: of a second file, with the test split.
      columns: names of the columns, separated by commas, of a file without a header row.
      encoding: of the files, such as latin-1.
      text, label: names of the columns of texts and labels; empty to find them. There must be two labels or more.
      split: name of a column of "train", "validation" and "test"; empty for the column "split", if there is one.
      classes: the labels in their order, from the lowest to the highest; empty for numerical or alphabetical order.
      test_share: fraction of the rows in a random test split; 0 to train on all of them.
      validation_share: fraction of the training texts in the validation split.
      folds, fold: for cross-validation: the training texts in `folds` parts, of which the one of number `fold`, from 0, is the
        validation split; 0 for none.
      key: seed of the random splits.
    """

    corpus: str = "reviews"
    path: str = ""
    test_path: str = ""
    columns: str = ""
    encoding: str = "utf-8"
    text: str = ""
    label: str = ""
    split: str = ""
    classes: tuple[str, ...] = ()
    test_share: Fraction = 0.2
    validation_share: Fraction = 0.0
    folds: NonNegativeInt = 0
    fold: NonNegativeInt = 0
    key: Seed = 0

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in CORPORA:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {did_you_mean(self.corpus, CORPORA)}")
        known_encoding(self.encoding)
        if self.test_path and not self.path:
            raise ValueError("test_path: the published corpora have a test split; set path as well")
        if self.validation_share > 0.5 or self.test_share > 0.5:
            raise ValueError("test_share and validation_share: at most half each")
        if self.folds == 1 or self.fold >= max(self.folds, 1):
            raise ValueError("folds and fold: two folds or more, numbered from 0")
        if self.folds and self.validation_share:
            raise ValueError("folds and validation_share: choose one of them as the validation split")

    @property
    def name(self) -> str:
        """A name of the texts for notes and errors."""
        return self.path or self.corpus

    @property
    def tokenize(self) -> Tokenize:
        """The tokenizer of the texts, for models that do not prescribe one."""
        return words if self.path else CORPORA[self.corpus].tokenize

    def tokenize_new(self, tokenize: Tokenize) -> Tokenize:
        """The tokenizer of new text, for a corpus tokenized by `tokenize`: it normalizes the text first."""
        if self.path:
            return tokenize
        normalize = CORPORA[self.corpus].normalize
        return lambda text: tokenize(normalize(text))


class ReadCorpus(NamedTuple):
    """The corpus of a spec, and what a reader of figures should know of its files, one line each."""

    corpus: Corpus
    notes: tuple[str, ...]


def read_corpus(spec: CorpusSpec, tokenize: Tokenize) -> ReadCorpus:
    """The corpus of a spec, tokenized by `tokenize`. Tokenized published corpora are cached.

    Raises:
      UserError: if the texts cannot be downloaded or read, or if a class has no training text.
    """
    notes: tuple[str, ...] = ()
    if spec.path:
        given = labelled_files.read(
            spec.path,
            spec.test_path,
            columns=spec.columns,
            encoding=spec.encoding,
            text=spec.text,
            label=spec.label,
            split=spec.split,
            classes=spec.classes,
        )
        corpus, notes = by_split(tokenize_corpus(given, tokenize)), given.notes
        if not np.any(given.splits) and spec.test_share:
            corpus = hold_out(corpus, 2, spec.test_share, spec.key)
            if not corpus.sizes[2]:
                raise UserError(
                    f"{spec.path}: no row is in the test split; change data.test_share, or add rows"
                )
    else:
        corpus = by_split(cached_corpus(CORPORA[spec.corpus], tokenize))
    if spec.folds:  # a validation split of the file is part of what is cut into folds
        joined = corpus._replace(splits=np.where(corpus.splits == 1, 0, corpus.splits))
        corpus = hold_out_fold(by_split(joined), spec.fold, spec.folds, spec.key)
    elif spec.validation_share:
        corpus = hold_out(corpus, 1, spec.validation_share, spec.key)
    untrained = set(range(len(corpus.classes))) - set(corpus.labels[corpus.splits == 0].tolist())
    if untrained:
        name = corpus.classes[min(untrained)]
        raise UserError(
            f"{spec.name}: no row of class {name!r} is in the train split: add rows of that class, or mark some as train "
            "in a column that config.data.split names"
        )
    return ReadCorpus(corpus, (*notes, *corpus_notes(corpus)))


@dataclass(frozen=True)
class UnlabelledSpec:
    """Which unlabelled texts, and the size of their vocabulary.

    Attributes:
      corpus: a published corpus: "imdb_texts" (75,000 reviews, most of them unlabelled) or "nietzsche" (the paragraphs of a
        book); `path` overrides it.
      path: of a text file, a folder of text files, or a CSV; see `nlpfeat.data.text.plain_text`.
      columns: names of the columns, separated by commas, of a CSV without a header row.
      text: name of the column of texts in a CSV; empty to find it.
      half: 1 for the documents with odd numbers, 2 for those with even numbers, to compare networks trained on different texts;
        0 for all documents.
      vocab_size: rows of the word table: the most frequent words, and one row that all others share.
      validation_share: fraction of the documents in the validation split.
      key: seed of the validation split.
    """

    corpus: str = "imdb_texts"
    path: str = ""
    columns: str = ""
    text: str = ""
    half: Annotated[int, Range(0, 2)] = 0
    vocab_size: Annotated[int, Range(4)] = 30_001
    validation_share: Fraction = 0.02
    key: Seed = 0

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in UNLABELLED:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {did_you_mean(self.corpus, UNLABELLED)}")
        if self.validation_share > 0.5:
            raise ValueError("validation_share: at most half of the documents")

    @property
    def name(self) -> str:
        """A name of the texts for notes and errors."""
        return (self.path or self.corpus) + ("", ", odd documents", ", even documents")[self.half]


def read_unlabelled(spec: UnlabelledSpec) -> Corpus:
    """The corpus of a spec, validation split last.

    Raises:
      UserError: if the texts cannot be downloaded or read.
    """
    if spec.path:
        corpus = tokenize_unlabelled(plain_text.documents(spec.path, spec.text, spec.columns), bare_words)
    else:
        published = UNLABELLED[spec.corpus]
        corpus = cached_corpus(published, published.tokenize)
    if spec.half:
        corpus = corpus.take(np.arange(spec.half - 1, len(corpus.labels), 2))
    return hold_out(corpus, 1, spec.validation_share, spec.key)
