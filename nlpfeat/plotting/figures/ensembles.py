"""Ensembles of narrow networks beside wide ones, and the parts of the error against width."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nlpfeat.analysis.ensembles import Ensembles
from nlpfeat.plotting.primitives import error_bars
from nlpfeat.plotting.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    house_style,
    log_axis,
    set_heading,
    width_axis,
    width_colours,
)


@house_style()
def ensembles_figure(found: Ensembles, width_label: str) -> Figure:
    """The accuracy of ensembles against units in all; the parts of the squared error; the sources of the variance where known.

    Args:
      found: from `nlpfeat.analysis.ensembles.ensembles`.
      width_label: what the width counts.
    """
    widths = sorted(found.errors["width"].tolist())
    panels = 2 + (not found.sources.empty)
    figure, axes = plt.subplots(1, panels, figsize=(5.4 * panels, 4.9))
    table = found.ensembles
    for width, colour in zip(widths, width_colours(widths), strict=True):
        rows = table[table["width"] == width]
        axes[0].plot(rows["units"], rows["accuracy"], "o-", color=colour, ms=3.5, lw=1.2, label=f"of {width}")
    single = table[table["members"] == 1]
    bars = error_bars(*(single[name].to_numpy() for name in ("low", "accuracy", "high")))
    axes[0].errorbar(
        single["units"],
        single["accuracy"],
        bars,
        fmt="s-",
        color="black",
        capsize=3,
        ms=5,
        lw=2,
        label="one network",
    )
    log_axis(axes[0].xaxis)
    axes[0].set(
        xlabel="hidden units of all members",
        ylabel=f"{found.split} accuracy",
        title="Ensembles beside one network",
    )
    axes[0].legend(fontsize=8, ncols=2)
    errors = found.errors
    bias = np.maximum(errors["bias"], 0)
    axes[1].stackplot(
        errors["width"],
        bias,
        errors["variance"],
        colors=(BLUE, ORANGE),
        alpha=0.75,
        labels=("bias²", "variance over seeds"),
    )
    width_axis(axes[1], widths, width_label)
    axes[1].set(ylabel="squared error of probabilities", title="Parts of the error")
    axes[1].legend(fontsize=9)
    if panels == 3:
        for name, colour, label in (
            ("data", GREEN, "over draws of the data"),
            ("initial", BLUE, "over initial weights"),
            ("both", GREY, "of both together"),
        ):
            axes[2].plot(
                found.sources["width"], np.maximum(found.sources[name], 0), "o-", color=colour, label=label
            )
        width_axis(axes[2], widths, width_label)
        axes[2].set(ylabel="variance of probabilities", title="Sources of the variance")
        axes[2].legend(fontsize=9)
    set_heading(
        figure,
        "One wide network against ensembles of narrow ones: means over groups of seeds, 95 % intervals for single networks.",
    )
    return figure
