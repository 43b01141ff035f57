"""The lines between the networks of different seeds: barriers against width, the loss along the line, merged networks, exact geometry."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from nlpfeat.analysis.basins import METHODS, Basins
from nlpfeat.plotting.primitives import error_bars
from nlpfeat.plotting.style import (
    BLUE,
    GREY,
    ORANGE,
    house_style,
    log_axis,
    set_heading,
    width_axis,
    width_colours,
)

_COLOURS = dict(zip(METHODS, (GREY, BLUE, ORANGE), strict=True))


@house_style()
def basins_figure(found: Basins, width_label: str) -> Figure:
    """Barriers against width; the loss along the line at every width, matched by weights; the mean of many networks.

    Args:
      found: from `nlpfeat.analysis.basins.basins`.
      width_label: what the width counts.
    """
    widths = sorted(found.barriers["width"].unique().tolist())
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15.5, 4.9))
    for method in METHODS:
        rows = found.barriers[found.barriers["method"] == method]
        bars = error_bars(*(rows[name].to_numpy() for name in ("low", "barrier", "high")))
        left.errorbar(
            rows["width"],
            rows["barrier"],
            bars,
            fmt="o-",
            color=_COLOURS[method],
            capsize=3,
            label=_words(method),
        )
    width_axis(left, widths, width_label)
    left.set(ylabel="mean barrier of the loss", title="Barrier between two seeds")
    left.set_ylim(bottom=0)
    left.legend(fontsize=9)
    matched = found.lines[found.lines["method"] == METHODS[1]]
    for width, colour in zip(widths, width_colours(widths), strict=True):
        rows = matched[matched["width"] == width]
        middle.fill_between(rows["t"], rows["low"], rows["high"], color=colour, alpha=0.15, lw=0)
        middle.plot(rows["t"], rows["loss"], "-", color=colour, lw=1.8, label=str(width))
    middle.set(
        xlabel="place on the line between the two networks",
        ylabel=f"{found.split} loss",
        title="Along it, units matched by weights",
    )
    middle.legend(title="width", fontsize=8, ncols=2)
    most = max(widths)
    merged = found.merged[found.merged["width"] == most]
    for method in METHODS:
        rows = merged[merged["method"] == method]
        right.plot(rows["members"], rows["metric"], "o-", color=_COLOURS[method], label=_words(method))
    log_axis(right.xaxis)
    counts = sorted(merged["members"].unique().tolist())
    right.set_xticks(counts, [str(count) for count in counts])
    right.minorticks_off()
    right.set(
        xlabel="networks averaged",
        ylabel=f"{found.split} {found.metric.name}",
        title=f"The mean of networks of width {most}",
    )
    right.legend(fontsize=9)
    pairs = len(found.pairs[(found.pairs["width"] == most) & (found.pairs["method"] == METHODS[0])])
    set_heading(
        figure,
        f"Are the networks of different seeds one network with its units in another order? Up to {pairs} pairs of seeds a width: mean barrier "
        "with its 95 % interval over seeds, median and quartiles of the loss.",
    )
    return figure


def _words(method: str) -> str:
    return method if method == METHODS[0] else f"units matched {method}"


@house_style()
def paths_figure(found: Basins) -> Figure:
    """The number of linear regions and the total variation of the gradient along the lines, at each width.

    Args:
      found: of networks on the plane.
    """
    widths = sorted(found.paths["width"].unique().tolist())
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6))
    for ax, name, label in zip(
        axes, ("regions", "variation"), ("linear regions", "total variation of the gradient"), strict=True
    ):
        for width, colour in zip(widths, width_colours(widths), strict=True):
            for method, style in zip(METHODS[:2], ("--", "-"), strict=True):
                rows = found.paths[(found.paths["width"] == width) & (found.paths["method"] == method)]
                median = rows.groupby("t")[name].median()
                ax.plot(
                    median.index,
                    median,
                    style,
                    color=colour,
                    marker="o",
                    ms=3.5,
                    label=str(width) if style == "-" else None,
                )
        ax.set(xlabel="place on the line between the two networks", ylabel=label, yscale="log")
        log_axis(ax.yaxis)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, title="width", loc="outside right upper")
    set_heading(
        figure,
        "Exact geometry along the line between two seeds. Solid: units matched by weights; dashed: as trained.",
    )
    return figure
