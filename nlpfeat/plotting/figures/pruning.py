"""What is left of a wide network: the metric and the share of successes against the units kept."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.pruning import CONDITIONS, DUPLICATES, NATIVE, PRUNED, RANDOM, TICKET, TUNED, Pruning
from nlpfeat.plotting.primitives import plot_share
from nlpfeat.plotting.style import BLUE, GREEN, GREY, ORANGE, RED, house_style, set_heading, width_axis

_COLOURS = {"magnitude": ORANGE, "loss": BLUE, DUPLICATES: GREEN, RANDOM: GREY, NATIVE: RED}
_WORDS = {
    DUPLICATES: "merged along fold lines",
    "magnitude": "largest weights",
    "loss": "largest effect on the loss",
}
_PANELS = ((PRUNED,), (TUNED, NATIVE), (TICKET, RANDOM, NATIVE))


@house_style()
def pruning_figure(found: Pruning, width_label: str) -> Figure:
    """Quartiles of the metric above, shares of successes below where there is a threshold; a column per question.

    Args:
      found: from `nlpfeat.analysis.pruning.prune`.
      width_label: what the width counts.
    """
    known = set(found.curves["condition"])
    panels = [panel for panel in _PANELS if panel[0] in known]
    with_shares = bool(found.curves["share"].notna().any())
    size = (max(6.4, 4.9 * len(panels)), 1.4 + 3.4 * (1 + with_shares))
    figure, axes = plt.subplots(
        1 + with_shares, len(panels), figsize=size, sharex=True, sharey="row", squeeze=False
    )
    kept = sorted(found.curves["kept"].unique().tolist())
    titles = {
        PRUNED: "not trained again",
        TUNED: "trained further",
        TICKET: "set back to the start, trained anew",
    }
    for column, panel in zip(axes.T, panels, strict=True):
        for condition, criterion, rows in _lines(found.curves, panel):
            _plot_quartiles(column[0], rows, condition, criterion)
            if with_shares:
                values = (rows[name].to_numpy() for name in ("share_low", "share", "share_high"))
                plot_share(
                    column[1], rows["kept"].tolist(), *values, label="", colour=_colour(condition, criterion)
                )
        column[0].axhline(found.whole, color=GREY, lw=1, ls="--")
        column[0].set_title(titles[panel[0]])
        column[0].legend(fontsize=8.5)
        width_axis(column[-1], kept, f"{width_label} kept", 1.9)
    axes[0, 0].set_ylabel(f"{found.split} {found.metric.name}")
    if with_shares:
        axes[1, 0].set_ylabel("share of seeds that succeed")
    seeds = int(found.curves["seeds"].max())
    trained = f"\nTrained {found.trained}." if found.trained else ""
    set_heading(
        figure,
        f"What is left of networks of {found.width} units: median and quartiles of {seeds} seeds; dashed: the whole networks.{trained}",
    )
    return figure


def _lines(curves: pd.DataFrame, conditions: tuple[str, ...]) -> list[tuple[str, str, pd.DataFrame]]:
    chosen = curves[curves["condition"].isin(conditions)]
    groups = chosen.groupby(["condition", "criterion"], sort=False)
    found = [(str(where[0]), str(where[1]), rows) for where, rows in groups]
    return sorted(found, key=lambda line: CONDITIONS.index(line[0]))


def _colour(condition: str, criterion: str) -> str:
    return _COLOURS[criterion or condition]


def _plot_quartiles(ax: Axes, rows: pd.DataFrame, condition: str, criterion: str) -> None:
    colour = _colour(condition, criterion)
    label = _WORDS.get(criterion, f"{condition} networks" if condition == NATIVE else f"{condition}s")
    finite = [np.where(np.isfinite(rows[name]), rows[name], np.nan) for name in ("low", "median", "high")]
    ax.fill_between(rows["kept"], finite[0], finite[2], color=colour, alpha=0.16, lw=0)
    ax.plot(rows["kept"], finite[1], "o-", color=colour, ms=4.5, lw=1.7, label=label)
