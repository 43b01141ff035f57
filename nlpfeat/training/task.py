"""The contract between a system and everything that trains, sweeps, restores and plots it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import numpy as np
import optax
from jax import Array

from nlpfeat.data.examples import Examples, Splits, rows
from nlpfeat.settings import Settings

# A function of what the net computed and what was asked: (trace, targets) -> one number per example (n,).
PerExample = Callable[[dict[str, Array], Any], Array]


@dataclass(frozen=True)
class Task:
    """Data + model + loss + metrics: one row of `nlpfeat.tasks.TASKS`. All fields are pure functions or types.

    Attributes:
      summary: what it is, in a few words.
      width: what the width counts here.
      data: frozen dataclass of the data's static settings.
      model: frozen dataclass of the model's static settings.
      settings: NamedTuple of the traced settings with their defaults.
      draw: (source, settings) -> the splits of one member. A pure JAX function where `seeded`.
      module: (model spec, source, units) -> Flax module, called with (inputs, settings, train=) and
        returning its trace: every named intermediate, "scores" among them.
      loss: per example; its mean over a batch is descended.
      metrics: (name, function per example); the first is the headline of figures and tables.
      optimizer: settings -> gradient transformation without the learning rate, which the step applies.
      load: data spec -> source, what all members share (files, read once). Generated data needs none: there
        the spec itself says all.
      batch: (examples, index (b,)) -> the batch, with one row an index. Windows over a stream override it.
      layers: (parameters, settings) -> the net as layers (weight, bias, slope left of zero) on points of the plane,
        the last one its head: what exact geometry measures. None for nets that are no such thing.
      arms: source -> (classes, n, 2), a curve along the middle of each class, if its points lie along one.
      limits: (model spec, data spec) -> the largest value of those traced settings that have one there.
      seeded: whether each member draws its own data from its seed. If not, all share one copy on the device.
    """

    summary: str
    width: str
    data: type
    model: type
    settings: type
    draw: Callable[[Any, Any], Splits]
    module: Callable[[Any, Any, int], nn.Module]
    loss: PerExample
    metrics: tuple[tuple[str, PerExample], ...]
    optimizer: Callable[[Settings], optax.GradientTransformation]
    load: Callable[[Any], Any] = lambda spec: spec
    batch: Callable[[Examples, Array], Examples] = rows
    layers: Callable[[Any, Any], list[tuple[Any, Any, float]]] | None = None
    arms: Callable[[Any], np.ndarray] | None = None
    limits: Callable[[Any, Any], dict[str, float]] = lambda model, data: {}
    seeded: bool = True
