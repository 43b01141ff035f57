"""Separability of the words of a class from the others in the space of their vectors, for every member at every kept checkpoint."""

from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.analysis.embeddings import class_index, polar_groups, texts_of, word_vectors
from nlpfeat.config.fields import setting_names
from nlpfeat.embeddings.separability import MEASURES, measure
from nlpfeat.parallel import process_pool
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.study.select import ANYWHERE, finished_steps, members_at_point, members_at_steps
from nlpfeat.study.session import Study

PER_CLASS = 500  # words of the class, and of the others


def word_separability(
    study: Study,
    point: Mapping[str, float] = ANYWHERE,
    per_class: int = PER_CLASS,
    track: Track = untracked,
    class_name: str = "",
) -> xr.Dataset:
    """The MEASURES of all finished members at all kept checkpoints.

    Args:
      study: of classified texts.
      point: values of the axes beside width and seed.
      per_class: words of each polarity.
      track: follows the loop over members and checkpoints.
      class_name: whose words are held against those of the others; empty for the last class.

    Returns:
      Dims (member, step), the settings as coordinates of "member", and "groups": the numbers of words of the class and of the
      others.

    Raises:
      UserError: if no bucket is finished, `point` leaves an axis open, or too few words have a polarity.
    """
    name = texts_of(study).corpus.classes[class_index(study, class_name)]
    groups = polar_groups(study, per_class, class_name)
    table = members_at_point(study, point)
    steps = finished_steps(study.folder, table)
    futures: dict[tuple[str, int], Future[dict[str, float]]] = {}
    with process_pool() as pool:
        for member in members_at_steps(study, table, steps):
            vectors = word_vectors(member)[groups.words]
            if np.isfinite(vectors).all():
                futures[member.id, member.step] = pool.submit(measure, vectors, groups.labels)
        results = {
            key: future.result()
            for key, future in track(futures.items(), "word spaces measured", len(futures))
        }
    diverged = dict.fromkeys(MEASURES, np.nan) | {"probe": 0.0, "separable": 0.0}  # it separates nothing
    finished = table[table["bucket"].isin({label for label, _ in steps})]
    ids, kept = list(map(str, finished.index)), sorted({step for _, step in steps})
    values = [[results.get((member, step), diverged) for step in kept] for member in ids]
    data = {
        name: (
            ("member", "step"),
            np.array([[one[name] for one in row] for row in values]),
            {"units": one.units, "long_name": one.description},
        )
        for name, one in MEASURES.items()
    }
    settings = {name: ("member", finished[name].to_numpy()) for name in setting_names(study.spec.settings)}
    counts = [int((groups.labels == label).sum()) for label in (1, 0)]
    return xr.Dataset(
        {**data, "groups": ("group", counts)},
        {"step": kept, "id": ("member", ids), "group": [name, f"not {name}"], **settings},
    )


def separability_by_width(dataset: xr.Dataset) -> xr.Dataset:
    """Medians over the members of each width with quartiles; of "separable" the share of members with its Wilson interval.

    Returns:
      Each measure with dims (bound: low, middle, high; width; step), and "diverged" (width, step): members without vectors.
    """
    groups = dict(iter(dataset.groupby("width")))
    data = {
        name: (
            ("bound", "width", "step"),
            np.stack(
                [
                    _middle(name, group[name].transpose("member", "step").to_numpy())
                    for group in groups.values()
                ],
                1,
            ),
        )
        for name in MEASURES
    }
    diverged = [group.sizes["member"] - group["rank"].count("member").to_numpy() for group in groups.values()]
    members = [group.sizes["member"] for group in groups.values()]
    return xr.Dataset(
        {**data, "diverged": (("width", "step"), np.stack(diverged)), "members": ("width", members)},
        {"bound": ["low", "middle", "high"], "width": list(groups), "step": dataset["step"]},
    )


def _middle(name: str, values: np.ndarray) -> np.ndarray:
    """Quartiles over members of values (members, steps), or the share with its interval: (3, steps)."""
    if name != "separable":
        return np.stack(quartiles_of(values, axis=0))
    known = ~np.isnan(values)
    counts = zip((values == 1).sum(0).tolist(), known.sum(0).tolist(), strict=True)
    return np.array([wilson(wins, trials) if trials else (np.nan,) * 3 for wins, trials in counts]).T


def separability_table(dataset: xr.Dataset) -> pd.DataFrame:
    """A row per width at the last step: "width", "members", "diverged", and each measure as [low, middle, high], or None."""
    last = separability_by_width(dataset).isel(step=-1)
    columns = {
        name: [
            None if np.isnan(bounds).any() else bounds.round(5).tolist()
            for bounds in last[name].transpose("width", "bound").to_numpy()
        ]
        for name in MEASURES
    }
    counts = {name: last[name].to_numpy() for name in ("members", "diverged")}
    return pd.DataFrame({"width": last["width"].to_numpy(), **counts, **columns})
