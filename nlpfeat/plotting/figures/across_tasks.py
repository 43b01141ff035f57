"""The figure of what width buys in each task: one strip per study."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nlpfeat.analysis.across_tasks import TaskCurve
from nlpfeat.plotting.primitives import plot_gain, set_up_strip
from nlpfeat.plotting.style import house_style, set_heading
from nlpfeat.stats.quantiles import quartiles_of

TICKS = (1, 2, 4, 8, 16, 32, 64, 100)
HEADING = (
    "What width buys, each task with {recipe}: median and quartiles over seeds; 0 is the best constant prediction, 1 the best "
    "median over widths. ◆ the width at which 95 % of that gain is reached, with its 95 % interval; ◀ at most the grid's first "
    "width; ▶ more than its last, as the curve does not saturate within the grid. In the order of that width."
)


@house_style()
def across_tasks_figure(curves: Sequence[TaskCurve], recipe: str) -> Figure:
    """Two columns of strips, one per study, in the order given.

    Args:
      curves: from `nlpfeat.analysis.across_tasks.task_curves`.
      recipe: at which they are read, in words.
    """
    rows = -(-len(curves) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(12, 0.92 * rows + 1.4), squeeze=False)
    ticks = [width for width in TICKS if width <= max(curve.widths[-1] for curve in curves)]
    for ax in axes.T.ravel()[len(curves) :]:
        ax.axis("off")
    for ax, curve in zip(axes.T.ravel(), curves, strict=False):
        title = f"{curve.study}: {curve.metric.name.replace('_', ' ')} by {curve.width_label}"
        set_up_strip(ax, title, ticks, lowest=ax is axes[-1, 0] or curve is curves[-1])
        ends = f"baseline {curve.baseline:.3g}", f"best {curve.medians[curve.best]:.3g}"
        if not np.isnan(curve.gain_width.estimate):
            scaled = curve.scaled
            quartiles = quartiles_of(scaled, axis=1)
            plot_gain(ax, curve.widths, scaled, *quartiles, curve.gain_width, curve.bound, ends)
        else:
            text = f"no width beats the best constant prediction\n{', '.join(ends)}"
            ax.text(0.5, 0.5, text, ha="center", va="center", fontsize=9, transform=ax.transAxes)
    set_heading(figure, HEADING.format(recipe=recipe))
    return figure
