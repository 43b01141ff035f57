"""Is width luck? What a network has at its start, before any training, beside what becomes of it.

Dead units are active on no training example. On sparse parity a unit is good if it sees the relevant bits better than most others:
its activation correlates with their parity more than with the parities of 95 % of other sets of as many bits. By chance, one unit in twenty
is good, so that a wider network has more of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from nlpfeat.analysis.grid import rows_at_points
from nlpfeat.data.parity import parity
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import rank_correlation, wilson
from nlpfeat.store.layout import select_members
from nlpfeat.store.results import further_axes
from nlpfeat.study.forward import hidden_activations
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, finished_steps, members_at_steps
from nlpfeat.study.session import Study
from nlpfeat.tasks.registry import require_view
from nlpfeat.training.metrics import Metric

SAMPLE = 4096  # training examples on which activations are judged
SETS = 200  # random sets of bits
GOOD = 0.95  # quantile of their correlations
TRAITS = ("dead_first", "good")


class Luck(NamedTuple):
    """What members have at their start, and what becomes of them.

    Attributes:
      members: one row per member: the further axes, width, seed; dead_first and dead_last, dead units before and after training; on sparse
        parity "good", good units at the start; score, the headline metric on the last split; success, and steps until the recorded
        metric first reaches the threshold, infinite where it does not, NaN without a threshold. A diverged member has the worst score, and no dead units after training.
      widths: one row per point of the further axes and width: these; members; mean shares of dead units first and last; on sparse parity
        the mean number of good ones; share of seeds that succeed with share_low and share_high; median steps.
      effects: one row per point, width and trait ("dead_first", "good") that differs among seeds: the rank correlation of the trait with
        the score (where all succeed, with minus the steps), low, correlation, high: 95 % intervals.
      by_good: on sparse parity, one row per point and number of good units, 0, 1, 2 to 3, 4 to 7, …, over all widths: members, share with
        its interval, median steps.
      split: the last one.
      threshold: of success, in words; empty without one.
    """

    members: pd.DataFrame
    widths: pd.DataFrame
    effects: pd.DataFrame
    by_good: pd.DataFrame
    split: str
    threshold: str

    @property
    def axes(self) -> list[str]:
        """The further axes of the grid."""
        return [str(name) for name in self.widths.columns[: list(self.widths.columns).index("width")]]


def luck(study: Study, settings: Mapping[str, float] = ANYWHERE, track: Track = untracked) -> Luck:
    """Compare the starts of a study's members with their ends.

        nlpfeat.luck(nlpfeat.open_study("runs/sparse_parity")).effects

    Args:
      study: of a task with hidden units.
      settings: of further axes; all of their values where none is given.
      track: follows the members.

    Raises:
      UserError: if the task declares no hidden units, or no bucket is finished; DamagedFile if a checkpoint cannot be read.
    """
    require_view(study.task, "units")
    axes = further_axes(study.results)
    table = select_members(study.members, settings)
    last = dict(finished_steps(study.folder, table))
    found = members_at_steps(study, table, list(last.items()))
    good_units = _good_units(study) if study.task.name == "sparse_parity" else None
    rows = [
        study.members.loc[member.id, [*axes, "width", "seed"]].to_dict()
        | _start_and_end(study, member, good_units)
        for member in track(found, "members", len(table))
    ]
    members = pd.DataFrame(rows).sort_values([*axes, "width", "seed"], ignore_index=True)
    success = study.spec.success
    return Luck(
        members,
        pd.DataFrame(_widths(members, axes)),
        pd.DataFrame(_effects(members, axes, study.task.evaluation.headline)),
        pd.DataFrame(_by_good(members, axes) if good_units else []),
        str(study.results["split"].to_numpy()[-1]),
        "" if success is None else f"{success.metric.name} {success}",
    )


def _start_and_end(
    study: Study, member: TrainedMember, good_units: Callable[[np.ndarray], int] | None
) -> dict[str, float | bool]:
    metric, width = study.task.evaluation.headline, int(member.settings.width)
    first = replace(member, params=study.factory.new_member(member.settings, width).params)
    activations = hidden_activations(first, 1, SAMPLE)[-1]
    row: dict[str, float | bool] = {"dead_first": _dead(activations), "dead_last": np.nan}
    if member.finite:
        row["dead_last"] = _dead(hidden_activations(member, 1, SAMPLE)[-1])
    if good_units is not None:
        row["good"] = good_units(activations)
    score = float(member.record[metric.name][-1])
    row["score"] = score if np.isfinite(score) else metric.worst
    success = study.spec.success
    if success is None:
        return row | {"success": np.nan, "steps": np.nan}
    reached = success.reached(member.records[metric.name][:, -1])
    steps = np.flatnonzero(reached)
    when = float(member.recorded_steps[steps[0]]) if len(steps) else np.inf
    return row | {"success": bool(success.reached(row["score"])), "steps": when}


def _dead(activations: Float[np.ndarray, "n units"]) -> int:
    return int((activations == 0).all(0).sum())


def _good_units(study: Study) -> Callable[[Float[np.ndarray, "n units"]], int]:
    """How many units of a network of parity see the relevant bits better than most other sets of bits."""
    spec = study.spec.data
    size = min(SAMPLE, spec.train)
    bits = np.asarray(study.dataset.arrays)[:size]
    rng = np.random.default_rng(0)
    drawn = (
        frozenset(rng.choice(spec.bits, spec.relevant, replace=False).tolist()) for _ in range(10 * SETS)
    )
    others = dict.fromkeys(one for one in drawn if one != frozenset(range(spec.relevant)))
    sets = [np.array(sorted(one)) for one in list(others)[:SETS]]
    classes = np.stack(
        [1.0 - 2.0 * parity(bits.astype(np.int8), one) for one in (np.arange(spec.relevant), *sets)]
    )

    def good(activations: Float[np.ndarray, "n units"]) -> int:
        centred = activations - activations.mean(0)
        seen = np.abs(classes @ centred)
        return int((seen[0] > np.quantile(seen[1:], GOOD, axis=0)).sum())

    return good


def _widths(members: pd.DataFrame, axes: Sequence[str]) -> Iterator[dict[str, float]]:
    for point, rows in rows_at_points(members, [*axes, "width"]):
        width = int(point["width"])
        good = {"good": float(rows["good"].mean())} if "good" in rows else {}
        yield (
            point
            | {"width": width, "members": len(rows)}
            | {
                "dead_first": float(rows["dead_first"].mean()) / width,
                "dead_last": float(rows["dead_last"].mean()) / width,
            }
            | good
            | _success(rows)
        )


def _success(rows: pd.DataFrame) -> dict[str, float]:
    if rows["success"].isna().any():
        return dict.fromkeys(("share_low", "share", "share_high", "steps"), np.nan)
    share = wilson(int(rows["success"].sum()), len(rows))
    steps = float(np.median(rows["steps"]))
    return {"share_low": share.low, "share": share.estimate, "share_high": share.high, "steps": steps}


def _effects(members: pd.DataFrame, axes: Sequence[str], metric: Metric) -> Iterator[dict[str, float | str]]:
    for point, rows in rows_at_points(members, [*axes, "width"]):
        for trait in TRAITS:
            if trait not in rows:
                continue
            all_succeed = bool((rows["success"] == True).all())  # noqa: E712  (it may be NaN)
            result = -rows["steps"] if all_succeed else metric.ascending(rows["score"])
            interval = rank_correlation(rows[trait].to_numpy(float), result.to_numpy(float))
            if not np.isnan(interval.estimate):
                yield (
                    point
                    | {"width": int(point["width"]), "trait": trait, "members": len(rows)}
                    | {
                        "low": interval.low,
                        "correlation": interval.estimate,
                        "high": interval.high,
                    }
                )


def _by_good(members: pd.DataFrame, axes: Sequence[str]) -> Iterator[dict[str, float | str]]:
    grouped = members.assign(
        most=np.where(
            members["good"] > 0, 2 ** (np.log2(np.maximum(members["good"], 1)).astype(int) + 1) - 1, 0
        )
    )
    for point, rows in rows_at_points(grouped, [*axes, "most"]):
        most = int(point.pop("most"))
        fewest = most // 2 + 1 if most else 0
        text = str(most) if fewest == most or not most else f"{fewest} to {most}"
        yield point | {"good": text, "members": len(rows)} | _success(rows)
