"""Texts as sequences of words: the classifiers of fast.ai's lesson 5."""

from dataclasses import replace
from typing import NamedTuple

from nlpfeat.config.fields import Count, Fraction, NonNegative, Positive, Seed
from nlpfeat.data.core import Dataset
from nlpfeat.data.text import corpus, sequences
from nlpfeat.data.text.sequences import SequenceSpec
from nlpfeat.models import word_bag
from nlpfeat.models.conv_net import ConvNet, ConvNetSpec, MultiConvNetSpec
from nlpfeat.models.dense_net import DenseNet, DenseNetSpec
from nlpfeat.models.lstm_net import LstmNet, LstmNetSpec
from nlpfeat.training.losses import cross_entropy
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.optimizers import adam, adam_with_l2
from nlpfeat.training.task import Goal, Task


class DenseNetSettings(NamedTuple):
    """Traced settings of the dense net; `dropout` is the share of dense units dropped."""

    width: Count = 100
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    dropout: Fraction = 0.7


class ConvNetSettings(NamedTuple):
    """Traced settings of convolutions of one size: the shares that are dropped, see `ConvNet`."""

    width: Count = 64
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    word_dropout: Fraction = 0.2
    column_dropout: Fraction = 0.0
    embedding_dropout: Fraction = 0.2
    filter_dropout: Fraction = 0.2
    dropout: Fraction = 0.7


class MultiConvNetSettings(NamedTuple):
    """Traced settings of convolutions of several sizes: the shares that are dropped, see `ConvNet`."""

    width: Count = 64
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    word_dropout: Fraction = 0.2
    embedding_dropout: Fraction = 0.2
    joined_dropout: Fraction = 0.5
    dropout: Fraction = 0.7


class LstmNetSettings(NamedTuple):
    """Traced settings of the LSTM; `penalty` is that on Σ W² of the table of words."""

    width: Count = 100
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    word_dropout: Fraction = 0.2
    penalty: NonNegative = 1e-6


IMDB_DENSE = Task(
    summary="reviews by an embedding, flattened, and a dense layer",
    width="units of the swept layer",
    data=SequenceSpec,
    model=DenseNetSpec,
    settings=DenseNetSettings,
    load=lambda spec, model: Dataset(*sequences.load(spec, model.embedding)),
    draw=corpus.make_splits,
    batch=sequences.batch,
    module=lambda model, data, units: DenseNet(
        units, len(data.corpus.classes), len(data.vocabulary.words), data.length, model
    ),
    start=sequences.pretrained_embedding,
    loss=cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam,
    words=word_bag.word_vectors,
    success=Goal(0.87),
    piece=250,
    seeded=False,
)

IMDB_CNN = replace(
    IMDB_DENSE,
    summary="reviews by convolutions of one size",
    model=ConvNetSpec,
    settings=ConvNetSettings,
    module=lambda model, data, units: ConvNet(
        units, len(data.corpus.classes), len(data.vocabulary.words), data.length, model
    ),
)

IMDB_MULTICNN = replace(
    IMDB_CNN,
    summary="reviews by convolutions of several sizes side by side",
    model=MultiConvNetSpec,
    settings=MultiConvNetSettings,
)

IMDB_LSTM = replace(
    IMDB_DENSE,
    summary="reviews by an LSTM that reads them word by word",
    model=LstmNetSpec,
    settings=LstmNetSettings,
    module=lambda model, data, units: LstmNet(
        units, len(data.corpus.classes), len(data.vocabulary.words), model
    ),
    optimizer=adam_with_l2("words"),
)
