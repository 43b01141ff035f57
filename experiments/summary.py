"""The closing table of a sweep, on stdout."""

import json

import xarray as xr
from rich.console import Console
from rich.table import Table

from nlpfeat.sweeps.summary import SUCCESS, summarize


def print_summary(dataset: xr.Dataset, *, as_json: bool) -> None:
    """Print the table of a study, for people or as JSON."""
    rows = summarize(dataset)
    if as_json:
        print(json.dumps(rows))
        return
    splits = [name for name in rows[0] if isinstance(rows[0][name], list) and name != "success"]
    axes = [name for name in rows[0] if not isinstance(rows[0][name], list) and name != "members"]
    table = Table(
        caption=f"median over seeds (quartiles); P: share of seeds with {splits[-1]} of at least {SUCCESS:.2f}, "
        "Wilson 95 % interval",
        caption_justify="left",
    )
    for name in [*axes, "members", *splits, f"P({splits[-1]} ≥ {SUCCESS:.2f})"]:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        cells = [f"{row[axis]:g}" for axis in axes] + [str(row["members"])]
        for name in [*splits, "success"]:
            low, middle, high = row[name]
            cells.append(f"{middle:.3f} ({low:.3f} – {high:.3f})")
        table.add_row(*cells)
    Console(width=max(100, Console().width), highlight=False).print(table)
