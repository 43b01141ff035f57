"""The figure of two studies at equal training loss: stretch, product of norms, and the norm of each layer."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.compare import Comparison
from nlpfeat.plotting.primitives import plot_groups, plot_layers
from nlpfeat.plotting.style import BLUE, ORANGE, house_style, log_axis, set_heading
from nlpfeat.stats.quantiles import quartiles_of

COLOURS = (ORANGE, BLUE)
PANELS = {"lipschitz": "largest stretch (exact Lipschitz)", "spectral_product": "Π σ_max of all layers"}


@house_style()
def compare_figure(comparison: Comparison) -> Figure:
    """Stretch and product of norms at each width of both studies; norms layer by layer, those of the other at one width."""
    figure, axes = plt.subplots(1, 3, figsize=(15, 5.2))
    groups = [
        (f"width {width}", colour, measures.sel(width=width))
        for measures, colour in zip(comparison.measures, COLOURS, strict=True)
        for width in measures["width"].to_numpy().tolist()
    ]
    for ax, (name, title) in zip(axes, PANELS.items(), strict=False):
        values = [part[name].to_numpy().ravel() for _, _, part in groups]
        plot_groups(ax, [label for label, _, _ in groups], values, [colour for _, colour, _ in groups])
        ax.set_title(title)
        log_axis(ax.yaxis)
    for name, colour in zip(comparison.names, COLOURS, strict=True):
        axes[0].plot([], [], "o-", lw=3, color=colour, label=name)
    axes[0].legend(loc="upper right")
    mine, theirs = comparison.measures
    _plot_norms(axes[2], mine["layer_spectral_norm"], comparison.names[0], COLOURS[0])
    _plot_norms(
        axes[2], theirs["layer_spectral_norm"].sel(width=[comparison.width]), comparison.names[1], COLOURS[1]
    )
    axes[2].set_ylim(bottom=0)
    axes[2].set(title="norm σ_max of each layer", xlabel="layer, counted back from the head (0)")
    axes[2].legend(fontsize=9)
    set_heading(
        figure,
        f"At equal training loss, {comparison.loss:g} nats: every seed that reaches it, median and quartiles; "
        "below, how many do, and the median. "
        + "; ".join(
            f"{name}: {recipe}" for name, recipe in zip(comparison.names, comparison.recipes, strict=True)
        ),
    )
    return figure


def _plot_norms(ax: Axes, norms: xr.DataArray, name: str, colour: str) -> None:
    """The norm of each layer (width, seed, layer), one line per width."""
    for width in norms["width"].to_numpy().tolist():
        values = norms.sel(width=width).transpose("layer", "seed").to_numpy()
        values = values[~np.isnan(values).all(1)]
        if len(values):
            layers = np.arange(1 - len(values), 1)
            quartiles = quartiles_of(values, axis=1)
            plot_layers(ax, layers, *quartiles, label=f"{name}, width {width}", colour=colour)
