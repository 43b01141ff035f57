"""THE table: every system that nlpfeat can sweep, by name.

A new system is a new row (and, where needed, a file in `data/` and one in `models/`); it inherits every command,
every figure and every generic test.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated, NamedTuple

from nlpfeat.data import annulus, bags, four_rows, planted_words, spirals, texts
from nlpfeat.data.examples import SPLITS
from nlpfeat.models import deep_unwarper, sentiment_net, unwarper, word_bag
from nlpfeat.models.deep_unwarper import DeepUnwarper, DeepUnwarperSpec
from nlpfeat.models.eleven_lines import ElevenLines, ElevenLinesSpec
from nlpfeat.models.sentiment_net import SentimentNet, SentimentNetSpec
from nlpfeat.models.unwarper import Unwarper, UnwarperSpec
from nlpfeat.models.word_bag import WordBag, WordBagSpec
from nlpfeat.models.word_mean import WordMean, WordMeanSpec
from nlpfeat.settings import Count, NonNegative, Positive, Range, Seed, Share
from nlpfeat.training import online
from nlpfeat.training.losses import cross_entropy, half_squared_error, squared_error
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.optimizers import adam_l2, plain
from nlpfeat.training.task import Source, Task


class SpiralSettings(NamedTuple):
    """Traced settings of the spirals; `noise` in radians on the angle."""

    width: Count = 100
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-5
    noise: NonNegative = 0.2


class AnnulusSettings(NamedTuple):
    """Traced settings of the disc inside an annulus."""

    width: Count = 3
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-5


class DeepSpiralSettings(NamedTuple):
    """Traced settings of a deep narrow net on spirals.

    `depth` counts the layers up to the embedding, which is linear; the others have a leaky ReLU of `slope`.
    """

    width: Count = 2
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-5
    noise: NonNegative = 0.2
    depth: Annotated[int, Range(2)] = 5
    slope: Annotated[float, Range(0, 0.99)] = 0.01  # at 1 there is no activation left


class DeepAnnulusSettings(NamedTuple):
    """Traced settings of a deep narrow net on the disc inside an annulus; see `DeepSpiralSettings`."""

    width: Count = 2
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-5
    depth: Annotated[int, Range(2)] = 5
    slope: Annotated[float, Range(0, 0.99)] = 0.01  # at 1 there is no activation left


class WordBagSettings(NamedTuple):
    """Traced settings of averaged words; `dropout` is the share of dimensions dropped."""

    width: Count = 16
    seed: Seed = 0
    learning_rate: Positive = 1e-2
    weight_decay: NonNegative = 0.0
    dropout: Share = 0.2


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


class ElevenLinesSettings(NamedTuple):
    """Traced settings of the eleven lines. Their step adds up four rows where ours takes the mean: so 4 is their 1."""

    width: Count = 4
    seed: Seed = 0
    learning_rate: Positive = 4.0


SPIRALS = Task(
    summary="spirals unwarped by 2 → H → 2 → K",
    width="hidden units H",
    data=spirals.SpiralSpec,
    model=UnwarperSpec,
    settings=SpiralSettings,
    draw=spirals.draw,
    module=lambda model, data, units: Unwarper(units, data.arms, model.embedding),
    loss=cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam_l2,
    layers=unwarper.layers,
    arms=spirals.arms,
)

ANNULUS = replace(
    SPIRALS,
    summary="a disc inside an annulus, by 2 → H → 2 → 2",
    data=annulus.AnnulusSpec,
    settings=AnnulusSettings,
    draw=annulus.draw,
    module=lambda model, data, units: Unwarper(units, 2, model.embedding),
    arms=None,
)

# Texts as bags of words, all members reading the same.
TEXTS = Task(
    summary="sentiment by the words present: Trask's network from random words, by mini-batches of Adam",
    width="dimension of the word vectors",
    data=texts.TextSpec,
    model=WordBagSpec,
    settings=WordBagSettings,
    load=lambda spec: Source(*texts.load(spec)),
    draw=texts.draw,
    batch=bags.batch,
    module=lambda model, data, units: WordBag(units, len(data.classes), len(data.vocabulary.words), model),
    loss=cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam_l2,
    words=word_bag.words,
    success=0.85,  # what single words reach; nothing here comes near .99
    piece=256,
    alike=bags.by_length,
    seeded=False,
)

TASKS: dict[str, Task] = {
    "spirals": SPIRALS,
    "annulus": ANNULUS,
    "spirals_deep": replace(
        SPIRALS,
        summary="spirals unwarped by 2 → w → … → w → (2) → K, layers narrow enough to draw",
        width="units w of each layer",
        model=DeepUnwarperSpec,
        settings=DeepSpiralSettings,
        draw=partial(spirals.draw, names=SPLITS),  # a recipe is chosen here, so there is a validation part
        module=lambda model, data, units: DeepUnwarper(units, data.arms, model.layers, model.embedding),
        layers=deep_unwarper.layers,
        limits=lambda model, data: {"depth": model.layers},
    ),
    "annulus_deep": replace(
        ANNULUS,
        summary="a disc inside an annulus, by 2 → w → … → w → (2) → 2",
        width="units w of each layer",
        model=DeepUnwarperSpec,
        settings=DeepAnnulusSettings,
        draw=partial(annulus.draw, names=SPLITS),
        module=lambda model, data, units: DeepUnwarper(units, 2, model.layers, model.embedding),
        layers=deep_unwarper.layers,
        limits=lambda model, data: {"depth": model.layers},
    ),
    "planted_words": Task(
        summary="documents told apart by a few planted words, averaged",
        width="dimension of the word vectors",
        data=planted_words.PlantedWordsSpec,
        model=WordBagSpec,
        settings=WordBagSettings,
        draw=planted_words.draw,
        module=lambda model, data, units: WordBag(units, data.classes, data.vocabulary, model),
        loss=cross_entropy,
        metrics=(("accuracy", accuracy),),
        optimizer=adam_l2,
    ),
    "reviews_bag": replace(
        TEXTS,
        summary="sentiment by the words present: Trask's network, review by review",
        width="hidden linear units",
        model=SentimentNetSpec,
        settings=OnlineSettings,
        load=lambda spec: Source(*texts.load(spec, online.BLOCK)),
        module=lambda model, data, units: SentimentNet(
            units, sentiment_net.outputs(len(data.classes)), len(data.vocabulary.words)
        ),
        start=sentiment_net.start,
        online=online.RULE,
        loss=half_squared_error,
        loss_units="½ squared error",
        optimizer=plain,
        words=sentiment_net.words,
    ),
    "reviews_batch": TEXTS,
    "reviews_mean": replace(
        TEXTS,
        summary="sentiment between -1 and 1: average the words, reduce, tanh",
        data=texts.CountedSpec,
        model=WordMeanSpec,
        settings=WordMeanSettings,
        module=lambda model, data, units: WordMean(
            units, len(data.classes), len(data.vocabulary.words), model
        ),
        loss=squared_error,
        loss_units="squared error",
    ),
    "eleven_lines": Task(
        summary="the exclusive or of two columns, by sigmoid layers on four rows",
        width="hidden sigmoids",
        data=four_rows.FourRowsSpec,
        model=ElevenLinesSpec,
        settings=ElevenLinesSettings,
        draw=four_rows.draw,
        module=lambda model, data, units: ElevenLines(units),
        loss=half_squared_error,
        loss_units="½ squared error",
        metrics=(("accuracy", accuracy),),
        optimizer=plain,
        seeded=False,
    ),
}
