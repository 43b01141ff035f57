"""How separable good and bad words are, for every member at every kept checkpoint: a table, an array and a figure."""

import json
import sys
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from nlpfeat.cli.progress import Counter
from nlpfeat.cli.tables import print_columns
from nlpfeat.embeddings.separability import MEASURES, measure
from nlpfeat.parallel import process_pool
from nlpfeat.plotting.primitives import plot_measure, plot_medians
from nlpfeat.plotting.save import save, stamp
from nlpfeat.plotting.style import BLUE, house_style, width_axis
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.provenance import commit
from nlpfeat.store.results import write_results
from nlpfeat.study.select import finished_buckets, members_at_point, members_at_steps
from nlpfeat.study.words import Words, table_of
from nlpfeat.tasks.spec import config_hash


def separability(words: Words, chosen: dict[str, float], each: int, line: str, *, as_json: bool) -> int:
    """Measure, write STUDY/words.nc and the figure, print the medians at the last step."""
    dataset = measure_all(words, chosen, each)
    study = words.study
    dataset.attrs = {"commit": commit(), "config_hash": config_hash(study.spec), "command": line}
    write_results(dataset, study.path / "words.nc")
    study.figures.mkdir(exist_ok=True)
    with house_style():
        figure = separability_figure(dataset, study.spec.task.width_label)
        stamp(figure, f"{line}   commit {dataset.attrs['commit']}   config {dataset.attrs['config_hash']}")
        paths = save(figure, study.figures / "words-separability")
        plt.close(figure)
    rows = summarize(dataset)
    if as_json:
        print(json.dumps(rows))
    else:
        good, bad = dataset["groups"].to_numpy().tolist()
        print_columns(
            {name: [_cell(row[name]) for row in rows] for name in rows[0]},
            f"{good} good and {bad} bad words at the last step: medians over members (quartiles; of separable the share with its Wilson interval). "
            + "; ".join(f"{name}: {about.about}" for name, about in MEASURES.items()),
        )
    print(f"array: {study.path / 'words.nc'}; figure: {paths[0]}", file=sys.stderr)
    return 0


def measure_all(words: Words, chosen: dict[str, float], each: int) -> xr.Dataset:
    """The measures of all finished members: dims (member, step), the settings as coordinates of `member`.

    Args:
      chosen: the point of the study's further axes, beside width and seed.

    Raises:
      UserError: if no bucket is finished, the further axes are open, or there are too few words of extreme polarity.
    """
    study, groups = words.study, words.groups(each)
    table = members_at_point(study, chosen)
    work = finished_buckets(study, table)
    futures: dict[tuple[str, int], Any] = {}
    with process_pool() as pool:
        for net in members_at_steps(study, words.factory, table, work):
            vectors = table_of(words, net.params, net.settings)[groups.words]
            if np.isfinite(vectors).all():
                futures[net.id, net.step] = pool.submit(measure, vectors, groups.labels)
        with Counter("word spaces measured", len(futures)) as progress:
            for _ in progress.each(iter(futures.values())):
                _.result()
    members = [str(member) for member in table.index[table["bucket"].isin({label for label, _ in work})]]
    steps = sorted({step for _, step in work})
    diverged = dict.fromkeys(MEASURES, np.nan) | {"probe": 0.0, "separable": 0.0}  # they tell nothing apart
    found = [[futures[m, s].result() if (m, s) in futures else diverged for s in steps] for m in members]
    data = {
        name: (
            ("member", "step"),
            np.array([[one[name] for one in row] for row in found]),
            {"units": about.units, "long_name": about.about},
        )
        for name, about in MEASURES.items()
    }
    mine = table.loc[members]
    coords: dict[str, Any] = {"step": steps, "id": ("member", members), "group": ["good", "bad"]}
    for name in study.spec.settings._fields:
        coords[name] = ("member", mine[name].to_numpy())
    counts = [int((groups.labels == label).sum()) for label in (1, 0)]
    return xr.Dataset(data | {"groups": ("group", counts)}, coords)


def summarize(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Quartiles over the members of each width, at the last step."""
    last = dataset.isel(step=-1)
    rows = []
    for width in np.unique(dataset["width"]).tolist():
        here = last.isel(member=(dataset["width"] == width).to_numpy())
        row: dict[str, Any] = {"width": width, "members": here.sizes["member"]}
        row["diverged"] = int(here["rank"].isnull().sum())
        for name in MEASURES:
            values = here[name].to_numpy()
            known = values[~np.isnan(values)]
            row[name] = None
            if len(known):
                middle = (
                    wilson(int(known.sum()), len(known))
                    if name == "separable"
                    else quartiles_of(known, axis=0)
                )
                row[name] = [round(float(x), 5) for x in middle]
        rows.append(row)
    return rows


def _cell(value: Any) -> str:
    if not isinstance(value, list):
        return "–" if value is None else str(value)
    low, middle, high = (f"{x:.3g}" for x in value)
    return middle if low == high else f"{middle} ({low}–{high})"


def separability_figure(dataset: xr.Dataset, width_label: str) -> Any:
    """Above, each measure against width at the last step, every member a point; below, medians over training."""
    widths = np.unique(dataset["width"]).tolist()
    steps = dataset["step"].to_numpy()
    figure, axes = plt.subplots(2, len(_PANELS), figsize=(3.2 * len(_PANELS), 6.8))
    for (name, (title, bottom_limit, top_limit)), (top, bottom) in zip(_PANELS.items(), axes.T, strict=True):
        groups = [dataset[name].isel(member=(dataset["width"] == w).to_numpy()) for w in widths]
        values = [group.transpose("member", "step").to_numpy() for group in groups]
        middles = _shares if name == "separable" else partial(quartiles_of, axis=0)
        low, middle, high = np.stack([middles(part) for part in values], axis=1)  # (widths, steps) each
        longest = max(len(part) for part in values)
        last = np.stack(
            [np.pad(part[:, -1], (0, longest - len(part)), constant_values=np.nan) for part in values]
        )
        plot_measure(top, widths, last, low[:, -1], middle[:, -1], high[:, -1], label=name, colour=BLUE)
        width_axis(top, widths, width_label)
        top.set_title(title)
        plot_medians(bottom, steps, low, middle, high, widths=widths)
        for ax in (top, bottom):
            ax.set_ylim(bottom_limit, top_limit)
        if ax is not axes[-1, -1]:
            bottom.get_legend().remove()
    figure.suptitle(
        "How separable good and bad words are: above at the last step, every member a point; below over training",
        x=0.005,
        ha="left",
        fontsize=12,
    )
    return figure


# Measure -> title and limits of its panels.
_PANELS = {
    "rank": ("dimensions filled", 0, None),
    "probe": ("held-out probe", None, None),
    "separable": ("share certified separable", -0.04, 1.04),
    "margin": ("hard margin", 0, None),
    "silhouette": ("silhouette", None, None),
    "purity": ("purity of neighbours", None, None),
}


def _shares(values: np.ndarray) -> np.ndarray:
    """The share of members of which it holds, with its Wilson interval, (3, steps)."""
    known = ~np.isnan(values)
    counts = zip((values == 1).sum(0).tolist(), known.sum(0).tolist(), strict=True)
    return np.array([wilson(wins, trials) if trials else (np.nan,) * 3 for wins, trials in counts]).T
