"""Points of the plane that networks part: spirals and a disc inside an annulus, by shallow and by deep narrow nets."""

from dataclasses import replace
from functools import partial
from typing import Annotated, NamedTuple

from nlpfeat.config.fields import Count, NonNegative, Positive, Range, Seed
from nlpfeat.data.core import SPLITS
from nlpfeat.data.points import annulus, four_rows, spirals
from nlpfeat.models import unwarper
from nlpfeat.models.eleven_lines import ElevenLines, ElevenLinesSpec
from nlpfeat.models.unwarper import DeepUnwarper, DeepUnwarperSpec, Unwarper, UnwarperSpec
from nlpfeat.training.losses import cross_entropy, half_squared_error
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.optimizers import adam_l2, sgd
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


SPIRALS = Task(
    summary="spirals unwarped by 2 → H → 2 → K",
    width="hidden units H",
    data=spirals.SpiralSpec,
    model=UnwarperSpec,
    settings=SpiralSettings,
    draw=spirals.make_splits,
    last_draw=spirals.fresh_splits,
    module=lambda model, data, units: Unwarper(units, data.arms, model.embedding),
    loss=cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam_l2,
    piece=2000,  # the fresh points of the last record are five times as many: one pass to compile
    layers=unwarper.layers,
    arms=spirals.class_curves,
)

ANNULUS = replace(
    SPIRALS,
    summary="a disc inside an annulus, by 2 → H → 2 → 2",
    data=annulus.AnnulusSpec,
    settings=AnnulusSettings,
    draw=annulus.make_splits,
    last_draw=annulus.fresh_splits,
    module=lambda model, data, units: Unwarper(units, 2, model.embedding),
    arms=None,
)

SPIRALS_DEEP = replace(
    SPIRALS,
    summary="spirals unwarped by 2 → w → … → w → (2) → K, layers narrow enough to draw",
    width="units w of each layer",
    model=DeepUnwarperSpec,
    settings=DeepSpiralSettings,
    draw=partial(spirals.make_splits, names=SPLITS),  # a recipe is chosen here, so there is a validation part
    last_draw=partial(spirals.fresh_splits, names=SPLITS[1:]),
    module=lambda model, data, units: DeepUnwarper(units, data.arms, model.layers, model.embedding),
    layers=unwarper.deep_layers,
    limits=lambda model, data: {"depth": model.layers},
)

ANNULUS_DEEP = replace(
    ANNULUS,
    summary="a disc inside an annulus, by 2 → w → … → w → (2) → 2",
    width="units w of each layer",
    model=DeepUnwarperSpec,
    settings=DeepAnnulusSettings,
    draw=partial(annulus.make_splits, names=SPLITS),
    last_draw=partial(annulus.fresh_splits, names=SPLITS[1:]),
    module=lambda model, data, units: DeepUnwarper(units, 2, model.layers, model.embedding),
    layers=unwarper.deep_layers,
    limits=lambda model, data: {"depth": model.layers},
)


class ElevenLinesSettings(NamedTuple):
    """Traced settings of the eleven lines. Their step adds up four rows where ours takes the mean: so 4 is their 1."""

    width: Count = 4
    seed: Seed = 0
    learning_rate: Positive = 4.0


ELEVEN_LINES = Task(
    summary="the exclusive or of two columns, by sigmoid layers on four rows",
    width="hidden sigmoids",
    data=four_rows.FourRowsSpec,
    model=ElevenLinesSpec,
    settings=ElevenLinesSettings,
    draw=four_rows.make_splits,
    module=lambda model, data, units: ElevenLines(units),
    loss=half_squared_error,
    loss_units="½ squared error",
    metrics=(("accuracy", accuracy),),
    optimizer=sgd,
    seeded=False,
)

# MERGED: """Four rows and their exclusive or, by two layers of sigmoids."""
