"""Columns of text and numbers on stdout, notes on stderr."""

import sys

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text


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
    return Text(harmless(text))


def harmless(text: str) -> str:
    """Text of others with nothing in it that commands a terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)


def warn(*notes: str) -> None:
    """A line on stderr for each thing that the reader should know."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
