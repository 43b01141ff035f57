"""THE table: every system that nlpfeat can sweep, by name.

A new system is a new row (and, where needed, a file in `data/` and one in `models/`); it inherits every command,
every figure and every generic test.
"""

from typing import NamedTuple

from nlpfeat.data import annulus, planted_words, spirals
from nlpfeat.models.unwarper import Unwarper, UnwarperSpec, layers
from nlpfeat.models.word_bag import WordBag, WordBagSpec
from nlpfeat.settings import Count, NonNegative, Positive, Seed, Share
from nlpfeat.training.losses import cross_entropy
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.optimizers import adam_l2
from nlpfeat.training.task import Task


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


class WordBagSettings(NamedTuple):
    """Traced settings of averaged words; `dropout` is the share of dimensions dropped."""

    width: Count = 16
    seed: Seed = 0
    learning_rate: Positive = 1e-2
    weight_decay: NonNegative = 0.0
    dropout: Share = 0.2


TASKS: dict[str, Task] = {
    "spirals": Task(
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
        layers=layers,
        arms=spirals.arms,
    ),
    "annulus": Task(
        summary="a disc inside an annulus, by 2 → H → 2 → 2",
        width="hidden units H",
        data=annulus.AnnulusSpec,
        model=UnwarperSpec,
        settings=AnnulusSettings,
        draw=annulus.draw,
        module=lambda model, data, units: Unwarper(units, 2, model.embedding),
        loss=cross_entropy,
        metrics=(("accuracy", accuracy),),
        optimizer=adam_l2,
        layers=layers,
    ),
    "planted_words": Task(
        summary="documents told apart by a few planted words, averaged",
        width="dimension of the word vectors",
        data=planted_words.PlantedWordsSpec,
        model=WordBagSpec,
        settings=WordBagSettings,
        draw=planted_words.draw,
        module=lambda model, data, units: WordBag(units, data.classes, data.vocabulary, model.scale),
        loss=cross_entropy,
        metrics=(("accuracy", accuracy),),
        optimizer=adam_l2,
    ),
}
