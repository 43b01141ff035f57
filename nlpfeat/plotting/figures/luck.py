"""What networks have at their start beside what becomes of them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.grid import rows_at_points
from nlpfeat.analysis.luck import Luck
from nlpfeat.plotting.primitives import error_bars, plot_share
from nlpfeat.plotting.style import (
    BLUE,
    GREY,
    house_style,
    set_heading,
    width_axis,
    width_colours,
)
from nlpfeat.study.select import describe_settings


@house_style()
def luck_figure(found: Luck, width_label: str) -> Figure:
    """Dead units against width, before and after; success against width; on sparse parity, success against good units.

    Args:
      found: from `nlpfeat.analysis.luck.luck`.
      width_label: what the width counts.
    """
    widths = sorted(found.widths["width"].unique().tolist())
    points = list(rows_at_points(found.widths, found.axes))
    colours = width_colours(range(len(points)))
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15.5, 4.9))
    left.plot(
        found.members["width"].unique(),
        found.widths.groupby("width", sort=False)["dead_first"].mean(),
        "s--",
        color=GREY,
        label="before training",
    )
    for (point, rows), colour in zip(points, colours, strict=True):
        words = describe_settings(point)
        left.plot(
            rows["width"],
            rows["dead_last"],
            "o-",
            color=colour,
            label=f"after it, {words}" if words else "after it",
        )
        if rows["share"].notna().all():
            plot_share(
                middle,
                rows["width"].tolist(),
                *(rows[name].to_numpy() for name in ("share_low", "share", "share_high")),
                label=words,
                colour=colour,
            )
    left.set(ylabel="mean share of units", title="Units active on no training example")
    left.set_ylim(bottom=0)
    left.legend(fontsize=8.5)
    middle.set(
        title=f"Share of seeds with {found.threshold}" if found.threshold else "No threshold of success"
    )
    if len(points) > 1:
        middle.legend(fontsize=8.5)
    for ax in (left, middle):
        width_axis(ax, widths, width_label, 1.4)
    if found.by_good.empty:
        _plot_effects(right, found.effects, widths, width_label)
    else:
        _plot_good(right, found, colours)
    set_heading(figure, "Luck at the start and what becomes of it: shares with 95 % intervals.")
    return figure


def _plot_effects(ax: Axes, effects: pd.DataFrame, widths: list[int], width_label: str) -> None:
    rows = effects[effects["trait"] == "dead_first"] if len(effects) else effects
    if len(rows):
        bars = error_bars(*(rows[name].to_numpy() for name in ("low", "correlation", "high")))
        shift = np.exp2(np.linspace(-0.06, 0.06, len(rows)))
        ax.errorbar(rows["width"] * shift, rows["correlation"], bars, fmt="o", color=BLUE, capsize=3)
    ax.axhline(0, color=GREY, lw=1)
    ax.set_ylim(-1.03, 1.03)
    ax.set(ylabel="rank correlation", title="Dead units at birth and the score")
    width_axis(ax, widths, width_label, 1.4)


def _plot_good(ax: Axes, found: Luck, colours: list[str]) -> None:
    table = found.by_good
    order = list(dict.fromkeys(sorted(table["good"], key=lambda text: int(text.split(" ")[0]))))
    for (point, rows), colour in zip(rows_at_points(table, found.axes), colours, strict=True):
        places = np.array([order.index(text) for text in rows["good"]])
        bars = error_bars(*(rows[name].to_numpy() for name in ("share_low", "share", "share_high")))
        ax.errorbar(
            places,
            rows["share"],
            bars,
            fmt="o-",
            color=colour,
            capsize=3,
            label=describe_settings(point),
        )
    ax.set_xticks(range(len(order)), order)
    ax.set_ylim(-0.03, 1.03)
    ax.set(xlabel="good units at the start", title="Success by good units, over all widths")
