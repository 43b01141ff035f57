"""Figures of studies of ratings."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from nlpfeat.analysis.factor_stability import FactorStability
from nlpfeat.plotting.figures.embeddings import plot_agreement
from nlpfeat.plotting.style import house_style


@house_style()
def factor_stability_figure(result: FactorStability) -> Figure:
    """Agreement of pairs of members against width, one panel per measure."""
    measures = result.measures
    figure, axes = plt.subplots(1, len(measures), figsize=(3.4 * len(measures), 4))
    for ax, (name, description) in zip(axes, measures.items(), strict=True):
        top = 90 if name == "angle" else 1.03
        plot_agreement(ax, result.table, name, description, top, "number of factors")
    axes[0].legend()
    return figure
