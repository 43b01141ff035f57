"""Which words' neighbours settle first, and which last, as spaces grow wider."""

import numpy as np
import pandas as pd

from nlpfeat.cli.tables import print_columns, warn
from nlpfeat.embeddings.stability import STABLE, NeighbourStability, neighbour_stability

TOLD, SPELT = 8, 4  # words of each end, neighbours told of each

# The settings of each member, and the neighbours of the frequent words in its space (most, near).
Seen = list[tuple[dict[str, float], np.ndarray]]


def settle(seen: Seen) -> NeighbourStability | None:
    """When neighbours settle; None, with a note, where there are not two seeds of each width."""
    widths = sorted({int(point["width"]) for point, _ in seen})
    near = [np.stack([found for point, found in seen if point["width"] == width]) for width in widths]
    if len(widths) < 2 or any(len(found) < 2 for found in near):
        warn("which words settle when can be told of two widths and more, with two seeds of each")
        return None
    return neighbour_stability(widths, near)


def by_word(settled: NeighbourStability, names: list[str]) -> pd.DataFrame:
    """A row a word, the most frequent first."""
    table = pd.DataFrame({"word": names[: len(settled.width)], "settled_at": settled.width})
    for width, overlap in zip(settled.widths, settled.overlap, strict=True):
        table[f"shared_at_{width}"] = overlap.round(4)
    return table


def print_settling(settled: NeighbourStability, seen: Seen, names: list[str]) -> None:
    """Print the words that settle first and last, with their neighbours at three widths."""
    widths = settled.widths
    shown = sorted({widths[0], widths[len(widths) // 2], widths[-1]})
    near = {width: next(found for point, found in seen if point["width"] == width) for width in shown}
    known = np.flatnonzero(~np.isnan(settled.width))
    # Of those that settle at the same width, first those that are there soonest.
    order = known[np.lexsort((-settled.overlap.mean(0)[known], settled.width[known]))]
    chosen = np.unique(np.concatenate([order[:TOLD], order[-TOLD:]]), return_index=True)[1]
    rows = np.concatenate([order[:TOLD], order[-TOLD:]])[np.sort(chosen)]
    columns = {
        "word": [names[i] for i in rows],
        "settled at": [f"{settled.width[i]:g}" for i in rows],
    } | {
        f"nearest at {width}": [", ".join(names[j] for j in near[width][i][:SPELT]) for i in rows]
        for width in shown
    }
    share = 1 - len(known) / len(settled.width)
    print_columns(
        columns,
        f"The words whose nearest {near[shown[0]].shape[1]} settle first, and last: from a width on, it shares {STABLE:.0%} of what two "
        f"seeds of the widest share. {share:.0%} of the {len(settled.width):,} words have no neighbours that two seeds agree on",
    )
