"""A task from outside the package: checkerboard squares, separated by one hidden layer. Any user's module may look like it."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from nlpfeat import register_task
from nlpfeat.config.fields import Count, NonNegative, Positive, Scalar, settings_class, traced
from nlpfeat.data.core import Examples
from nlpfeat.keys import stream
from nlpfeat.models import unwarper
from nlpfeat.models.unwarper import Unwarper, UnwarperSpec
from nlpfeat.training.losses import cross_entropy
from nlpfeat.training.metrics import Metric, accuracy
from nlpfeat.training.optimizers import adam_l2
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import (
    DataPipeline,
    Evaluation,
    GradientDescent,
    ModelFactory,
    PiecewiseLinear,
    Task,
    Views,
)


@dataclass(frozen=True)
class CheckerboardSpec:
    """`points` per split; `squares` per side of the unit square."""

    points: Count = 200
    squares: Count = 2


@settings_class
class CheckerboardSettings(DescentSettings):
    """`jitter` moves points off their square."""

    width: Scalar = traced(16, Count)
    learning_rate: Scalar = traced(1e-2, Positive)
    weight_decay: Scalar = traced(0.0, NonNegative)
    jitter: Scalar = traced(0.01, NonNegative)


def make_splits(spec, settings):
    """Uniform points, their class by the colour of their square."""

    def one(name):
        places, noise = jax.random.split(stream(settings.seed, f"data/{name}"))
        points = jax.random.uniform(places, (2, spec.points))
        squares = jnp.floor(points * spec.squares).astype(jnp.int32)
        moved = 2 * points - 1 + settings.jitter * jax.random.normal(noise, points.shape)
        return Examples((moved[0], moved[1]), squares.sum(0) % 2)

    return {name: one(name) for name in ("train", "test")}


CHECKERBOARD = register_task(
    Task(
        name="checkerboard",
        summary="squares of two colours, by 2 → H → 2 → 2",
        width_label="hidden units H",
        data=DataPipeline(CheckerboardSpec, make_splits),
        model=ModelFactory(
            UnwarperSpec,
            CheckerboardSettings,
            build=lambda model, data, units: Unwarper(units, 2, model.embedding),
        ),
        learner=GradientDescent(Metric("loss", cross_entropy, "nats", "min"), adam_l2),
        evaluation=Evaluation(metrics=(Metric("accuracy", accuracy),), success=0.9),
        views=Views(piecewise_linear=PiecewiseLinear(unwarper.layers)),
    )
)


def get_config(variant="full"):
    """The file is a config, too: sweeping it registers the task first."""
    config = {"task": "checkerboard", "training": {"steps": (60,), "record_every": 20}}
    config["data"] = {"points": 40}
    config["sweep"] = {"width": (2, 8), "seed": (0, 1)}
    return ConfigDict(config)
