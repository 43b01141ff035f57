"""What is redundant inside a network: dead units, copies of fold lines, directions that no feature uses, units that decide nothing."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, Int, PyTree
from scipy.cluster.hierarchy import fcluster, linkage

from nlpfeat.analysis.geometry import layers_of
from nlpfeat.analysis.pruning import loss_contributions
from nlpfeat.data.core import Params, count, split_names
from nlpfeat.errors import UserError
from nlpfeat.geometry.decision import decision_regions
from nlpfeat.geometry.network import LINEAR, Layer, Network
from nlpfeat.geometry.representation import participation_ratio
from nlpfeat.models.masking import pad
from nlpfeat.models.units import UnitLayer, merge_units, take_units, unit_rows, without_unit
from nlpfeat.progress import Track, untracked
from nlpfeat.study.forward import hidden_activations
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, finished_steps, members_at_point, members_at_steps
from nlpfeat.study.session import Study
from nlpfeat.sweeps.members import tree_stack
from nlpfeat.tasks.registry import require_view

SAMPLE = 1000  # examples of the last split on which predictions are compared
VARIANCE = 0.99  # that the rank's principal components hold
NEAR = 0.14  # distance of unit normals: a cosine of .99
CHUNK = 16  # networks that are judged at a time
BOX = 1.1  # half the side of the box in which areas are measured

# Column -> description, in the order of tables.
MEASURES = {
    "dead": "units that are active on no training example",
    "copies": "all but one of units whose weights and biases have cosines of .99 and more: they fold along nearly the same line",
    "rank": "principal components that hold 99 % of the variance of the features",
    "participation": "participation ratio of the features: dimensions in use, weighted by their variance",
    "idle": "units that can be removed, one at a time, without a change of any prediction",
    "needed": "units left when smaller networks still give a share of the same predictions, .99 unless --agreement says otherwise: merged along "
    "fold lines, or, where nothing folds, without the units that matter least to the loss",
}


@dataclass(frozen=True)
class RedundancyOptions:
    """What is measured.

    Attributes:
      agreement: share of predictions that the `needed` units keep.
      all_steps: whether at all kept checkpoints, and not at the last one only.
    """

    agreement: float = 0.99
    all_steps: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.agreement <= 1:
            raise UserError(f"agreement: {self.agreement:g} must be more than 0 and at most 1")


def redundancy(
    study: Study,
    options: RedundancyOptions = RedundancyOptions(),
    settings: Mapping[str, float] = ANYWHERE,
    track: Track = untracked,
) -> pd.DataFrame:
    """Measure the redundancy of all members at a point of the grid.

        nlpfeat.redundancy(nlpfeat.open_study("runs/spirals"))

    Args:
      study: of a task with hidden units.
      options: what is measured.
      settings: of further axes, where the grid has any.
      track: follows the members.

    Returns:
      One row per width, seed and step: these, and `MEASURES`; "copies" where the network is piecewise linear. Diverged members are left
      out.

    Raises:
      UserError: if the task declares no hidden units, or the study lacks such members; DamagedFile if a checkpoint cannot be read.
    """
    require_view(study.task, "units")
    table = members_at_point(study, settings)
    steps = finished_steps(study.folder, table)
    if not options.all_steps:
        steps = list(dict(steps).items())
    total = sum(int((table["bucket"] == label).sum()) for label, _ in steps)
    rows: list[dict[str, float]] = []
    judges: dict[int, Judge] = {}
    for member in track(members_at_steps(study, table, steps), "members", total):
        if member.finite:
            width = int(member.settings.width)
            if width not in judges:
                judges[width] = Judge(member)
            row = {"width": width, "seed": int(member.settings.seed), "step": member.step}
            rows.append(row | member_redundancy(member, judges[width], options.agreement))
    if not rows:
        raise UserError("all of these members diverged")
    return pd.DataFrame(rows).sort_values(["width", "seed", "step"], ignore_index=True)


class Judge:
    """Predictions of the networks of one width, and of what is left of them, by programs that are compiled once.

    Args:
      like: one of these members.
    """

    def __init__(self, like: TrainedMember) -> None:
        self.layers, self.width = like.unit_layers, int(like.settings.width)
        self._shapes = like.factory.shapes(self.width)
        merged = like.task.views.piecewise_linear is not None
        self.contributions = None if merged else loss_contributions(like)
        module, last, width = like.module, self.layers[-1], self.width

        def predicted(params: Params, inputs: PyTree, settings: PyTree) -> Array:
            outputs: PyTree = module.apply({"params": params}, inputs, settings)
            return outputs["scores"].argmax(-1)

        @jax.jit
        def idle(params: Params, inputs: PyTree, settings: PyTree) -> Array:
            whole = predicted(params, inputs, settings)

            def decides_nothing(unit: Array) -> Array:
                return (predicted(without_unit(params, last, unit), inputs, settings) == whole).all()

            return jax.lax.map(decides_nothing, jnp.arange(width))

        @jax.jit
        def shares(whole: Params, some: PyTree, inputs: PyTree, settings: PyTree) -> Array:
            expected = predicted(whole, inputs, settings)

            def share(one: tuple[Params, Array]) -> Array:
                params, units = one
                return (predicted(params, inputs, replace(settings, width=units)) == expected).mean()

            return jax.lax.map(share, some)

        self._idle, self._shares = idle, shares

    def idle(self, member: TrainedMember) -> int:
        """How many units of its last layer decide nothing alone."""
        return int(self._idle(member.params, self._inputs(member), member.settings).sum())

    def needed(self, member: TrainedMember, alive: Sequence[np.ndarray], agreement: float) -> int:
        """How many units keep a share of the predictions, when the others are merged or taken away one by one."""
        inputs, needed = self._inputs(member), self.width
        smaller = _smaller(member, self, alive)
        while some := list(itertools.islice(smaller, CHUNK)):
            units = [one for one, _ in some]
            padded = [pad(params, self._shapes) for _, params in some]
            padded += padded[-1:] * (CHUNK - len(some))  # one program for all chunks
            widths = np.array([*units, *units[-1:] * (CHUNK - len(some))], np.int32)
            shares = self._shares(member.params, (tree_stack(padded), widths), inputs, member.settings)
            for number, share in zip(units, np.asarray(shares).tolist(), strict=False):
                if share < agreement:
                    return needed
                needed = number
        return needed

    def _inputs(self, member: TrainedMember) -> PyTree:
        examples = member.splits[split_names(member.splits)[-1]]
        index = np.linspace(0, count(examples) - 1, min(count(examples), SAMPLE)).astype(int)
        return member.task.data.batch(member.dataset.arrays, examples, index).inputs


def member_redundancy(
    member: TrainedMember, judge: Judge | None = None, agreement: float = 0.99
) -> dict[str, float]:
    """The `MEASURES` of a member; of several hidden layers those of the last, but for "needed", which counts units of each.

    Args:
      member: the network.
      judge: of networks of its width, where there is one.
      agreement: share of predictions that the `needed` units keep.
    """
    judge = judge or Judge(member)
    layers = judge.layers
    activations = hidden_activations(member, len(layers), SAMPLE)
    features = activations[-1].astype(np.float64)
    found: dict[str, float] = {"dead": int((features == 0).all(0).sum())}
    if member.task.views.piecewise_linear is not None:
        found["copies"] = len(features.T) - len(np.unique(line_clusters(member.params, layers[-1])))
    spread = np.linalg.svd(features - features.mean(0), compute_uv=False) ** 2
    found["rank"] = int((np.cumsum(spread) < VARIANCE * spread.sum()).sum()) + 1 if spread.sum() else 0
    found["participation"] = participation_ratio(features)
    alive = [(values != 0).any(0) for values in activations]
    return found | {"idle": judge.idle(member), "needed": judge.needed(member, alive, agreement)}


def fold_directions(params: Params, layer: UnitLayer) -> Float[np.ndarray, "units n"]:
    """The weights and bias of each unit, of length 1: units of one fold line, and of one side of it, have the same."""
    rows = unit_rows(params, layer.into)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1.0)


def line_clusters(params: Params, layer: UnitLayer, near: float = NEAR) -> Int[np.ndarray, " units"]:
    """A number per unit, equal for units any two of which fold along nearly the same line."""
    directions = fold_directions(params, layer)
    if len(directions) == 1:
        return np.ones(1, int)
    return fcluster(linkage(directions, "complete"), near, "distance")


def _smaller(
    member: TrainedMember, judge: Judge, alive: Sequence[np.ndarray]
) -> Iterator[tuple[int, Params]]:
    """Networks of one unit less, and less, down to one: merged along fold lines, or without the units that matter least to the loss."""
    if judge.contributions is not None:
        worth = judge.contributions(member)
        for units in range(judge.width - 1, 0, -1):
            kept = [np.sort(np.argsort(-values, kind="stable")[:units]) for values in worth]
            yield units, take_units(member.params, judge.layers, kept)
        return
    params, living = member.params, [*alive]
    for units in range(judge.width - 1, 0, -1):
        for number, layer in enumerate(judge.layers):
            params, place = merge_units(params, layer, living[number], units)
            living[number] = np.bincount(place, living[number]) > 0
        yield units, params


def removal_areas(member: TrainedMember, box: float = BOX) -> Float[np.ndarray, " units"]:
    """The share of the box's area on which the prediction changes without each unit, exactly.

    The pair of both networks' predictions is the largest of the sums of one score of the first and one of the second, which is a network
    of the same fold lines.

    Args:
      member: of one hidden layer, piecewise linear on the plane.
      box: half its side.

    Raises:
      UserError: for a network of another kind.
    """
    hidden, *linear = map(Layer._make, layers_of(member))
    if any(layer.negative_slope != LINEAR for layer in linear):
        raise UserError("exact areas need a network of one hidden layer")
    weight, bias = linear[0].weight, linear[0].bias
    for layer in linear[1:]:
        weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
    classes = len(bias)
    found = []
    for unit in range(len(hidden.bias)):
        without = weight.copy()
        without[:, unit] = 0.0
        sums = (weight[:, None] + without[None]).reshape(classes**2, -1)
        pairs = Layer(sums, (bias[:, None] + bias[None]).ravel(), LINEAR)
        regions = decision_regions(Network((hidden, pairs)), box)
        first, second = np.divmod(regions.winner, classes)
        found.append(regions.area[first != second].sum() / (2 * box) ** 2)
    return np.array(found)


class FoldTree(NamedTuple):
    """How the fold lines of a network's last hidden layer fall together.

    Attributes:
      tree: float64 (units - 1, 4), the merges as `scipy.cluster.hierarchy.linkage` has them: two clusters, their distance, their size.
      dead: bool (units,), which units are active on no training example.
    """

    tree: Float[np.ndarray, "merges 4"]
    dead: np.ndarray


def fold_tree(member: TrainedMember) -> FoldTree:
    """The hierarchy of a member's fold lines, by the distance of their unit normals (weights and bias).

    Raises:
      UserError: if its network is not piecewise linear, or has one unit.
    """
    require_view(member.task, "piecewise_linear")
    layers = member.unit_layers
    directions = fold_directions(member.params, layers[-1])
    if len(directions) < 2:
        raise UserError("a tree needs at least two units")
    activations = hidden_activations(member, len(layers), SAMPLE)[-1]
    return FoldTree(linkage(directions, "complete"), (activations == 0).all(0))
