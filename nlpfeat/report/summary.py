"""The closing table of a study as text, for the report page and for the terminal."""

from typing import NamedTuple

import xarray as xr

from nlpfeat.stats.summaries import summarize
from nlpfeat.tasks.registry import TASKS


class SummaryTable(NamedTuple):
    """The headline metric at the last step by width and further axes, as text.

    Attributes:
      heads: of the columns.
      rows: one cell per column.
      caption: how the cells are read.
    """

    heads: list[str]
    rows: list[list[str]]
    caption: str


def summary_table(dataset: xr.Dataset) -> SummaryTable:
    """The table of a study's array."""
    rows = summarize(dataset)
    criterion = TASKS[dataset.attrs["task"]].evaluation.criterion
    splits = [name for name in rows[0] if isinstance(rows[0][name], list) and name != "success"]
    axes = [
        name
        for name in rows[0]
        if not isinstance(rows[0][name], list) and name not in ("members", "diverged")
    ]
    table = []
    for row in rows:
        diverged = f" ({row['diverged']} diverged)" if row["diverged"] else ""
        cells = [f"{row[axis]:g}" for axis in axes] + [f"{row['members']}{diverged}"]
        for name in [*splits, "success"]:
            quartiles = row[name]
            assert isinstance(quartiles, list)
            low, middle, high = ("∞" if value is None else f"{value:.3f}" for value in quartiles)
            cells.append(f"{middle} ({low} – {high})")
        table.append(cells)
    heads = [name.replace("_", " ") for name in [*axes, "members", *splits, f"P({splits[-1]} {criterion})"]]
    caption = (
        "median over seeds (quartiles), diverged members counting as the worst; P: share of seeds with "
        f"{splits[-1]} {criterion}, Wilson 95 % interval"
    )
    return SummaryTable(heads, table, caption)
