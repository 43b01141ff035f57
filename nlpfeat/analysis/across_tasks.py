"""What width buys in each task of a folder of studies: the headline metric between its baseline and its best."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from nlpfeat.analysis.recipe import AS_TRAINED, RecipeOptions, read_single, varied_of
from nlpfeat.config.files import expand_path
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import Interval
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.stats.width_curves import gain_width
from nlpfeat.store.results import (
    baseline_of,
    describe_values,
    diverged_count,
    further_axes,
    recipe,
    scores,
    unreached_count,
)
from nlpfeat.study.session import Study, open_study
from nlpfeat.training.metrics import Metric

log = logging.getLogger(__name__)

SHARE = 0.95  # of the gain


class TaskCurve(NamedTuple):
    """The headline metric of one study against width, at its last step and on its last split.

    Attributes:
      study: name of its folder.
      width_label: what the width counts.
      metric: the headline metric.
      split: on which it is evaluated.
      widths: (widths,), rising.
      scores: (widths, seeds); NaN where there is no member, the worst value where training diverged.
      diverged: how many members did.
      baseline: of the best constant prediction.
      gain_width: the narrowest width, interpolated, at which `SHARE` of the gain over the baseline is reached; inf, more than
        the widest, where the curve does not saturate within the grid; NaN where no width does better than the baseline. See
        `nlpfeat.stats.width_curves.gain_width`.
      config_hash: of the study.
      recipe: at which it is read, in words.
      unreached: how many members never reach the training loss at which it is read.
    """

    study: str
    width_label: str
    metric: Metric
    split: str
    widths: np.ndarray
    scores: np.ndarray
    diverged: int
    baseline: float
    gain_width: Interval
    config_hash: str
    recipe: str = ""
    unreached: int = 0

    @property
    def medians(self) -> np.ndarray:
        """Over seeds (widths,)."""
        return quartiles_of(self.scores, axis=1).median

    @property
    def best(self) -> int:
        """The index of the width with the best median."""
        return int(np.nanargmax(quartiles_of(self.metric.ascending(self.scores), axis=1).median))

    @property
    def bound(self) -> str:
        """Whether the gain width is only a bound: "≤" the grid's first width, ">" its last where the curve does not saturate."""
        if self.gain_width.estimate <= self.widths[0]:
            return "≤"
        return ">" if np.isinf(self.gain_width.estimate) else ""

    @property
    def scaled(self) -> np.ndarray:
        """The scores (widths, seeds), scaled so that the baseline is 0 and the best median 1."""
        return (self.scores - self.baseline) / (self.medians[self.best] - self.baseline)


def across_tasks(
    folder: str | Path, options: RecipeOptions = AS_TRAINED, *, track: Track = untracked
) -> pd.DataFrame:
    """What width buys in each study of a folder: the `task_table` of its `task_curves`.

        nlpfeat.across_tasks("runs/all_tasks-look")

    Args:
      folder: whose subfolders are studies.
      options: the recipe at which all are read.
      track: follows the studies.

    Raises:
      UserError: as `task_curves`.
    """
    return task_table(task_curves(expand_path(folder), track, options))


def task_curves(
    folder: Path, track: Track = untracked, options: RecipeOptions = AS_TRAINED
) -> list[TaskCurve]:
    """The curves of all finished studies in a folder, by rising gain width; those that never beat the baseline come last.

    Args:
      folder: whose subfolders are studies.
      track: follows the studies.
      options: the recipe at which all are read; an axis to select is chosen where a study has several values of it.

    Raises:
      UserError: if there is no finished study, or no study has an axis to choose; and as `task_curve`. DamagedFile if one cannot be read.
    """
    paths = sorted(path.parent for path in folder.glob("*/config.json"))
    found, chosen = [], set()
    for path in track(paths, "studies read", len(paths)):
        study = open_study(path)
        if not study.folder.combined.exists():
            log.warning("left out: %s is not finished; run its sweep to the end", path)
            continue
        own = replace(options, select=varied_of(study, options.select))
        chosen.update(own.select)
        curve = task_curve(study, own)
        if curve is None:
            log.warning("left out: all members of %s have failed", path)
        else:
            found.append(curve)
    if not found:
        raise UserError(
            f"{folder} holds no finished study: sweep some into it, as make all-tasks does, or name another folder"
        )
    idle = [name for name in options.select if name not in chosen]
    if idle:
        raise UserError(f"select: no study of {folder} has several values of {', '.join(idle)}")
    return sorted(found, key=_place)


def _place(curve: TaskCurve) -> tuple[bool, float, str]:
    """By which curves are sorted, as NaN has no place among numbers."""
    never = math.isnan(curve.gain_width.estimate)
    return never, 0.0 if never else curve.gain_width.estimate, curve.study


def task_curve(study: Study, options: RecipeOptions = AS_TRAINED) -> TaskCurve | None:
    """The curve of a study at a recipe; None if all its members diverged or never get there.

    Further axes that are not chosen have the values of its config.

    Raises:
      UserError: as `own_recipe` and `nlpfeat.analysis.recipe.read_study`.
    """
    metric = study.task.evaluation.headline
    try:
        chosen = replace(options, at=own_recipe(study, options.select))
        # Each half of the seeds is reported at what the other half chose, so none is lost and none has chosen for itself.
        both = [chosen, replace(chosen, swapped=True)] if options.select else [chosen]
        parts = [read_single(study, one).dataset for one in both]
    except DamagedFile:
        raise
    except UserError as error:
        raise UserError(f"{error} ({study.path})") from None
    diverged, unreached = (sum(map(count, parts)) for count in (diverged_count, unreached_count))
    if diverged + unreached == sum(int((part["member_id"] != "").sum()) for part in parts):
        return None
    final = [scores(part.isel(step=-1), metric).isel(split=-1).transpose("width", "seed") for part in parts]
    values = np.concatenate([one.to_numpy().astype(float) for one in final], axis=1)
    there = ~np.isnan(values).all(1)
    widths, values = final[0]["width"].to_numpy()[there], values[there]
    split = str(parts[0]["split"].to_numpy()[-1])
    baseline = baseline_of(parts[0], split)
    return TaskCurve(
        study=study.path.name,
        width_label=study.task.width_label,
        metric=metric,
        split=split,
        widths=widths,
        scores=values,
        diverged=diverged,
        baseline=baseline,
        gain_width=gain_width(widths, metric.ascending(values), metric.ascending(baseline), SHARE),
        config_hash=parts[0].attrs["config_hash"],
        recipe=recipe(parts[0]) + (" and the reverse" if len(parts) > 1 else ""),
        unreached=unreached,
    )


def own_recipe(study: Study, select: Sequence[str] = ()) -> dict[str, float]:
    """The values that the config of a study sets for the further axes of its grid, without those of `select`.

    Raises:
      UserError: if the grid has several values of an axis, and not that of the config.
    """
    dataset, own = study.results, vars(study.spec.settings)
    point = {}
    for name in varied_of(study, [name for name in further_axes(dataset) if name not in select]):
        values = dataset[name].to_numpy()
        nearest = values[np.abs(values - own[name]).argmin()].item()
        if not np.isclose(nearest, own[name], rtol=1e-6):
            raise UserError(
                f"the grid varies {name} ({', '.join(describe_values(dataset[name]))}), and the {own[name]:g} of its config is not "
                f"among them: choose the best per width by --select={','.join([*select, name])}"
            )
        point[name] = nearest
    return point


def task_table(curves: Sequence[TaskCurve]) -> pd.DataFrame:
    """The curves in numbers, one row each.

    Returns:
      Columns study, width_label, metric, split; seeds, diverged and missing, counts of members; baseline; narrowest and
      widest with the median there; best_width and best_median; gain_width with gain_width_low and gain_width_high (inf: more
      than the widest; gain_width NaN: no width does better than the baseline), bound, unreached and recipe, see `TaskCurve`;
      config_hash.
    """
    rows = []
    for curve in curves:
        ran, medians = ~np.isnan(curve.scores), curve.medians
        missing = int((~ran).sum())
        if missing:
            log.warning("%s: %d members were not run, and are left out", curve.study, missing)
        if curve.diverged:
            log.warning("%s: %d members diverged, and count as failures", curve.study, curve.diverged)
        if curve.unreached:
            log.warning(
                "%s: %d members never reach the loss, and count as failures", curve.study, curve.unreached
            )
        rows.append(
            {
                "study": curve.study,
                "width_label": curve.width_label,
                "metric": curve.metric.name,
                "split": curve.split,
                "seeds": int(ran.any(0).sum()),
                "diverged": curve.diverged,
                "missing": missing,
                "baseline": curve.baseline,
                "narrowest": int(curve.widths[0]),
                "narrowest_median": medians[0],
                "best_width": int(curve.widths[curve.best]),
                "best_median": medians[curve.best],
                "widest": int(curve.widths[-1]),
                "widest_median": medians[-1],
                "gain_width": curve.gain_width.estimate,
                "gain_width_low": curve.gain_width.low,
                "gain_width_high": curve.gain_width.high,
                "bound": curve.bound,
                "unreached": curve.unreached,
                "recipe": curve.recipe,
                "config_hash": curve.config_hash,
            }
        )
    return pd.DataFrame(rows)
