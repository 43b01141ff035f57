"""The one way from a figure to its files: headed, stamped, as PNG and PDF, whole or not at all."""

import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nlpfeat.plotting.style import GREY, house_style


@contextmanager
def any_letters() -> Iterator[None]:
    """Titles and words of others are drawn without a warning for each letter that the font lacks: it becomes a box."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


MARGIN = 0.1  # of a figure's width that an axis takes to the left of its heading


def break_headings(figure: Figure) -> None:
    """Break the lines of headings, and of the stamp, that would run over the right edge of their figure."""
    if not isinstance(figure.canvas, FigureCanvasAgg):
        return
    renderer, whole = figure.canvas.get_renderer(), figure.bbox.width
    over = (
        getattr(figure, name, None) for name in ("_suptitle", "_supxlabel")
    )  # matplotlib has no public names for them
    headings = [(text, whole) for text in over if text is not None]
    for ax in figure.axes:
        place = ax.get_subplotspec()
        if place is not None:
            columns = place.get_gridspec().ncols
            room = whole * (1 - place.colspan.start / columns - MARGIN / columns)
            headings += [(ax.title, room), (getattr(ax, "_left_title"), room)]  # noqa: B009
    for text, room in headings:
        lines = text.get_text().split("\n")
        for _ in range(8):  # letters differ in width
            wide = text.get_window_extent(renderer).width
            longest = max(map(len, lines))
            if wide <= 0.985 * room or not longest:
                break
            most = max(8, int(longest * 0.97 * room / wide))
            lines = [part for line in lines for part in (textwrap.wrap(line, most) or [""])]
            text.set_text("\n".join(lines))


@any_letters()
@house_style()
def save_figure(figure: Figure, path: Path, line: str, heading: str = "", dpi: int = 160) -> list[Path]:
    """Head a figure, stamp it with the line that made it, write it as PNG and PDF, and close it.

    Args:
      path: the name without suffix (dots in it are its own); its folder is made if there is none.
      line: command, commit and config, small below the figure.
      heading: above it; broken to fit.
      dpi: dots per inch of the PNG.

    Returns:
      The two paths.

    Raises:
      OSError: if a file cannot be written.
    """
    if heading:
        figure.suptitle(heading, x=0.005, ha="left", fontsize=12)
    figure.supxlabel(line, fontsize=6.5, color=GREY, x=0.005, ha="left", family="monospace")
    break_headings(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    paths = [path.with_name(path.name + suffix) for suffix in (".png", ".pdf")]
    for target in paths:
        part = target.with_name(f".{target.name}.part")
        try:
            figure.savefig(part, format=target.suffix[1:], dpi=dpi)
            part.replace(target)
            figure.set_layout_engine("none")  # what was laid out for one format stands in the other
        except OSError as error:
            error.filename = str(target)  # a write that fails does not name its file
            raise
        finally:
            part.unlink(missing_ok=True)
    plt.close(figure)
    return paths
