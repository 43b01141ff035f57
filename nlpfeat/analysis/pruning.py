"""Prune trained networks, and compare what is left with networks that were as narrow from the start.

A wide network is pruned to some of its units, which are evaluated as they are, trained further, or set back to where they
started and trained anew (a lottery ticket: Frankle & Carbin 2019). Beside them stand random units of the same start, and networks of
that width. What trains does so at each of several learning rates; the best is chosen on validation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from nlpfeat.analysis.grid import NO_SHARE
from nlpfeat.config.fields import setting_names
from nlpfeat.data.core import Params, split_names
from nlpfeat.errors import UserError
from nlpfeat.models.units import UnitLayer, magnitudes, merge_units, take_units, without_unit
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import mean_interval, wilson
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.study.forward import hidden_activations
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, members_of_width, selection_split
from nlpfeat.study.session import Study
from nlpfeat.sweeps.members import NewMember
from nlpfeat.sweeps.trials import run_trials
from nlpfeat.tasks.registry import require_view
from nlpfeat.training.metrics import Metric
from nlpfeat.training.step import Data, evaluate

MAGNITUDE, LOSS, DUPLICATES = "magnitude", "loss", "duplicates"
CRITERIA = (MAGNITUDE, LOSS, DUPLICATES)
PRUNED, TUNED, TICKET = "pruned", "pruned, then trained", "ticket"
RANDOM, NATIVE = "random ticket", "native"
CONDITIONS = (PRUNED, TUNED, TICKET, RANDOM, NATIVE)
CONTRASTS = ((TUNED, NATIVE), (TICKET, NATIVE), (TICKET, RANDOM), (RANDOM, NATIVE))
SAMPLE = 1000  # training examples on which units are judged


@dataclass(frozen=True)
class PruningOptions:
    """How networks are pruned, and trained afterwards.

    Attributes:
      kept: numbers of units left; empty for the powers of two from 2 on that are less than the width.
      criteria: by which units are chosen: "magnitude", the norm of their weights; "loss", by how much the training loss rises without
        them; "duplicates", merging those that fold along nearly the same line, where the network is piecewise linear. Empty for
        all that the network allows.
      train: whether what is left is also trained, as tickets and beside networks of that width.
      rates: factors of the learning rate of the networks that are pruned.
      steps: of training tickets and narrow networks; None for the study's. They are one phase, in which nothing is frozen.
      tuning_steps: of training what is left of a trained network; None for a quarter of `steps`.
    """

    kept: tuple[int, ...] = ()
    criteria: tuple[str, ...] = ()
    train: bool = False
    rates: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0)
    steps: int | None = None
    tuning_steps: int | None = None


class Pruning(NamedTuple):
    """Networks of few units, by where they come from.

    Attributes:
      members: one row per network: condition, criterion ("" where none chose), kept, seed, learning_rate, the headline metric by
        split, best, whether its rate is the best of its condition and width.
      curves: one row per condition, criterion and kept, at the best rate: these, learning_rate, seeds, quartiles low, median, high of
        the metric on the last split, share with share_low and share_high, of seeds that succeed, NaN without a threshold.
      contrasts: one row per pair of conditions, criterion and kept: first, second, criterion, kept, the mean difference of the metric
        on the last split over seeds, with its 95 % interval low and high.
      metric: the headline metric.
      split: the last one.
      width: of the networks that were pruned.
      whole: their median metric on that split.
      trained: what trained, and for how long, in words; empty if nothing did.
    """

    members: pd.DataFrame
    curves: pd.DataFrame
    contrasts: pd.DataFrame
    metric: Metric
    split: str
    width: int
    whole: float
    trained: str


def prune(
    study: Study,
    width: int,
    options: PruningOptions = PruningOptions(),
    settings: Mapping[str, float] = ANYWHERE,
    track: Track = untracked,
) -> Pruning:
    """Prune the members of a width.

        nlpfeat.prune(nlpfeat.open_study("runs/spirals"), width=100).curves

    Args:
      study: of a task with hidden units.
      width: of the members that are pruned.
      options: how.
      settings: of further axes, where the grid has any.
      track: follows the members, then the programs.

    Raises:
      UserError: if the task declares no hidden units, more units are to be kept than there are, a criterion does not suit the network, or
        the study lacks such members.
    """
    require_view(study.task, "units")
    kept, criteria = _check(study, width, options)
    members = members_of_width(study, width, settings)
    judged = list(_judged(study, members, criteria, track))
    rows, given = _untrained(members, judged, kept, criteria)
    found = [_evaluated(study, rows, given, 0, track)]
    if options.train:
        total = options.steps or study.spec.training.total
        tuning = options.tuning_steps or max(1, total // 4)
        rates = tuple(dict.fromkeys(options.rates))
        found.append(
            _evaluated(study, *_at_rates((rows.assign(condition=TUNED), given), rates), tuning, track)
        )
        starts = _starts(study, members, judged, kept, criteria)
        found.append(_evaluated(study, *_at_rates(starts, rates), total, track))
    return _summary(study, pd.concat(found, ignore_index=True), members, options)


def _check(study: Study, width: int, options: PruningOptions) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The numbers of units kept and the criteria.

    Raises:
      UserError: if one of them cannot be.
    """
    kept = options.kept or tuple(2**i for i in range(1, int(width).bit_length()) if 2**i < width)
    if not kept:
        raise UserError(f"width: of {width} units there is no power of two to keep: name a number of them")
    for number in kept:
        if not 1 <= number <= width:
            raise UserError(f"kept: {number} of {width} units cannot be kept; 1 to {width} can")
    allowed = CRITERIA if study.task.views.piecewise_linear else CRITERIA[:2]
    for criterion in options.criteria:
        if criterion not in CRITERIA:
            raise UserError(f"criteria: there is no {criterion!r}; there are {', '.join(CRITERIA)}")
        if criterion not in allowed:
            raise UserError(
                f"criteria: {study.task.name} has no exact geometry, so its units have no fold lines to merge along"
            )
    return tuple(sorted({*kept})), tuple(dict.fromkeys(options.criteria)) or allowed


class _Judged(NamedTuple):
    """A member and the worth of its units.

    Attributes:
      layers: of hidden units.
      order: criterion -> of each layer, its units, the best first; none for merging.
      alive: of each layer, bool (units,), whether a unit is active on some training example.
    """

    layers: list[UnitLayer]
    order: dict[str, list[Int[np.ndarray, " units"]]]
    alive: list[np.ndarray]


def _judged(
    study: Study, members: Sequence[TrainedMember], criteria: Sequence[str], track: Track
) -> Iterator[_Judged]:
    contributions = loss_contributions(members[0]) if LOSS in criteria else None
    for member in track(members, "members", len(members)):
        layers, order = member.unit_layers, {}
        if MAGNITUDE in criteria:
            order[MAGNITUDE] = [_best_first(magnitudes(member.params, layer)) for layer in layers]
        if contributions is not None:
            order[LOSS] = [_best_first(values) for values in contributions(member)]
        alive = []
        if DUPLICATES in criteria:
            alive = [(values != 0).any(0) for values in hidden_activations(member, len(layers), SAMPLE)]
        yield _Judged(layers, order, alive)


def _best_first(worth: np.ndarray) -> Int[np.ndarray, " units"]:
    return np.argsort(-worth, kind="stable")


def loss_contributions(
    like: TrainedMember, sample: int = SAMPLE
) -> Callable[[TrainedMember], list[Float[np.ndarray, " units"]]]:
    """How much the loss on training examples rises without each unit: of a member, an array (units,) per layer.

    Args:
      like: a member; one program serves all of its width.
      sample: how many training examples.
    """
    layers, width = like.unit_layers, int(like.settings.width)
    program = like.program._replace(train_sample=sample)

    @jax.jit
    def rises(params: Params, data: Data) -> list[jax.Array]:
        def loss(params: Params) -> jax.Array:
            return evaluate(program, params, data)["loss"][0]

        whole = loss(params)
        return [
            jax.lax.map(lambda unit, layer=layer: loss(without_unit(params, layer, unit)), jnp.arange(width))
            - whole
            for layer in layers
        ]

    def of(member: TrainedMember) -> list[np.ndarray]:
        data = member.data._replace(splits={"train": member.splits["train"]})
        return [np.asarray(values) for values in rises(member.params, data)]

    return of


def _untrained(
    members: Sequence[TrainedMember], judged: Sequence[_Judged], kept: Sequence[int], criteria: Sequence[str]
) -> tuple[pd.DataFrame, list[NewMember]]:
    """What is left of each member, by criterion and number of units."""
    rows, given = [], []
    for member, one in zip(members, judged, strict=True):
        for criterion in criteria:
            for number in kept:
                params = _left(member, one, criterion, number)
                rows.append(_row(member, PRUNED, criterion, number))
                given.append(NewMember(member.settings, member.splits, params))
    return pd.DataFrame(rows), given


def _left(member: TrainedMember, judged: _Judged, criterion: str, kept: int) -> Params:
    if criterion != DUPLICATES:
        chosen = [np.sort(order[:kept]) for order in judged.order[criterion]]
        return jax.device_get(take_units(member.params, judged.layers, chosen))
    params = member.params
    for layer, alive in zip(judged.layers, judged.alive, strict=True):
        params, _ = merge_units(params, layer, alive, kept)
    return params


def _row(member: TrainedMember, condition: str, criterion: str, kept: int) -> dict[str, float | str]:
    settings = {name: value.item() for name, value in vars(member.settings).items()}
    return settings | {"condition": condition, "criterion": criterion, "width": kept}


def _starts(
    study: Study,
    members: Sequence[TrainedMember],
    judged: Sequence[_Judged],
    kept: Sequence[int],
    criteria: Sequence[str],
) -> tuple[pd.DataFrame, list[NewMember]]:
    """First weights: of the chosen units, of random ones, of networks that are as narrow."""
    rows, given = [], []
    for member, one in zip(members, judged, strict=True):
        width = int(member.settings.width)
        first = study.factory.new_member(member.settings, width).params
        shuffled = np.random.default_rng(int(member.settings.seed)).permutation(width)

        def start(
            condition: str, criterion: str, number: int, params: Params, of: TrainedMember = member
        ) -> None:
            rows.append(_row(of, condition, criterion, number))
            given.append(NewMember(of.settings, of.splits, params))

        def taken(
            orders: Sequence[np.ndarray], number: int, params: Params = first, one: _Judged = one
        ) -> Params:
            return jax.device_get(
                take_units(params, one.layers, [np.sort(order[:number]) for order in orders])
            )

        for number in kept:
            for criterion in criteria:
                if criterion != DUPLICATES:
                    start(TICKET, criterion, number, taken(one.order[criterion], number))
            start(RANDOM, "", number, taken([shuffled] * len(one.layers), number))
            settings = replace(member.settings, width=np.int32(number))
            start(NATIVE, "", number, study.factory.new_member(settings, number).params)
    return pd.DataFrame(rows), given


def _at_rates(
    started: tuple[pd.DataFrame, list[NewMember]], rates: Sequence[float]
) -> tuple[pd.DataFrame, list[NewMember]]:
    rows, given = started
    scaled = [rows.assign(learning_rate=rate * rows["learning_rate"]) for rate in rates]
    table = pd.concat(scaled, ignore_index=True)
    return table, given * len(rates)


def _evaluated(
    study: Study, rows: pd.DataFrame, given: Sequence[NewMember], steps: int, track: Track
) -> pd.DataFrame:
    """The rows with the headline metric by split, after training."""
    metric = study.task.evaluation.headline
    trained = run_trials(study.factory, rows[list(setting_names(study.spec.settings))], given, steps, track)
    splits = split_names(given[0].splits)
    scores = np.where(np.isfinite(trained.records["loss"]), trained.records[metric.name], np.nan)
    table = rows[["condition", "criterion", "seed", "learning_rate"]].assign(kept=rows["width"])
    return table.assign(**{name: scores[:, i] for i, name in enumerate(splits)})


def _summary(
    study: Study, table: pd.DataFrame, members: Sequence[TrainedMember], options: PruningOptions
) -> Pruning:
    splits = split_names(members[0].splits)
    split = splits[-1]
    chosen_on = selection_split(study.results)
    metric = study.task.evaluation.headline
    table["best"] = _is_best(table, chosen_on, metric)
    best = table[table["best"]]
    curves = []
    for (condition, criterion, kept), rows in best.groupby(["condition", "criterion", "kept"]):
        values = _failures_last(rows[split].to_numpy(), metric)
        quartiles = quartiles_of(values, axis=0)
        success = study.spec.success
        share = NO_SHARE if success is None else wilson(int(success.reached(values).sum()), len(values))
        curves.append(
            {"condition": condition, "criterion": criterion, "kept": kept}
            | {"learning_rate": rows["learning_rate"].iloc[0], "seeds": len(rows)}
            | {name: float(value) for name, value in quartiles._asdict().items()}
            | {"share_low": share.low, "share": share.estimate, "share_high": share.high}
        )
    total = options.steps or study.spec.training.total
    also = ", on which they are judged as well" if chosen_on == split else ""
    trained = (
        f"at each one's best of {len(set(options.rates))} rates, chosen on {chosen_on}{also}; {TICKET}s and {NATIVE} nets {total:,} steps, "
        f"{TUNED} {options.tuning_steps or max(1, total // 4):,}"
        if options.train
        else ""
    )
    whole = float(np.median([member.record[metric.name][-1] for member in members]))
    width = int(members[0].settings.width)
    contrasts = pd.DataFrame(_contrasts(best, split, metric))
    return Pruning(table, _in_order(pd.DataFrame(curves)), contrasts, metric, split, width, whole, trained)


def _in_order(curves: pd.DataFrame) -> pd.DataFrame:
    order = {name: i for i, name in enumerate((*CONDITIONS, "", *CRITERIA))}
    return curves.sort_values(
        ["condition", "criterion", "kept"], key=lambda column: column.replace(order), ignore_index=True
    )


def _failures_last(values: np.ndarray, metric: Metric) -> np.ndarray:
    """The values, the worst in place of those of diverged members."""
    return np.where(np.isnan(values), metric.worst, values)


def _is_best(table: pd.DataFrame, split: str, metric: Metric) -> pd.Series:
    """Whether each row has the rate of the best median on a split, of its condition, criterion and number of units."""
    group = ["condition", "criterion", "kept"]
    ascending = table.assign(score=metric.ascending(_failures_last(table[split].to_numpy(), metric)))
    medians = ascending.groupby([*group, "learning_rate"])["score"].median().reset_index()
    chosen = medians.loc[medians.groupby(group)["score"].idxmax(), [*group, "learning_rate"]]
    keys = set(chosen.itertuples(index=False, name=None))
    rows = table[[*group, "learning_rate"]].itertuples(index=False, name=None)
    return pd.Series([row in keys for row in rows], table.index)


def _contrasts(best: pd.DataFrame, split: str, metric: Metric) -> Iterator[dict[str, float | str]]:
    """Differences of the same seeds; diverged members are left out of means."""
    for first, second in CONTRASTS:
        left, right = best[best["condition"] == first], best[best["condition"] == second]
        for (criterion, kept), rows in left.groupby(["criterion", "kept"]):
            other = right[(right["kept"] == kept) & right["criterion"].isin((criterion, ""))]
            if other.empty:
                continue
            both = rows.set_index("seed")[split] - other.set_index("seed")[split]
            interval = mean_interval(both.to_numpy(float))
            yield {"first": first, "second": second, "criterion": criterion, "kept": kept} | {
                "low": interval.low,
                "difference": interval.estimate,
                "high": interval.high,
            }
