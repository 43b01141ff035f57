"""Systems that were built to be understood: superposition of sparse features, and parity of a few bits among many."""

from typing import Annotated

from jaxtyping import PyTree

from nlpfeat.config.fields import Count, NonNegative, Positive, Range, Scalar, settings_class, traced
from nlpfeat.data import parity, sparse_features
from nlpfeat.data.core import Examples
from nlpfeat.data.images import labelled
from nlpfeat.models import sparse_autoencoder
from nlpfeat.models.mlp import Mlp, MlpSpec, mlp_layers
from nlpfeat.models.sparse_autoencoder import SparseAutoencoder, SparseAutoencoderSpec
from nlpfeat.models.units import HiddenUnits, stacked_layers
from nlpfeat.tasks.images import Depth, mlp_limits
from nlpfeat.tasks.points import Slope
from nlpfeat.training.metrics import Metric, accuracy
from nlpfeat.training.optimizers import adam, adam_l2
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

Sparsity = Annotated[float, Range(0, 0.9999)]
Decay = Annotated[float, Range(0, 1, open=True)]


@settings_class
class SuperpositionSettings(DescentSettings):
    """Settings of the toy model of superposition.

    Attributes:
      sparsity: share of features that are zero.
      importance_decay: factor of the importance from each feature to the next; 1 for equal ones.
    """

    width: Scalar = traced(20, Count)
    learning_rate: Scalar = traced(1e-2, Positive)
    sparsity: Scalar = traced(0.9, Sparsity)
    importance_decay: Scalar = traced(1.0, Decay)


@settings_class
class ParitySettings(DescentSettings):
    """Settings of sparse parity; see `nlpfeat.models.mlp` for the last three."""

    width: Scalar = traced(100, Count)
    weight_decay: Scalar = traced(0.0, NonNegative)
    depth: Scalar = traced(1, Depth)
    bottleneck: Scalar = traced(2, Count)
    negative_slope: Scalar = traced(0.0, Slope)


def _predicting_zero(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """The error of predicting zero, in units of itself."""
    return 1.0


SUPERPOSITION = Task(
    name="superposition",
    summary="sparse features in fewer dimensions: x' = ReLU(Wᵀ W x + b)",
    width_label="dimensions m",
    data=DataPipeline(
        sparse_features.SparseFeaturesSpec,
        sparse_features.make_splits,
        load=lambda spec, model: sparse_features.load(spec),
        batch=labelled.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        SparseAutoencoderSpec,
        SuperpositionSettings,
        build=lambda model, data, units: SparseAutoencoder(units, data.features),
        layered=False,  # one matrix is both layers
    ),
    learner=GradientDescent(
        Metric("loss", sparse_autoencoder.weighted_error, "weighted squared error", "min"), adam
    ),
    evaluation=Evaluation(
        metrics=(
            Metric(
                "error_share",
                sparse_autoencoder.error_and_size,
                "of predicting zero",
                "min",
                sparse_autoencoder.error_share,
            ),
        ),
        success=0.1,
        baseline=_predicting_zero,
        kind="regression",
    ),
)

SPARSE_PARITY = Task(
    name="sparse_parity",
    summary="the parity of a few bits among many, by n → H → 2",
    width_label="hidden units H",
    data=DataPipeline(
        parity.ParitySpec,
        parity.make_splits,
        load=lambda spec, model: parity.load(spec),
        batch=labelled.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        MlpSpec,
        ParitySettings,
        build=lambda model, data, units: Mlp(units, 2, model.layers, model.bottleneck),
        limits=mlp_limits,
    ),
    learner=cross_entropy_descent(adam_l2),
    evaluation=Evaluation(metrics=(Metric("accuracy", accuracy),), success=0.99, batch_size=2048),
    views=Views(
        piecewise_linear=PiecewiseLinear(mlp_layers, on_plane=False), units=HiddenUnits(stacked_layers())
    ),
)
