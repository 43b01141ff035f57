"""Superposition: how many features share how many dimensions, and how their vectors lie.

Sources: Elhage et al. 2022, "Toy models of superposition" (dimensions per feature); Liu, Liu & Gore 2025, "Superposition yields robust
neural scaling" (the loss falls like 1 / m where superposition is strong).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from nlpfeat.analysis.grid import points_of
from nlpfeat.analysis.ratings import factor_tables
from nlpfeat.errors import UserError
from nlpfeat.models.units import flat_params
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.power_laws import log_slope
from nlpfeat.store.results import further_axes
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import finished_steps, members_at_steps
from nlpfeat.study.session import Study
from nlpfeat.training.metrics import Metric

TOY = "superposition"  # the task
WHOLE = 1.0  # length of the vector of a feature that the toy model passes on unchanged
MOST = 2000  # vectors of a table: the first ones, such as the most frequent words
PRESENT = 0.5  # of a whole length: a feature with a longer vector is represented
ALL = 0.95  # share of the features that are represented where superposition is called strong
MIN_WIDTHS = 3  # of a slope
FLOOR = 1e-6  # of a loss whose power is fitted: below it, everything is represented

# Column -> description, in the order of tables.
MEASURES = {
    "represented": "features whose vectors are longer than ½ (of words and items: than half of the longest)",
    "per_dimension": "squared lengths of all vectors per dimension (of words and items: the longest having length 1): more than 1 is superposition",
    "dimensions": "median of the dimensions per represented feature: 1 is a direction of its own, ½ one shared with its opposite",
    "overlap": "root mean square cosine of two represented features; random directions have 1/√m, the least possible is `welch`",
}


class Superposition(NamedTuple):
    """The vectors of the features of a study's members.

    Attributes:
      members: one row per member: its settings on the axes of the grid, the headline metric and the loss on the last split, and
        `MEASURES`, with "welch", the Welch bound, and "random", 1/√m.
      slopes: one row per point of the further axes: these, and the slope of log(loss) in log(m) with its 95 % interval over seeds,
        low, slope, high, over the widths "narrowest" to "widest": where superposition is "strong", those at which nearly all features
        are represented in at most half as many dimensions; if there are fewer than three, all whose loss is above the floor. "seeds" are those
        that have all of these widths.
      metric: the headline metric.
      split: the last one.
    """

    members: pd.DataFrame
    slopes: pd.DataFrame
    metric: Metric
    split: str

    @property
    def axes(self) -> list[str]:
        """The further axes of which the study has several values."""
        columns = list(self.members.columns)
        return [name for name in columns[: columns.index("width")] if self.members[name].nunique() > 1]


def superposition(study: Study, track: Track = untracked) -> Superposition:
    """Measure how the features of a study's members share their dimensions.

        nlpfeat.superposition(nlpfeat.open_study("runs/superposition")).slopes

    Args:
      study: of the toy model, of word vectors, or of ratings, whose features are words and items.
      track: follows the members.

    Raises:
      UserError: if the task has no such vectors, or no bucket is finished; DamagedFile if a checkpoint cannot be read.
    """
    dataset, metric = study.results, study.task.evaluation.headline
    split = str(dataset["split"].to_numpy()[-1])
    further = further_axes(dataset)
    table = study.members
    last = dict(finished_steps(study.folder, table))
    found = members_at_steps(study, table, list(last.items()))
    rows, features = [], 0
    for member in track(found, "members", len(table)):
        if member.finite:
            vectors = vectors_of(member)
            features = len(vectors)
            if vectors.shape[1] != int(member.settings.width):
                raise UserError(
                    f"{study.path} sweeps another width than the dimension of its vectors, {vectors.shape[1]}"
                )
            own = table.loc[member.id].to_dict()
            where = {name: float(own[name]) for name in further}
            where |= {"width": int(member.settings.width), "seed": int(member.settings.seed)}
            record = {
                "loss": float(member.record["loss"][-1]),
                metric.name: float(member.record[metric.name][-1]),
            }
            rows.append(where | record | feature_geometry(vectors, WHOLE if study.task.name == TOY else None))
    if not rows:
        raise UserError(f"{study.path}: all members diverged")
    members = pd.DataFrame(rows).sort_values([*further, "width", "seed"], ignore_index=True)
    return Superposition(members, pd.DataFrame(_slopes(dataset, split, members, features)), metric, split)


def vectors_of(member: TrainedMember) -> Float[np.ndarray, "features m"]:
    """One vector per feature: per feature of the toy model, per word of a table, per item of a factor model.

    Raises:
      UserError: if the task has none of these.
    """
    task = member.task
    if task.name == TOY:
        return np.asarray(flat_params(member.params)["vectors"], np.float64)
    if task.views.word_vectors is not None:
        table = task.views.word_vectors(member.params, member.settings, member.dataset.metadata)
        return np.asarray(table, np.float64)[:MOST]
    if task.views.factors is not None:
        items = member.dataset.metadata.most_rated(MOST)
        return np.asarray(factor_tables(member).items, np.float64)[items]
    raise UserError(
        f"{task.name} has neither word vectors nor factors, and is not the toy model: sweep {TOY}"
    )


def feature_geometry(
    vectors: Float[np.ndarray, "features m"], whole: float | None = None
) -> dict[str, float]:
    """The `MEASURES` of some vectors, with the Welch bound and the cosine of random directions.

    Args:
      vectors: one per feature.
      whole: length of a feature that is wholly represented; None for that of the longest.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    longest = lengths.max(initial=0.0) if whole is None else whole
    dimensions = vectors.shape[1]
    present = lengths > PRESENT * longest
    if not present.any():
        empty = dict.fromkeys((*MEASURES, "welch", "random"), np.nan)
        return empty | {"represented": 0, "per_dimension": _per_dimension(lengths, longest, dimensions)}
    shared = feature_dimensions(vectors)[present]
    unit = vectors[present] / lengths[present, None]
    count = len(unit)
    squares = (unit @ unit.T) ** 2
    overlap = np.sqrt((squares.sum() - count) / (count * (count - 1))) if count > 1 else 0.0
    welch = np.sqrt((count - dimensions) / (dimensions * (count - 1))) if count > dimensions else 0.0
    return {
        "represented": int(present.sum()),
        "per_dimension": _per_dimension(lengths, longest, dimensions),
        "dimensions": float(np.median(shared)),
        "overlap": float(overlap),
        "welch": float(welch),
        "random": dimensions**-0.5,
    }


def _per_dimension(lengths: np.ndarray, whole: float, dimensions: int) -> float:
    return float((lengths**2).sum() / whole**2 / dimensions) if whole else np.nan


def feature_dimensions(vectors: Float[np.ndarray, "features m"]) -> Float[np.ndarray, " features"]:
    """The dimensions of each feature: ‖w‖² / Σ (ŵ · w')² over all features w', itself included; 0 for a vector of length 0.

    In a regular polygon of n features each has 2/n.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    known = lengths > 0
    unit = vectors / np.where(known, lengths, 1.0)[:, None]
    total = ((unit @ vectors.T) ** 2).sum(1)
    return np.divide(lengths**2, total, out=np.zeros_like(total), where=known)


def _slopes(
    dataset: xr.Dataset, split: str, members: pd.DataFrame, features: int
) -> Iterator[dict[str, float | bool]]:
    for point, part in points_of(dataset):
        loss = part["loss"].isel(step=-1).sel(split=split).transpose("width", "seed").to_numpy()
        widths = part["width"].to_numpy()
        here = members
        for name, value in point.items():
            here = here[here[name] == value]
        represented = here.groupby("width")["represented"].median().reindex(widths).to_numpy()
        whole = np.nanmedian(loss, axis=1) > FLOOR
        strong = whole & (represented >= ALL * features) & (widths <= features / 2)
        used = strong if strong.sum() >= MIN_WIDTHS else whole
        seeds = (np.isfinite(loss[used]) & (loss[used] > FLOOR)).all(0)  # those that have all of these widths
        if used.sum() >= MIN_WIDTHS and seeds.any():
            slope = log_slope(widths[used].astype(float), loss[used][:, seeds])
            yield (
                point
                | {"low": slope.low, "slope": slope.estimate, "high": slope.high}
                | {
                    "seeds": int(seeds.sum()),
                    "strong": bool(strong.sum() >= MIN_WIDTHS),
                    "narrowest": int(widths[used][0]),
                    "widest": int(widths[used][-1]),
                }
            )
