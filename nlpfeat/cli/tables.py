"""Tables and JSON on stdout."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nlpfeat.stats.summaries import summarize, summary_table
from nlpfeat.store.atomic import write_csv
from nlpfeat.sweeps.cost import BucketCost
from nlpfeat.training.metrics import Success


def print_table(table: Table) -> None:
    """Print a table, no narrower than most terminals."""
    Console(width=max(120, Console().width), highlight=False).print(table)


def print_columns(columns: dict[str, list[str]], caption: str = "") -> None:
    """Print named columns; those of numbers stand to the right."""
    table = Table(caption=_verbatim(caption), caption_justify="left")
    for name, cells in columns.items():
        numeric = all(cell.lstrip("-+")[:1].isdigit() for cell in cells)
        table.add_column(name, justify="right" if numeric else "left")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*map(_verbatim, row))
    print_table(table)


def median_cell(values: np.ndarray) -> str:
    """The median of the values that are known, and the lowest and highest where they differ; ∞ where a member diverged."""
    known = values[~np.isnan(values)]
    if not len(known):
        return "–"
    numbers = np.median(known), known.min(), known.max()
    middle, low, high = ("∞" if np.isinf(x) else f"{x:.3f}" if abs(x) < 10 else f"{x:.1f}" for x in numbers)
    return middle if low == high else f"{middle} ({low}–{high})"


def _verbatim(text: str) -> Text:
    """Text of others as it stands: no markup, no emoji codes."""
    return Text(printable(text))


def printable(text: str) -> str:
    """Text of others with nothing in it that commands a terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)


def print_json(value: PyTree) -> None:
    """Print plain values as JSON, which has no infinity and no NaN: they become null. Tables become lists of rows."""
    print(json.dumps(_plain(value)))


def _plain(value: PyTree) -> PyTree:
    if isinstance(value, pd.DataFrame):
        return _plain(value.to_dict("records"))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def print_csv(table: pd.DataFrame, out: Path | None, *, as_json: bool) -> None:
    """Write a table as CSV and print its path, or print it as CSV or JSON where no file is named."""
    if out is not None:
        print(write_csv(table, out))
    elif as_json:
        print_json(table)
    else:
        print(table.to_csv(index=False), end="")


def with_columns(names: Sequence[str], rows: Sequence[Sequence[str]], found: pd.DataFrame) -> pd.DataFrame:
    """The rows of a file of the user with further columns; where a name is taken, an underscore is put behind it."""
    given = pd.DataFrame(list(rows), columns=list(names), dtype=str)
    free = {name: f"{name}_" for name in map(str, found) if name in names}
    return pd.concat([given, found.rename(columns=free)], axis=1)


def print_paths(paths: Sequence[Path], *, as_json: bool = False) -> None:
    """Print the files that were written, a line each, or as JSON."""
    if as_json:
        print_json({"paths": paths})
    else:
        print("\n".join(map(str, paths)))


def print_summary(dataset: xr.Dataset, success: Success | None = None, *, as_json: bool) -> None:
    """Print the table of a study, for people or as JSON.

    Args:
      dataset: a study's array.
      success: the criterion of success; None for that of the study, if it has one.
      as_json: whether for programs.
    """
    if as_json:
        print_json(summarize(dataset, success))
        return
    heads, rows, caption = summary_table(dataset, success)
    table = Table(caption=caption, caption_justify="left")
    for head in heads:
        table.add_column(head, justify="right")
    for row in rows[:-1]:
        table.add_row(*row)
    table.add_section()
    table.add_row(*rows[-1])
    print_table(table)


MOST_CLASSES = 20  # of a table: of more, those that are found worst


def print_classes(table: pd.DataFrame, what: str) -> None:
    """Print recall, precision and F1 of each class, from `nlpfeat.analysis.predictions.class_table`.

    Args:
      table: one row per class.
      what: whose predictions, of which texts.
    """
    shown = table if len(table) <= MOST_CLASSES else table.nsmallest(MOST_CLASSES, "recall")
    left = (
        f", the {MOST_CLASSES} of {len(table)} classes that are found worst"
        if len(shown) < len(table)
        else ""
    )
    columns = {
        "class": shown["class"].tolist(),
        "texts": [f"{n:,}" for n in shown["examples"]],
        "recall": [
            f"{row.recall:.3f} ({row.recall_low:.3f} – {row.recall_high:.3f})" if row.examples else "–"
            for row in shown.itertuples()
        ],
        "precision": ["–" if math.isnan(x) else f"{x:.3f}" for x in shown["precision"]],
        "F1": [f"{x:.3f}" for x in shown["f1"]],
    }
    print_columns(columns, f"{what}{left}; recall with its Wilson 95 % interval")


def print_costs(costs: list[BucketCost]) -> None:
    """Print what each bucket is expected to cost; buckets of one size, which cost the same, stand on one line."""
    table = Table()
    table.add_column("bucket")
    for name in (
        "alike",
        "members",
        "padded width",
        "programs",
        "MB",
        "MB on disk",
        "compile s",
        "train s",
        "MFLOP a step",
        "MB a step",
    ):
        table.add_column(name, justify="right")
    alike = Counter((cost.members, cost.width) for cost in costs)
    shown = {
        (cost.members, cost.width): cost for cost in reversed(costs)
    }  # the first of each, which compiles
    table.add_column("of the peak", justify="right")
    for label, members, width, programs, *sizes, share in reversed(shown.values()):
        count = str(alike[members, width])
        table.add_row(
            label,
            count,
            *map(str, (members, width, programs)),
            *(f"{x:.1f}" for x in sizes),
            "–" if np.isnan(share) else f"{share:.1%}",
        )
    if costs:
        print_table(table)
