"""Tables on stdout."""

import json

import xarray as xr
from rich.console import Console
from rich.table import Table

from nlpfeat.sweeps.estimate import BucketCost
from nlpfeat.sweeps.summary import SUCCESS, summarize


def print_summary(dataset: xr.Dataset, *, as_json: bool) -> None:
    """Print the table of a study, for people or as JSON."""
    rows = summarize(dataset)
    if as_json:
        print(json.dumps(rows))
        return
    splits = [name for name in rows[0] if isinstance(rows[0][name], list) and name != "success"]
    axes = [
        name
        for name in rows[0]
        if not isinstance(rows[0][name], list) and name not in ("members", "diverged")
    ]
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
        cells[len(axes)] += f" ({row['diverged']} diverged)" if row["diverged"] else ""
        table.add_row(*cells)
    _print(table)


def print_costs(costs: list[BucketCost]) -> None:
    """Print what each bucket is expected to cost."""
    table = Table()
    table.add_column("bucket")
    for name in ("members", "padded width", "programs", "MB", "compile s", "train s"):
        table.add_column(name, justify="right")
    for label, members, width, programs, *sizes in costs:
        table.add_row(label, *map(str, (members, width, programs)), *(f"{x:.1f}" for x in sizes))
    if costs:
        _print(table)


def _print(table: Table) -> None:
    Console(width=max(120, Console().width), highlight=False).print(table)
