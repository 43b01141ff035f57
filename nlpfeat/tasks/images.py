"""Inputs of many dimensions: MNIST-1D, digits, MNIST, spirals wound in three dimensions and more."""

from dataclasses import replace
from typing import Annotated

from nlpfeat.config.fields import (
    Count,
    Divisor,
    Fraction,
    NonNegative,
    NonNegativeInt,
    Positive,
    Range,
    Scalar,
    settings_class,
    traced,
)
from nlpfeat.data.images import labelled, sets
from nlpfeat.data.points import spirals, wound_spirals
from nlpfeat.models.mlp import Mlp, MlpSpec, mlp_layers
from nlpfeat.models.picture_net import PictureNet, PictureNetSpec, picture_net_layers
from nlpfeat.models.units import HiddenUnits, stacked_layers
from nlpfeat.tasks.points import Slope
from nlpfeat.training.metrics import Metric, accuracy
from nlpfeat.training.optimizers import adam_l2, sgd_momentum
from nlpfeat.training.recipe import BelowOne, DescentSettings
from nlpfeat.training.task import (
    DataPipeline,
    Evaluation,
    ModelFactory,
    PiecewiseLinear,
    Task,
    Views,
    cross_entropy_descent,
)

Depth = Annotated[int, Range(1)]


@settings_class
class PictureSettings(DescentSettings):
    """Settings of labelled pictures.

    Attributes:
      weight_decay: L2 regularization, added to the gradient, as in PyTorch's optimizers.
      momentum: of gradient descent.
      label_noise: share of training labels that is drawn anew from all classes.
      train_examples: different training examples, a divisor of config.data.train; 0 for all.
    """

    width: Scalar = traced(100, Count)
    learning_rate: Scalar = traced(1e-2, Positive)
    weight_decay: Scalar = traced(0.0, NonNegative)
    momentum: Scalar = traced(0.9, BelowOne)
    label_noise: Scalar = traced(0.0, Fraction)
    train_examples: Scalar = traced(0, NonNegativeInt)


@settings_class
class MlpSettings(PictureSettings):
    """Settings of multi-layer perceptrons on pictures; see `nlpfeat.models.mlp`.

    Attributes:
      depth: number of hidden layers.
      bottleneck: dimensions of the bottleneck in use, where the model has one.
      negative_slope: of the activation.
    """

    depth: Scalar = traced(2, Depth)
    bottleneck: Scalar = traced(2, Count)
    negative_slope: Scalar = traced(0.0, Slope)


@settings_class
class WoundSpiralSettings(DescentSettings):
    """Settings of wound spirals; `noise` in radians on the angle, `flat_noise` the standard deviation in flat dimensions."""

    width: Scalar = traced(64, Count)
    learning_rate: Scalar = traced(1e-2, Positive)
    weight_decay: Scalar = traced(1e-5, NonNegative)
    noise: Scalar = traced(0.2, NonNegative)
    flat_noise: Scalar = traced(0.5, NonNegative)
    depth: Scalar = traced(1, Depth)
    bottleneck: Scalar = traced(2, Count)
    negative_slope: Scalar = traced(0.0, Slope)


def mlp_limits(model: MlpSpec, data: object) -> dict[str, Range | Divisor]:
    """The depths and bottlenecks of members that the program of a model holds."""
    bottleneck = {"bottleneck": Range(1, model.bottleneck)} if model.bottleneck else {}
    return {"depth": Range(1, model.layers), **bottleneck}


def _examples(data: labelled.SplitSizes) -> dict[str, Range | Divisor]:
    return {"train_examples": Divisor(data.train, "config.data.train")}


LEARNER = cross_entropy_descent(sgd_momentum)

MNIST1D = Task(
    name="mnist1d",
    summary="MNIST-1D, 40 numbers and ten classes, by 40 → H → H → 10",
    width_label="hidden units H of each layer",
    data=DataPipeline(sets.Mnist1dSpec, labelled.make_splits, load=sets.load_mnist1d, batch=labelled.batch),
    model=ModelFactory(
        MlpSpec,
        MlpSettings,
        build=lambda model, data, units: Mlp(units, len(data.classes), model.layers, model.bottleneck),
        limits=lambda model, data: mlp_limits(model, data) | _examples(data),
    ),
    learner=LEARNER,
    evaluation=Evaluation(metrics=(Metric("accuracy", accuracy),), success=0.6, batch_size=500),
    views=Views(
        piecewise_linear=PiecewiseLinear(mlp_layers, on_plane=False), units=HiddenUnits(stacked_layers())
    ),
)

MNIST1D_CONV = replace(
    MNIST1D,
    name="mnist1d_conv",
    summary="MNIST-1D by three convolutions",
    width_label="channels of each convolution",
    model=ModelFactory(
        PictureNetSpec,
        PictureSettings,
        build=lambda model, data, units: PictureNet(units, len(data.classes), data.shape, model),
        limits=lambda model, data: _examples(data),
    ),
    evaluation=replace(MNIST1D.evaluation, success=0.9),
    views=Views(piecewise_linear=PiecewiseLinear(picture_net_layers, on_plane=False)),
)

DIGITS = replace(
    MNIST1D,
    name="digits",
    summary="handwritten digits of 8 × 8 pixels by 64 → H → H → 10",
    data=replace(MNIST1D.data, spec=sets.DigitsSpec, load=sets.load_digits),
    evaluation=replace(MNIST1D.evaluation, success=0.97),
)

DIGITS_CONV = replace(
    MNIST1D_CONV,
    name="digits_conv",
    summary="handwritten digits of 8 × 8 pixels by three convolutions",
    data=DIGITS.data,
    evaluation=DIGITS.evaluation,
)

MNIST = replace(
    DIGITS,
    name="mnist",
    summary="MNIST, 28 × 28 pixels, by 784 → H → H → 10",
    data=replace(MNIST1D.data, spec=sets.MnistSpec, load=sets.load_mnist),
)

MNIST_CONV = replace(
    DIGITS_CONV, name="mnist_conv", summary="MNIST, 28 × 28 pixels, by three convolutions", data=MNIST.data
)

WOUND_SPIRALS = Task(
    name="wound_spirals",
    summary="spirals wound in three dimensions and more",
    width_label="hidden units H of each layer",
    data=DataPipeline(
        wound_spirals.WoundSpiralSpec,
        wound_spirals.make_splits,
        fresh_splits=wound_spirals.fresh_splits,
        bayes_accuracy=lambda spec, settings: spirals.bayes_accuracy(spec, settings.noise),
    ),
    model=ModelFactory(
        MlpSpec,
        WoundSpiralSettings,
        build=lambda model, data, units: Mlp(units, data.arms, model.layers, model.bottleneck),
        limits=mlp_limits,
    ),
    learner=cross_entropy_descent(adam_l2),
    evaluation=Evaluation(metrics=(Metric("accuracy", accuracy),), success=0.95, batch_size=2000),
    views=MNIST1D.views,
)
