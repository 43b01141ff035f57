"""Points that small networks separate: spirals, a disc inside an annulus, points of the user; the exclusive or of two columns."""

from dataclasses import replace
from typing import Annotated

from nlpfeat.config.fields import (
    Count,
    NonNegative,
    Positive,
    Range,
    Scalar,
    settings_class,
    traced,
)
from nlpfeat.data.points import annulus, four_rows, plane_points, spirals
from nlpfeat.models import unwarper
from nlpfeat.models.eleven_lines import ElevenLines, ElevenLinesSpec
from nlpfeat.models.units import ONE_LAYER, HiddenUnits, one_layer, stacked_layers
from nlpfeat.models.unwarper import DeepUnwarper, DeepUnwarperSpec, Unwarper, UnwarperSpec
from nlpfeat.training.losses import half_squared_error
from nlpfeat.training.metrics import CLASS_METRICS, Metric, accuracy
from nlpfeat.training.optimizers import adam_l2, sgd
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import (
    DataPipeline,
    Evaluation,
    GradientDescent,
    ModelFactory,
    PiecewiseLinear,
    Task,
    Views,
    cross_entropy_descent,
)

Depth = Annotated[int, Range(2)]
Slope = Annotated[float, Range(0, 0.99)]  # 1 would be no activation


@settings_class
class AnnulusSettings(DescentSettings):
    """Settings of the disc inside an annulus."""

    width: Scalar = traced(3, Count)
    weight_decay: Scalar = traced(1e-5, NonNegative)


@settings_class
class SpiralSettings(DescentSettings):
    """Settings of the spirals; `noise` in radians on the angle."""

    width: Scalar = traced(100, Count)
    weight_decay: Scalar = traced(1e-5, NonNegative)
    noise: Scalar = traced(0.2, NonNegative)


@settings_class
class DeepAnnulusSettings(AnnulusSettings):
    """Settings of a deep narrow net: `depth` counts the layers up to the linear embedding, the others have a leaky ReLU."""

    width: Scalar = traced(2, Count)
    depth: Scalar = traced(5, Depth)
    negative_slope: Scalar = traced(0.01, Slope)


@settings_class
class DeepSpiralSettings(SpiralSettings):
    """Settings of a deep narrow net on spirals; see `DeepAnnulusSettings`."""

    width: Scalar = traced(2, Count)
    depth: Scalar = traced(5, Depth)
    negative_slope: Scalar = traced(0.01, Slope)


@settings_class
class PointSettings(DescentSettings):
    """Settings of points of the plane; `noise` is the standard deviation of what is added to both coordinates."""

    width: Scalar = traced(32, Count)
    learning_rate: Scalar = traced(1e-2, Positive)
    weight_decay: Scalar = traced(1e-5, NonNegative)
    noise: Scalar = traced(0.0, NonNegative)


@settings_class
class DeepPointSettings(PointSettings):
    """Settings of a deep net on points of the plane; see `DeepAnnulusSettings`."""

    depth: Scalar = traced(5, Depth)
    negative_slope: Scalar = traced(0.0, Slope)


@settings_class
class ElevenLinesSettings(DescentSettings):
    """Settings of the eleven lines. The essay's step sums over four rows, ours takes the mean: its rate 1 is our 4."""

    width: Scalar = traced(4, Count)
    learning_rate: Scalar = traced(4.0, Positive)


UNWARPER_UNITS = HiddenUnits(one_layer, unwarper.turned_like)

ACCURACY = Evaluation(
    metrics=(Metric("accuracy", accuracy),),
    batch_size=2000,  # the last record's fresh points are five times as many: one evaluation batch to compile
)

SPIRALS = Task(
    name="spirals",
    summary="spirals unwarped by 2 → H → 2 → K",
    width_label="hidden units H",
    data=DataPipeline(
        spirals.SpiralSpec,
        spirals.make_splits,
        fresh_splits=spirals.fresh_splits,
        bayes_accuracy=lambda spec, settings: spirals.bayes_accuracy(spec, settings.noise),
    ),
    model=ModelFactory(
        UnwarperSpec,
        SpiralSettings,
        build=lambda model, data, units: Unwarper(units, data.arms, model.embedding),
    ),
    learner=cross_entropy_descent(adam_l2),
    evaluation=ACCURACY,
    views=Views(
        piecewise_linear=PiecewiseLinear(unwarper.layers, spirals.class_curves), units=UNWARPER_UNITS
    ),
)

ANNULUS = Task(
    name="annulus",
    summary="a disc inside an annulus, by 2 → H → 2 → 2",
    width_label="hidden units H",
    data=DataPipeline(annulus.AnnulusSpec, annulus.make_splits, fresh_splits=annulus.fresh_splits),
    model=ModelFactory(
        UnwarperSpec,
        AnnulusSettings,
        build=lambda model, data, units: Unwarper(units, 2, model.embedding),
    ),
    learner=SPIRALS.learner,
    evaluation=ACCURACY,
    views=Views(piecewise_linear=PiecewiseLinear(unwarper.layers), units=UNWARPER_UNITS),
)

SPIRALS_DEEP = Task(
    name="spirals_deep",
    summary="spirals unwarped by 2 → w → … → w → (2) → K, layers narrow enough to draw",
    width_label="units w of each layer",
    data=SPIRALS.data,
    model=ModelFactory(
        DeepUnwarperSpec,
        DeepSpiralSettings,
        build=lambda model, data, units: DeepUnwarper(units, data.arms, model.layers, model.embedding),
        limits=lambda model, data: {"depth": Range(2, model.layers)},
    ),
    learner=SPIRALS.learner,
    evaluation=ACCURACY,
    views=Views(
        piecewise_linear=PiecewiseLinear(unwarper.deep_layers, spirals.class_curves),
        units=HiddenUnits(stacked_layers(1), unwarper.turned_like),
    ),
)

ANNULUS_DEEP = Task(
    name="annulus_deep",
    summary="a disc inside an annulus, by 2 → w → … → w → (2) → 2",
    width_label="units w of each layer",
    data=ANNULUS.data,
    model=ModelFactory(
        DeepUnwarperSpec,
        DeepAnnulusSettings,
        build=lambda model, data, units: DeepUnwarper(units, 2, model.layers, model.embedding),
        limits=lambda model, data: {"depth": Range(2, model.layers)},
    ),
    learner=SPIRALS.learner,
    evaluation=ACCURACY,
    views=Views(
        piecewise_linear=PiecewiseLinear(unwarper.deep_layers),
        units=HiddenUnits(stacked_layers(1), unwarper.turned_like),
    ),
)

POINTS = Task(
    name="points",
    summary="points of the plane with classes, by 2 → H → 2 → K",
    width_label="hidden units H",
    data=DataPipeline(
        plane_points.PlanePointsSpec,
        plane_points.make_splits,
        load=lambda spec, model: plane_points.load(spec),
        fresh_splits=plane_points.fresh_splits,
    ),
    model=ModelFactory(
        UnwarperSpec,
        PointSettings,
        build=lambda model, data, units: Unwarper(units, len(data.classes), model.embedding),
    ),
    learner=SPIRALS.learner,
    evaluation=replace(ACCURACY, metrics=(*ACCURACY.metrics, *CLASS_METRICS)),
    views=Views(piecewise_linear=PiecewiseLinear(unwarper.layers), units=UNWARPER_UNITS),
)

POINTS_DEEP = replace(
    POINTS,
    name="points_deep",
    summary="points of the plane with classes, by 2 → w → … → w → (2) → K",
    width_label="units w of each layer",
    model=ModelFactory(
        DeepUnwarperSpec,
        DeepPointSettings,
        build=lambda model, data, units: DeepUnwarper(
            units, len(data.classes), model.layers, model.embedding
        ),
        limits=lambda model, data: {"depth": Range(2, model.layers)},
    ),
    views=Views(
        piecewise_linear=PiecewiseLinear(unwarper.deep_layers),
        units=HiddenUnits(stacked_layers(1), unwarper.turned_like),
    ),
)

ELEVEN_LINES = Task(
    name="eleven_lines",
    summary="the exclusive or of two columns, by sigmoid layers on four rows",
    width_label="hidden sigmoids",
    data=DataPipeline(four_rows.FourRowsSpec, four_rows.make_splits, per_seed=False),
    model=ModelFactory(
        ElevenLinesSpec, ElevenLinesSettings, build=lambda model, data, units: ElevenLines(units)
    ),
    learner=GradientDescent(Metric("loss", half_squared_error, "½ squared error", "min"), sgd),
    evaluation=Evaluation(metrics=(Metric("accuracy", accuracy),)),
    views=Views(units=ONE_LAYER),
)
