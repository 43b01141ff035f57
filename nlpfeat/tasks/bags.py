"""Texts as bags of words: averaged and summed words, by mini-batches and by Trask's rule."""

from dataclasses import replace
from typing import NamedTuple

from nlpfeat.config.fields import Count, Fraction, NonNegative, Positive, Seed
from nlpfeat.data.core import Dataset
from nlpfeat.data.text import bags, corpus, planted_words
from nlpfeat.models import sentiment_net, word_bag
from nlpfeat.models.sentiment_net import SentimentNet, SentimentNetSpec
from nlpfeat.models.word_bag import NaiveBayesBagSpec, WordBag, WordBagSpec
from nlpfeat.models.word_mean import WordMean, WordMeanSpec
from nlpfeat.training.losses import cross_entropy, half_squared_error, squared_error
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.optimizers import adam_l2, sgd
from nlpfeat.training.rules import online
from nlpfeat.training.task import Goal, Task


class WordBagSettings(NamedTuple):
    """Traced settings of averaged words; `dropout` is the share of dimensions dropped."""

    width: Count = 16
    seed: Seed = 0
    learning_rate: Positive = 1e-2
    weight_decay: NonNegative = 0.0
    dropout: Fraction = 0.2


class OnlineSettings(NamedTuple):
    """Traced settings of Trask's sentiment network; his own run is width 10, seed 1."""

    width: Count = 10
    seed: Seed = 1
    learning_rate: Positive = 0.01


class WordMeanSettings(NamedTuple):
    """Traced settings of average, reduce, tanh."""

    width: Count = 16
    seed: Seed = 0
    learning_rate: Positive = 1e-2
    weight_decay: NonNegative = 0.0


PLANTED_WORDS = Task(
    summary="documents told apart by a few planted words, averaged",
    width="dimension of the word vectors",
    data=planted_words.PlantedWordsSpec,
    model=WordBagSpec,
    settings=WordBagSettings,
    draw=planted_words.make_splits,
    module=lambda model, data, units: WordBag(units, data.classes, data.vocabulary, model),
    loss=cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam_l2,
)

# Texts as bags of words, all members reading the same.
REVIEWS_BATCH = Task(
    summary="sentiment by the words present: Trask's network from random words, by mini-batches of Adam",
    width="dimension of the word vectors",
    data=bags.BagSpec,
    model=WordBagSpec,
    settings=WordBagSettings,
    load=lambda spec, model: Dataset(*bags.load(spec)),
    draw=corpus.make_splits,
    batch=bags.batch,
    module=lambda model, data, units: WordBag(
        units, len(data.corpus.classes), len(data.vocabulary.words), model
    ),
    loss=cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam_l2,
    words=word_bag.word_vectors,
    success=Goal(0.85),  # what single words reach; nothing here comes near .99
    piece=256,
    reading=bags.by_length,
    seeded=False,
)

IMDB_NGRAMS = replace(
    REVIEWS_BATCH,
    summary="reviews by runs of up to three words, weighing by their log-count ratios",
    data=bags.NaiveBayesSpec,
    model=NaiveBayesBagSpec,
    success=Goal(0.9),
)

REVIEWS_BAG = replace(
    REVIEWS_BATCH,
    summary="sentiment by the words present: Trask's network, review by review",
    width="hidden linear units",
    model=SentimentNetSpec,
    settings=OnlineSettings,
    load=lambda spec, model: Dataset(*bags.load(spec, online.MAX_BATCH)),
    module=lambda model, data, units: SentimentNet(
        units, sentiment_net.outputs(len(data.corpus.classes)), len(data.vocabulary.words)
    ),
    start=lambda about, params, settings: sentiment_net.init_override(params, settings),
    rule=online.RULE,
    loss=half_squared_error,
    loss_units="½ squared error",
    optimizer=sgd,
    words=sentiment_net.word_vectors,
)

REVIEWS_MEAN = replace(
    REVIEWS_BATCH,
    summary="sentiment between -1 and 1: average the words, reduce, tanh",
    data=bags.CountedBagSpec,
    model=WordMeanSpec,
    settings=WordMeanSettings,
    module=lambda model, data, units: WordMean(
        units, len(data.corpus.classes), len(data.vocabulary.words), model
    ),
    loss=squared_error,
    loss_units="squared error",
)
