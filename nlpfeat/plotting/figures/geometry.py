"""The figures of measured geometry: each measure against width and over training, and the weights at equal terms."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.geometry.measures import MEASURES, YES_NO
from nlpfeat.plotting.figures.width import finite_quartiles, plot_splits, splits_of
from nlpfeat.plotting.primitives import plot_measure, plot_medians, plot_share
from nlpfeat.plotting.style import BLUE, house_style, log_axis, set_heading, width_axis
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.summaries import reduction
from nlpfeat.training.task import Task

_LOGARITHMIC = {"lipschitz", "condition", "regions", "regions_merged", "nc1", "radius"}


@house_style()
def measure_figure(measures: xr.Dataset, name: str, task: Task, recipe: str) -> Figure:
    """One measure: against width at the last step at which it is known, and over training.

    Args:
      measures: from `nlpfeat.analysis.geometry.measures_of`.
      name: of the measure.
      task: what the study is trained on.
      recipe: learning rate and steps, for the heading.
    """
    about, values, title = MEASURES[name], measures[name], name.replace("_", " ")
    known = values.notnull().any([dim for dim in values.dims if dim != "step"]).to_numpy()
    measures, values = measures.isel(step=known), values.isel(step=known)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    has_splits = "split" in values.dims
    shown = (values.isel(split=-1) if has_splits else values).transpose("width", "seed", "step")
    steps, widths = shown["step"].to_numpy(), shown["width"].to_numpy().tolist()
    is_share = about.units == YES_NO
    if is_share:
        _plot_shares(left, values.isel(step=-1))
        shares = shown.mean("seed").to_numpy()
        plot_medians(right, steps, shares, shares, shares, widths=widths)
    else:
        plot_splits(left, values.isel(step=-1), finite_quartiles)
        plot_medians(right, steps, *finite_quartiles(shown.to_numpy()), widths=widths)
    width_axis(left, widths, task.width_label)
    if has_splits:
        left.legend()
    measured = measures["violations"].isel(step=-1).notnull()
    missing = int((measured & ~np.isfinite(shown.isel(step=-1))).sum())
    left_out = (
        f" ({missing} of {int(measured.sum())} networks left out: infinite or undefined)" if missing else ""
    )
    set_heading(figure, f"{title}: {about.description}{reduction(name)}{left_out}; {recipe}")
    left.set_ylabel("share of seeds" if is_share else about.units or title)
    split = f" ({shown['split'].item()})" if has_splits else ""
    if is_share:
        left.set_title(f"at step {steps[-1]}: share of seeds, Wilson 95 %")
        right.set_title(f"over training: share of seeds{split}")
    else:
        left.set_title(f"at step {steps[-1]}: every seed, median, quartiles")
        right.set_title(f"over training: medians, quartiles{split}")
    if name in _LOGARITHMIC:
        log_axis(left.yaxis)
    return figure


def _plot_shares(ax: Axes, values: xr.DataArray) -> None:
    """The share of seeds with 1 among values 1 or 0, each split in its own colour; NaN is left out."""
    for split, colour, marker, every in splits_of(values):
        part = every.isel(width=every.notnull().any("seed").to_numpy())
        wins, trials = part.sum("seed").to_numpy(), part.count("seed").to_numpy()
        intervals = [wilson(int(w), int(n)) for w, n in zip(wins, trials, strict=True)]
        widths = part["width"].to_numpy().tolist()
        plot_share(ax, widths, *np.array(intervals).T, label=split, colour=colour, marker=marker)


_LABELS = {"spectral_product": "Π σ_max(W)", "path_norm": "Σ |w_i||v_i|", "mean_path_norm": "mean |w_i||v_i|"}


@house_style()
def weights_figure(weights: xr.Dataset, task: Task, recipe: str) -> Figure:
    """How large the weights are against width: one row per measure, one column per term of the comparison.

    Args:
      weights: from `nlpfeat.analysis.geometry.weights_at_equal_terms`.
      task: what the study is trained on.
      recipe: learning rate and steps, for the heading.
    """
    widths, terms = weights["width"].to_numpy().tolist(), weights["term"].to_numpy().tolist()
    size = (12, 1.5 + 2.5 * len(weights))
    figure, axes = plt.subplots(
        len(weights), len(terms), figsize=size, sharex=True, sharey="row", squeeze=False
    )
    for row, (name, measure) in zip(axes, weights.items(), strict=True):
        row[0].set_ylabel(_LABELS[str(name)])
        for ax, values in zip(row, measure.transpose("term", "width", "seed").to_numpy(), strict=True):
            plot_measure(ax, widths, values, *finite_quartiles(values), label="median", colour=BLUE)
            for width, count in zip(widths, np.isfinite(values).sum(1), strict=True):
                ax.text(width, 0.02, f"{count}", transform=ax.get_xaxis_transform(), ha="center", fontsize=7)
            width_axis(ax, widths, task.width_label if ax in axes[-1] else "")
            log_axis(ax.yaxis)
    for ax, term in zip(axes[0], terms, strict=True):
        ax.set_title(term)
    set_heading(
        figure,
        f"Size of the weights (Π over all layers; w_i into, v_i out of unit i), compared in three ways; {recipe};\n"
        "weights are interpolated linearly between checkpoints; small numbers: seeds that reach the level, others are left out",
    )
    return figure
