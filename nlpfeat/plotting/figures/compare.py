"""The figure of `experiments.compare`: stretch and weights at equal loss, and norms layer by layer."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from nlpfeat.plotting.primitives import plot_groups, plot_layers
from nlpfeat.plotting.style import BLUE, ORANGE, house_style, log_axis
from nlpfeat.stats.equal_loss import at_equal_loss
from nlpfeat.stats.quantiles import quartiles_of

POINTS = {"lipschitz": "largest stretch (exact Lipschitz)", "spectral_product": "Π σ_max of all layers"}


def figure(mine: xr.Dataset, theirs: xr.Dataset, width: int, names: tuple[str, str], level: float) -> Any:
    """Each width of both studies: stretch and product of norms; the norm of each layer, `theirs` at `width`."""
    parts = [
        (name, colour, dataset.sel(width=[width]))
        for name, colour, dataset in zip(names, (ORANGE, BLUE), (mine, theirs), strict=True)
        for width in dataset["width"].to_numpy().tolist()
    ]
    with house_style():
        drawn, axes = plt.subplots(1, 3, figsize=(15, 5.2))
        for ax, (measure, about) in zip(axes, POINTS.items(), strict=False):
            values = [at_equal_loss(part, measure, level).to_numpy().ravel() for _, _, part in parts]
            labels = [f"width {part['width'].item()}" for _, _, part in parts]
            plot_groups(ax, labels, values, [colour for _, colour, _ in parts])
            ax.set_title(about)
            log_axis(ax.yaxis)
        for name, colour in zip(names, (ORANGE, BLUE), strict=True):
            axes[0].plot([], [], "o-", lw=3, color=colour, label=name)
        axes[0].legend(loc="upper right")
        _layers(axes[2], [p for p in parts if p[0] == names[0] or p[2]["width"].item() == width], level)
        drawn.suptitle(
            f"At equal training loss, {level:g} nats: every seed that gets there, median and quartiles; "
            "below, how many, and the median",
            x=0.005,
            ha="left",
            fontsize=13,
        )
    return drawn


def _layers(ax: Any, parts: list[tuple[str, str, xr.Dataset]], level: float) -> None:
    """The norm of each layer, counted from the head."""
    for name, colour, part in parts:
        norms = at_equal_loss(part, "layer_norm", level).transpose("layer", ...)
        values = norms.to_numpy().reshape(norms.sizes["layer"], -1)
        values = values[~np.isnan(values).all(1)]
        if not len(values):
            continue  # no seed gets there
        label = f"{name}, width {part['width'].item()}"
        places = np.arange(1 - len(values), 1)
        plot_layers(ax, places, *quartiles_of(values, axis=1), label=label, colour=colour)
    ax.set_ylim(bottom=0)
    ax.set_title("norm σ_max of each layer")
    ax.set_xlabel("layer, counted back from the head (0)")
    ax.legend(fontsize=9)
