"""Figures of commands as files."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from nlpfeat.plotting.style import save, stamp


def finish(figure: Figure, heading: str, line: str, path: Path) -> list[Path]:
    """Head a figure of pyplot's, stamp it with the line that made it, write it as PNG and PDF, and close it."""
    figure.suptitle(heading, x=0.005, ha="left", fontsize=12)
    stamp(figure, line)
    paths = save(figure, path)
    plt.close(figure)
    return paths
