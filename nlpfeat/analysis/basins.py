"""Are the networks of different seeds the same network with its units in another order?

The units of one network are matched with those of another, and the loss is followed along the straight line between their weights:
it stays low where both lie in one basin. Sources: Entezari et al. 2022, "The role of permutation invariance in linear mode
connectivity of neural networks"; Ainsworth, Hayase & Srinivasa 2023, "Git Re-Basin".
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from nlpfeat.analysis.geometry import layers_of
from nlpfeat.data.core import Params, split_names
from nlpfeat.errors import UserError
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.regions import linear_regions
from nlpfeat.geometry.warping import roughness
from nlpfeat.models.units import UnitLayer, balanced, take_units, unit_rows
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import pair_interval
from nlpfeat.study.forward import hidden_activations
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, finished_widths, members_of_width
from nlpfeat.study.session import Study
from nlpfeat.tasks.registry import require_view
from nlpfeat.training.metrics import Metric
from nlpfeat.training.step import Data, evaluate

AS_TRAINED, WEIGHTS, ACTIVATIONS = "as trained", "by weights", "by activations"
METHODS = (AS_TRAINED, WEIGHTS, ACTIVATIONS)
SAMPLE = 1000  # training examples on which activations are compared
ROUNDS = 20  # of matching one layer after another
BOX = 1.1  # half the side of the box in which regions are counted


@dataclass(frozen=True)
class BasinOptions:
    """What is compared.

    Attributes:
      widths: of the study; empty for all of them.
      points: along the line between two networks, both of them included.
      geometry: pairs of each width whose path is measured exactly, where networks are piecewise linear on the plane.
    """

    widths: tuple[int, ...] = ()
    points: int = 11
    geometry: int = 4

    def __post_init__(self) -> None:
        if self.points < 3:
            raise UserError("points: a line has its two ends and at least one point between them: at least 3")


class Basins(NamedTuple):
    """The lines between the networks of a study.

    Attributes:
      pairs: one row per width, method and pair: these as "first" and "second" seed; "barrier", the largest rise of the loss above the
        straight line between the losses at both ends; the headline metric at the ends ("ends", the mean) and half-way ("middle").
      barriers: one row per width and method: mean barrier with its 95 % interval over seeds, low, barrier, high; medians of "ends" and
        "middle".
      lines: one row per width, method and t from 0 to 1: quartiles low, loss, high of the loss over pairs, median "metric".
      merged: one row per width, method and number of members: "metric" of the mean of their weights, all matched to the first.
      paths: of networks on the plane, one row per width, method, pair and t: number of linear regions, total variation of the gradient.
      metric: the headline metric.
      split: on which all networks are evaluated: the last one, of the first seed.
    """

    pairs: pd.DataFrame
    barriers: pd.DataFrame
    lines: pd.DataFrame
    merged: pd.DataFrame
    paths: pd.DataFrame
    metric: Metric
    split: str


def basins(
    study: Study,
    options: BasinOptions = BasinOptions(),
    settings: Mapping[str, float] = ANYWHERE,
    track: Track = untracked,
) -> Basins:
    """Match the units of all pairs of seeds, width by width, and follow the loss between them.

        nlpfeat.basins(nlpfeat.open_study("runs/spirals")).barriers

    Args:
      study: of a task with hidden units.
      options: what is compared.
      settings: of further axes, where the grid has any.
      track: follows the pairs.

    Raises:
      UserError: if the task declares no hidden units, or a width has no two members that converged.
    """
    require_view(study.task, "units")
    widths = options.widths or finished_widths(study, settings)
    found = [_of_width(study, members_of_width(study, width, settings), options, track) for width in widths]
    pairs, lines, merged, paths = (
        pd.concat(tables, ignore_index=True) for tables in zip(*found, strict=True)
    )
    metric, split = study.task.evaluation.headline, str(study.results["split"].to_numpy()[-1])
    return Basins(pairs, _barriers(pairs), lines, merged, paths, metric, split)


def _of_width(
    study: Study, members: Sequence[TrainedMember], options: BasinOptions, track: Track
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    width = int(members[0].settings.width)
    if len(members) < 2:
        raise UserError(
            f"width {width} has one member that converged, and a line joins two: sweep more seeds"
        )
    layers, metric = members[0].unit_layers, study.task.evaluation.headline
    between = Line(members[0], np.linspace(0, 1, options.points, dtype=np.float32))
    networks = [
        _Network(
            int(member.settings.seed),
            member.params,
            canonical(member, layers, members[0].params),
            hidden_activations(member, len(layers), SAMPLE, members[0]),
        )
        for member in members
    ]
    places = list(itertools.combinations(networks, 2))
    pairs, losses, scores = [], {name: [] for name in METHODS}, {name: [] for name in METHODS}
    for first, second in track(places, f"pairs of width {width}", len(places)):
        for method, both in matched(first, second, layers).items():
            record = between(*both)
            loss, score = record["loss"], record[metric.name]
            losses[method].append(loss)
            scores[method].append(score)
            seeds = {"first": first.seed, "second": second.seed}
            ends = (score[0] + score[-1]) / 2
            middle = np.interp(0.5, between.points, score)
            row = {"width": width, "method": method} | seeds
            pairs.append(row | {"barrier": barrier(between.points, loss), "ends": ends, "middle": middle})
    lines = [
        {"width": width, "method": method, "t": t, "low": low, "loss": middle, "high": high, "metric": score}
        for method in METHODS
        for t, (low, middle, high), score in zip(
            between.points.tolist(),
            np.quantile(losses[method], (0.25, 0.5, 0.75), axis=0).T,
            np.median(scores[method], axis=0),
            strict=True,
        )
    ]
    merged = pd.DataFrame(_merged(networks, layers, between, metric)).assign(width=width)
    paths = pd.DataFrame(_paths(members[0], networks[: options.geometry + 1], layers)).assign(width=width)
    return pd.DataFrame(pairs), pd.DataFrame(lines), merged, paths


class Line:
    """The loss and the metrics along straight lines between the weights of networks of one width: points (n,) from 0 to 1.

    Args:
      member: on whose last split they are evaluated.
      points: from 0, the first network, to 1, the second.
    """

    def __init__(self, member: TrainedMember, points: Float[np.ndarray, " n"]) -> None:
        self.points = points
        split = split_names(member.splits)[-1]
        program = member.program
        # `evaluate` knows the splits by their names.
        self._data = jax.device_put(member.data._replace(splits={split: member.splits[split]}))

        @jax.jit
        def along(first: Params, second: Params, data: Data) -> dict[str, jax.Array]:
            def at(t: jax.Array) -> dict[str, jax.Array]:
                mixed = jax.tree.map(lambda a, b: (1 - t) * a + t * b, first, second)
                return {name: values[0] for name, values in evaluate(program, mixed, data).items()}

            return jax.lax.map(at, jnp.asarray(points))

        self._along = along

    def __call__(self, first: Params, second: Params) -> dict[str, np.ndarray]:
        """Loss and metrics, (n,) each."""
        return jax.device_get(self._along(first, second, self._data))


def barrier(points: Float[np.ndarray, " n"], loss: Float[np.ndarray, " n"]) -> float:
    """The largest rise of the loss above the straight line between its ends; at least 0."""
    return float(np.max(loss - ((1 - points) * loss[0] + points * loss[-1])))


class _Network(NamedTuple):
    """A member, ready to be matched.

    Attributes:
      params: as trained.
      canonical: turned and balanced, see `canonical`.
      features: activations of each layer.
    """

    seed: int
    params: Params
    canonical: Params
    features: list[np.ndarray]


def matched(
    first: _Network, second: _Network, layers: Sequence[UnitLayer]
) -> dict[str, tuple[Params, Params]]:
    """The parameters of two networks between which a line is drawn, by method.

    Matching changes nothing that either network computes: linear layers are turned, units with ReLU get as large weights in as out,
    and the second network's units change places.
    """
    one, two = first.canonical, second.canonical
    found = {AS_TRAINED: (first.params, second.params)}
    found[WEIGHTS] = one, take_units(two, layers, match_by_weights(one, two, layers))
    both = zip(first.features, second.features, strict=True)
    found[ACTIVATIONS] = one, take_units(two, layers, [match_by_activations(*pair) for pair in both])
    return found


def canonical(member: TrainedMember, layers: Sequence[UnitLayer], like: Params) -> Params:
    """A network's parameters, its linear layers turned and its units with ReLU balanced, in the order of its own units.

    Args:
      member: the network.
      layers: of its hidden units.
      like: towards which linear layers are turned.
    """
    turned_like = require_view(member.task, "units").turned_like
    params = member.params if turned_like is None else turned_like(like, member.params)
    if member.task.views.piecewise_linear is not None:
        for _ in range(ROUNDS if len(layers) > 1 else 1):  # balancing one layer moves the next
            for layer in layers:
                params = balanced(params, layer)
    return params


def match_by_weights(
    first: Params, second: Params, layers: Sequence[UnitLayer]
) -> list[Int[np.ndarray, " units"]]:
    """The order of the second network's units in which the sum of products with the first network's weights is largest.

    One layer is matched after another until none changes; with one layer that has no weights to itself the first round is exact.

    Args:
      first, second: parameters of networks of one width, at their own width.
      layers: of hidden units.
    """
    own = [unit_rows(first, layer.axes) for layer in layers]
    orders = [np.arange(len(rows)) for rows in own]
    for _ in range(ROUNDS):
        changed = False
        for number, layer in enumerate(layers):
            rows = unit_rows(take_units(second, layers, orders), layer.axes)
            _, better = linear_sum_assignment(own[number] @ rows.T, maximize=True)
            changed |= bool((better != np.arange(len(rows))).any())
            orders[number] = orders[number][better]
        if not changed:
            break
    return orders


def match_by_activations(
    first: Float[np.ndarray, "n units"], second: Float[np.ndarray, "n units"]
) -> Int[np.ndarray, " units"]:
    """The order of the second network's units in which the sum of correlations with the first network's is largest."""
    one, two = (part - part.mean(0) for part in (first.astype(np.float64), second.astype(np.float64)))
    sizes = np.linalg.norm(one, axis=0)[:, None] * np.linalg.norm(two, axis=0)[None]
    correlation = np.divide(one.T @ two, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return linear_sum_assignment(correlation, maximize=True)[1]


def _barriers(pairs: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (width, method), group in pairs.groupby(["width", "method"], sort=False):
        table = group.pivot(index="first", columns="second", values="barrier")
        seeds = sorted({*table.index, *table.columns})
        upper = np.triu(table.reindex(index=seeds, columns=seeds).to_numpy(), 1)
        interval = pair_interval(upper + upper.T)
        rows.append(
            {"width": width, "method": method, "low": interval.low, "barrier": interval.estimate}
            | {"high": interval.high, "ends": group["ends"].median(), "middle": group["middle"].median()}
        )
    return pd.DataFrame(rows)


def _merged(
    networks: Sequence[_Network], layers: Sequence[UnitLayer], between: Line, metric: Metric
) -> Iterator[dict[str, float | str]]:
    """The mean of more and more networks, each matched with the first one."""
    total: dict[str, Params] = {}
    for number, network in enumerate(networks, 1):
        for method, (_, own) in matched(networks[0], network, layers).items():
            total[method] = own if number == 1 else jax.tree.map(np.add, total[method], own)
            if number & (number - 1) == 0 or number == len(networks):
                mean = jax.tree.map(lambda leaf, n=number: leaf / n, total[method])
                score = float(between(mean, mean)[metric.name][0])
                yield {"method": method, "members": number, "metric": score}


def _paths(
    member: TrainedMember, networks: Sequence[_Network], layers: Sequence[UnitLayer]
) -> Iterator[dict[str, float | str]]:
    """The exact geometry along the lines between neighbouring seeds."""
    if member.task.views.plane is None:
        return
    for first, second in itertools.pairwise(networks):
        for method, (one, other) in matched(first, second, layers).items():
            for t in (0.0, 0.25, 0.5, 0.75, 1.0):
                mixed = jax.tree.map(lambda a, b, t=t: (1 - t) * a + t * b, one, other)
                regions = linear_regions(Network(tuple(layers_of(replace(member, params=mixed)))), BOX)
                row = {"method": method, "first": first.seed, "second": second.seed, "t": t}
                yield row | {"regions": len(regions), "variation": roughness(regions).total_variation}
