"""A classification task of one's own from arrays and any Flax module."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import flax.linen as nn
import numpy as np
from jax import Array
from jaxtyping import PyTree
from numpy.typing import ArrayLike

from nlpfeat.data.core import SPLITS, Dataset, Outputs, Params, Splits
from nlpfeat.data.images import labelled
from nlpfeat.errors import UserError
from nlpfeat.models.layers import PlainLayer
from nlpfeat.training.metrics import Metric, accuracy
from nlpfeat.training.optimizers import Optimizer, adam
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import (
    DataPipeline,
    Evaluation,
    ModelFactory,
    PiecewiseLinear,
    Task,
    Views,
    cross_entropy_descent,
)

ArraySplits: TypeAlias = Mapping[str, tuple[ArrayLike, ArrayLike]]  # split -> inputs (n, …), class ids (n,)


LayersFn: TypeAlias = Callable[[Params], list[PlainLayer]]  # parameters of a module -> its layers


@dataclass(frozen=True)
class NoSpec:
    """Data or a model without static settings."""


class Classifier(nn.Module):
    """A module of inputs, as a network of a task.

    Attributes:
      network: (inputs) or (inputs, train=…) -> scores (n, classes), or a dict of outputs with "scores" and perhaps "features".
      classes: how many the data have, at least.
    """

    network: nn.Module
    classes: int

    @nn.compact
    def __call__(self, inputs: Array | np.ndarray, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs of the network by name.

        Raises:
          UserError: if there are no scores, or fewer than classes.
        """
        takes_train = "train" in inspect.signature(type(self.network).__call__).parameters
        outputs = self.network(inputs, **({"train": train} if takes_train else {}))
        named = dict(outputs) if isinstance(outputs, Mapping) else {"scores": outputs}
        if "scores" not in named:
            raise UserError(f'the network returns {", ".join(named)}, and no "scores" (n, classes)')
        shape = named["scores"].shape
        if len(shape) != 2 or shape[1] < self.classes:
            raise UserError(
                f"the network returns scores {shape}, and the data have classes 0 to {self.classes - 1}: scores are "
                f"(n, {self.classes}), one per class, and classes are numbered from 0"
            )
        return named


def classification_task(
    name: str,
    load: Callable[[], ArraySplits],
    network: Callable[[int], nn.Module],
    *,
    summary: str = "",
    width_label: str = "hidden units H",
    success: float = 0.9,
    optimizer: Optimizer = adam,
    layers: LayersFn | None = None,
) -> Task:
    """A task that classifies arrays by a Flax module, for `nlpfeat.register_task`.

        nlpfeat.register_task(nlpfeat.classification_task("my_digits", load, Network))

    The module is built at the width of each member, without padding, so that each width compiles a program of its own.

    Args:
      name: of the task.
      load: reads the data, once per process: split -> inputs (n, …) and class ids from 0, (n,). There is a train split, and at
        least one of validation and test; a validation split is what recipes are chosen on.
      network: width -> a module that is called with inputs (batch, …), and returns scores (batch, classes), or a dict of
        "features", its last hidden layer, for measures of separability, and "scores". Where it takes `train`, it is told whether
        it is trained; its random stream is "dropout".
      summary: a description in a few words.
      width_label: the quantity that the width counts, as a label of figures.
      success: accuracy of a successful member.
      optimizer: the direction of a step.
      layers: of a network of dense layers with ReLU: its parameters -> the layers in order, (weight (outputs, inputs), bias, slope for
        negative sums: 0 for ReLU, 1 for none), the scores last, on inputs that are flattened. With it, every line and plane through
        the data can be examined exactly.
    """

    def read(spec: NoSpec, model: NoSpec) -> Dataset:
        splits = _checked(name, load())
        inputs = np.concatenate([pair[0] for pair in splits.values()]).astype(np.float32)
        return Dataset(inputs, {split: pair[1] for split, pair in splits.items()})

    return Task(
        name=name,
        summary=summary or f"the task {name}",
        width_label=width_label,
        data=DataPipeline(
            NoSpec,
            _make_splits,
            load=read,
            batch=labelled.batch,
            per_seed=False,
        ),
        model=ModelFactory(
            NoSpec,
            DescentSettings,
            build=lambda spec, targets, units: Classifier(
                network(units), 1 + max(int(classes.max()) for classes in targets.values())
            ),
            padded=False,
        ),
        learner=cross_entropy_descent(optimizer),
        evaluation=Evaluation((Metric("accuracy", accuracy),), success),
        views=Views(None if layers is None else _flat_inputs(layers)),
    )


def _flat_inputs(layers: LayersFn) -> PiecewiseLinear:
    """The view of a network whose parameters are those of a `Classifier`."""
    return PiecewiseLinear(lambda module, params, settings: layers(params["network"]), on_plane=False)


def _make_splits(targets: dict[str, np.ndarray], settings: PyTree) -> Splits:
    """The splits, the same for all members."""
    return labelled.row_splits(targets)


def _checked(name: str, splits: ArraySplits) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The arrays of a user in the order train, validation, test.

    Raises:
      UserError: for splits of other names, without train, or arrays that do not fit.
    """
    if (
        not isinstance(splits, Mapping)
        or "train" not in splits
        or len(splits) < 2
        or set(splits) - set(SPLITS)
    ):
        given = ", ".join(map(str, splits)) if isinstance(splits, Mapping) else type(splits).__name__
        raise UserError(
            f"the data of {name}: load() returns a dict with train, and validation or test or both; got {given}"
        )
    found = {}
    for split in SPLITS:
        if split not in splits:
            continue
        inputs, targets = (np.asarray(part) for part in splits[split])
        if targets.ndim != 1 or len(inputs) != len(targets) or not len(targets):
            raise UserError(
                f"the data of {name}: {split} has inputs {inputs.shape} and targets {targets.shape}; expected (n, …) and (n,)"
            )
        whole = targets.astype(np.int64)
        if (whole != targets).any() or whole.min() < 0:
            raise UserError(f"the data of {name}: targets of {split} are class ids, whole numbers from 0")
        if not np.isfinite(inputs.astype(np.float64)).all():
            raise UserError(f"the data of {name}: inputs of {split} contain NaN or infinity")
        if found and inputs.shape[1:] != found["train"][0].shape[1:]:
            raise UserError(
                f"the data of {name}: an input of {split} has the shape {inputs.shape[1:]}, one of train {found['train'][0].shape[1:]}"
            )
        found[split] = inputs, whole
    return found
