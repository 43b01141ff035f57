"""The figure of fine-tuning at growing learning rates, with batch norm and without."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from nlpfeat.analysis.fine_tuning import CONDITIONS, Survival
from nlpfeat.plotting.primitives import plot_levels, plot_survival
from nlpfeat.plotting.style import BLUE, ORANGE, house_style


@house_style()
def survival_figure(found: Survival, network: str) -> Figure:
    """The headline metric after fine-tuning against the learning rate.

    Args:
      found: the scores.
      network: which one it is, for the title.
    """
    figure, ax = plt.subplots(figsize=(8, 5))
    for condition, scores, colour, marker in zip(
        CONDITIONS, found.scores, (ORANGE, BLUE), ("^", "o"), strict=True
    ):
        rate = found.largest_rate(condition)
        label = f"{condition} batch norm: survives {'none' if rate is None else f'{rate:g}'}"
        plot_survival(
            ax,
            found.learning_rates,
            scores,
            metric=found.metric.name,
            label=label,
            colour=colour,
            marker=marker,
        )
    plot_levels(
        ax, {"trained": found.before, "half of what was learned": found.half, "baseline": found.baseline}
    )
    ax.legend(loc="center left")
    ax.set_title(f"{network}: {found.split} {found.metric.name} after {found.steps} further steps")
    return figure
