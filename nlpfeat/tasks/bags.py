"""Texts as bags of words: averaged and summed words, by mini-batches and by Trask's rule."""

from dataclasses import replace

from nlpfeat.config.fields import (
    Count,
    DropoutRate,
    NonNegative,
    Positive,
    Scalar,
    Seed,
    Settings,
    settings_class,
    traced,
)
from nlpfeat.data.text import bags, corpus, planted_words
from nlpfeat.models import sentiment_net, word_bag
from nlpfeat.models.sentiment_net import SentimentNet, SentimentNetSpec
from nlpfeat.models.units import ONE_LAYER
from nlpfeat.models.word_bag import NaiveBayesBagSpec, WordBag, WordBagSpec
from nlpfeat.models.word_mean import WordMean, WordMeanSpec
from nlpfeat.tasks import fit_texts
from nlpfeat.training.losses import squared_error
from nlpfeat.training.metrics import CLASS_METRICS, Metric, accuracy
from nlpfeat.training.optimizers import adam_l2
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.rules.online import MAX_BATCH, REVIEW_BY_REVIEW
from nlpfeat.training.task import (
    DataPipeline,
    Evaluation,
    GradientDescent,
    ModelFactory,
    Task,
    Views,
    cross_entropy_descent,
)


@settings_class
class WordMeanSettings(DescentSettings):
    """Settings of average, reduce, tanh."""

    width: Scalar = traced(16, Count)
    learning_rate: Scalar = traced(1e-2, Positive)
    weight_decay: Scalar = traced(0.0, NonNegative)


@settings_class
class WordBagSettings(WordMeanSettings):
    """Settings of averaged words; `word_dropout` is the fraction of a text's words dropped, `dropout` that of dimensions."""

    word_dropout: Scalar = traced(0.0, DropoutRate)
    dropout: Scalar = traced(0.2, DropoutRate)


@settings_class
class OnlineSettings(Settings):
    """Settings of Trask's sentiment network; his own run is width 10, seed 1."""

    width: Scalar = traced(10, Count)
    seed: Scalar = traced(1, Seed)
    learning_rate: Scalar = traced(0.01, Positive)


ACCURACY = Metric("accuracy", accuracy)
CROSS_ENTROPY = cross_entropy_descent(adam_l2)

PLANTED_WORDS = Task(
    name="planted_words",
    summary="documents classified by a few planted words, from their mean word vector",
    width_label="dimension of the word vectors",
    data=DataPipeline(planted_words.PlantedWordsSpec, planted_words.make_splits),
    model=ModelFactory(
        WordBagSpec,
        WordBagSettings,
        build=lambda model, data, units: WordBag(units, data.classes, data.vocab_size, model),
    ),
    learner=CROSS_ENTROPY,
    evaluation=Evaluation(metrics=(ACCURACY,)),
    views=Views(units=ONE_LAYER),
)

# The texts are the same for all members.
REVIEWS_BATCH = Task(
    name="reviews_batch",
    summary="texts classified as bags of words: Trask's network from random word vectors, in mini-batches of Adam",
    width_label="dimension of the word vectors",
    data=DataPipeline(
        bags.BagSpec,
        corpus.make_splits,
        load=lambda spec, model: bags.load(spec),
        batch=bags.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        WordBagSpec,
        WordBagSettings,
        build=lambda model, data, units: WordBag(
            units, len(data.corpus.classes), len(data.vocabulary.words), model
        ),
    ),
    learner=CROSS_ENTROPY,
    evaluation=Evaluation(
        metrics=(ACCURACY, *CLASS_METRICS),
        success=0.85,  # what single words reach; nothing here comes near .99
        batch_size=256,
        indices=bags.by_length,
    ),
    views=Views(word_vectors=word_bag.word_vectors, units=ONE_LAYER),
    fit=fit_texts.fit_bag,
)

IMDB_NGRAMS = replace(
    REVIEWS_BATCH,
    name="imdb_ngrams",
    summary="texts classified by n-grams of words, weighted by log-count ratios",
    data=replace(REVIEWS_BATCH.data, spec=bags.NaiveBayesSpec),
    model=replace(REVIEWS_BATCH.model, spec=NaiveBayesBagSpec),
    evaluation=replace(REVIEWS_BATCH.evaluation, success=0.9),
    fit=fit_texts.fit_ngrams,
)

REVIEWS_BAG = replace(
    REVIEWS_BATCH,
    name="reviews_bag",
    summary="texts classified as bags of words: Trask's network, text by text",
    width_label="hidden linear units",
    data=replace(REVIEWS_BATCH.data, load=lambda spec, model: bags.load(spec, MAX_BATCH)),
    model=ModelFactory(
        SentimentNetSpec,
        OnlineSettings,
        build=lambda model, data, units: SentimentNet(
            units, sentiment_net.outputs(len(data.corpus.classes)), len(data.vocabulary.words)
        ),
        init_override=lambda metadata, params, settings, splits: sentiment_net.init_override(
            params, settings
        ),
    ),
    learner=REVIEW_BY_REVIEW,
    views=Views(word_vectors=sentiment_net.word_vectors),
    fit=fit_texts.fit_online,
)

REVIEWS_MEAN = replace(
    REVIEWS_BATCH,
    name="reviews_mean",
    summary="sentiment between -1 and 1: mean word vector, dense layer, tanh",
    data=replace(REVIEWS_BATCH.data, spec=bags.CountedBagSpec),
    model=ModelFactory(
        WordMeanSpec,
        WordMeanSettings,
        build=lambda model, data, units: WordMean(
            units, len(data.corpus.classes), len(data.vocabulary.words), model
        ),
        layered=False,  # the sum of the units has no weights
    ),
    learner=GradientDescent(Metric("loss", squared_error, "squared error", "min"), adam_l2),
    fit=fit_texts.fit_mean,
)
