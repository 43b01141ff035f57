"""Settings that suit a file of labelled texts: what the variants `own` of the classifiers of texts set, and why.

The rules were chosen on public sets of 50 to 12,000 training texts with 2 to 50 classes (docs/own-texts.md has the figures). They
look at the training texts alone.
"""

from typing import NamedTuple

import numpy as np

from nlpfeat.data.text.bags import BagSpec
from nlpfeat.data.text.corpus import Corpus
from nlpfeat.data.text.sequences import SequenceSpec
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.data.text.tokens import Tokenize, filtered
from nlpfeat.errors import UserError
from nlpfeat.training.task import Fitted

FEW = 1000  # training texts, below which none is held out for validation
MANY = 20_000
RECORDS = 8
SAMPLE = 1000  # training texts on which a record is evaluated


class TextStatistics(NamedTuple):
    """What the settings depend on.

    Attributes:
      texts: in the train split.
      classes: how many.
      validated: whether the file has a validation split of its own.
      length: words of the longest text but the longest two per cent.
      words: distinct words of the training texts.
      repeated: those that occur twice or more.
    """

    texts: int
    classes: int
    validated: bool
    length: int
    words: int
    repeated: int


def text_statistics(corpus: Corpus) -> TextStatistics:
    """The statistics of a corpus."""
    train = corpus.sizes[0]
    documents = corpus.documents
    lengths = np.diff(documents.start[: train + 1])
    counts = np.bincount(documents.tokens[: documents.start[train]], minlength=len(documents.words))
    return TextStatistics(
        train,
        len(corpus.classes),
        corpus.sizes[1] > 0,
        int(np.quantile(lengths, 0.98, method="higher")),
        int((counts > 0).sum()),
        int((counts > 1).sum()),
    )


def fit_ngrams(spec: BagSpec) -> list[Fitted]:
    """Settings of n-grams weighted by log-count ratios."""
    found = _statistics(spec, spec.tokenize)
    n, many = found.texts, found.classes > 2
    longest = 3 if n > MANY else 2
    count = 2 if n > MANY else 1 if many and n >= FEW else 0
    return [
        Fitted("data.ngrams", longest, f"{n:,} training texts; three words from {MANY:,} on"),
        Fitted(
            "data.min_count",
            count,
            "n-grams that occur more often than this: rare ones tell two classes apart, of more classes they are noise",
        ),
        Fitted("data.smoothing", 0.3, "trusts rare words more than one does, which suits few texts"),
        Fitted("data.idf", many, f"{found.classes} classes; rare words tell many classes apart"),
        *_training(found, batch=(8, 64), epochs=4, steps=200),
        Fitted("settings.learning_rate", 5e-3, "learns in few epochs, and more overfit"),
        Fitted("settings.dropout", 0.0, "no dropout: each text is scaled to length 1 already"),
    ]


def fit_bag(spec: BagSpec) -> list[Fitted]:
    """Settings of single words, summed, by gradient descent."""
    found = _statistics(spec, spec.tokenize)
    return [
        _count(found),
        *_training(found, batch=(8, 64), epochs=10, steps=400),
        Fitted("settings.learning_rate", 5e-3, "fewer texts than the reviews have: longer steps"),
        Fitted("settings.dropout", 0.2, "a fifth of the dimensions, against overfitting"),
    ]


def fit_mean(spec: BagSpec) -> list[Fitted]:
    """Settings of a mean of word vectors that predicts a number."""
    found = _statistics(spec, spec.tokenize)
    return [
        _count(found),
        *_training(found, batch=(8, 64), epochs=10, steps=400),
        Fitted("settings.learning_rate", 1e-2, "fewer texts than the reviews have: longer steps"),
    ]


def fit_online(spec: BagSpec) -> list[Fitted]:
    """Settings of Trask's rule, review by review."""
    found = _statistics(spec, spec.tokenize)
    return [
        _count(found),
        *_training(found, batch=(8, 32), epochs=10, steps=100),
        Fitted("settings.learning_rate", 0.02, "twice that of the reviews, which are longer"),
    ]


def fit_sequences(spec: SequenceSpec) -> list[Fitted]:
    """Settings of networks that read words in order."""
    found = _statistics(spec, filtered)
    kept = found.repeated if found.texts >= FEW else found.words
    why = "words that occur twice or more" if found.texts >= FEW else "all words, as there are few texts"
    return [
        Fitted("data.vocab_size", min(max(kept, 1), MANY) + 2, f"{why}, padding and a row for the others"),
        Fitted(
            "data.length",
            min(max(found.length, 10), 400),
            f"98 % of the texts have at most {found.length} words; at least 10 and at most 400 are read",
        ),
        *_training(found, batch=(8, 32), epochs=10, steps=400),
        Fitted("settings.learning_rate", 2e-3, "fewer steps than on IMDB: longer ones"),
    ]


def _count(found: TextStatistics) -> Fitted:
    count = 1 if found.texts >= FEW else 0
    return Fitted(
        "data.min_count",
        count,
        f"{found.texts:,} training texts, {found.words:,} words; {'those that occur once are left out' if count else 'none is left out'}",
    )


def _training(found: TextStatistics, *, batch: tuple[int, int], epochs: int, steps: int) -> list[Fitted]:
    """Validation split, batches and steps.

    Args:
      found: statistics of the texts.
      batch: the smallest and the largest batch; between, a hundredth of the texts.
      epochs, steps: the least of each.
    """
    size = 2 ** round(np.log2(np.clip(found.texts / 100, *batch)))
    total = max(round(epochs * found.texts / size), steps)
    share = 0.1 if found.texts >= FEW and not found.validated else 0.0
    held = (
        "the file has a validation split"
        if found.validated
        else f"a tenth of {found.texts:,} texts chooses the width"
        if share
        else f"{found.texts:,} texts are too few to hold any out; nlpfeat recommend-model cross-validates"
    )
    total = max(round(total * (1 - share)), 1)
    every = max(total // RECORDS, 1)
    return [
        Fitted("data.validation_share", share, held),
        Fitted("training.batch_size", int(size), "about a hundredth of the texts, within bounds"),
        Fitted(
            "training.steps",
            (total,),
            f"{total * size / (found.texts * (1 - share)):.3g} epochs: at least {epochs}, and {steps} steps",
        ),
        Fitted("training.record_every", every, ""),
        Fitted("training.checkpoint_every", total, ""),
        Fitted("training.train_sample", SAMPLE, ""),
    ]


def _statistics(spec: CorpusSpec, tokenize: Tokenize) -> TextStatistics:
    if not spec.path:
        raise UserError("config.data.path: the variant own is for a file of your own; name it by --data=FILE")
    return text_statistics(read_corpus(spec, tokenize).corpus)
