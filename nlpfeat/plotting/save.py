"""Save a figure as PNG and PDF, each whole or not at all, with a heading and the stamp that says where it comes from."""

import io
import textwrap
import warnings
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from PIL import Image

from nlpfeat.plotting.style import GREY, house_style, set_heading
from nlpfeat.store.atomic import atomic, discard_parts


@contextmanager
def any_letters() -> Iterator[None]:
    """Suppress the warning for each character that the font lacks, as in users' texts: it is drawn as a box."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


AHEAD = 8  # figures that wait to be saved by other processes
MARGIN = 0.1  # share of a figure's width to the left of an axes and of its title


def break_headings(figure: Figure) -> None:
    """Break the lines of headings, titles and the stamp that would run over the right edge of the figure or of their column."""
    if not isinstance(figure.canvas, FigureCanvasAgg):
        return
    renderer, whole = figure.canvas.get_renderer(), figure.bbox.width
    # Matplotlib has no public names for them.
    texts = (getattr(figure, name, None) for name in ("_suptitle", "_supxlabel"))
    headings = [(text, whole) for text in texts if text is not None]
    for ax in figure.axes:
        spec = ax.get_subplotspec()
        if spec is not None:
            columns = spec.get_gridspec().ncols
            room = whole * (1 - spec.colspan.start / columns - MARGIN / columns)
            headings += [(ax.title, room), (getattr(ax, "_left_title"), room)]  # noqa: B009
    for text, room in headings:
        paragraphs = lines = text.get_text().split("\n")
        for _ in range(8):  # characters differ in width, so one pass may not do
            wide = text.get_window_extent(renderer).width
            longest = max(map(len, lines))
            if wide <= 0.985 * room or not longest:
                break
            most = max(8, int(longest * 0.97 * room / wide))
            lines = [part for whole in paragraphs for part in (textwrap.wrap(whole, most) or [""])]
            text.set_text("\n".join(lines))


def results_stamp(line: str, *attributes: Mapping[Hashable, str]) -> str:
    """The stamp of a figure of studies' results: the command, the commits that trained and measured, the configs.

    Args:
      line: the command as it was typed.
      attributes: those of each study's array.
    """
    commits = {commit for one in attributes for key in ("commits", "measured") for commit in one[key].split()}
    configs = " ".join(one["config_hash"] for one in attributes)
    return f"{line}   commit {' '.join(sorted(commits))}   config {configs}"


@any_letters()
@house_style()
def save_figure(figure: Figure, path: Path, line: str, heading: str = "", dpi: int = 160) -> list[Path]:
    """Add heading and stamp to a figure, write it as PNG and PDF, and close it.

    Args:
      figure: made under `nlpfeat.plotting.style.house_style`.
      path: of the files, without suffix (dots in it are part of the name); its folder is created if missing.
      line: the stamp, small below the figure: command, commit and config.
      heading: above the figure, broken to fit; empty to keep the one that it has.
      dpi: dots per inch of the PNG.

    Returns:
      The two paths.

    Raises:
      OSError: if a file cannot be written.
    """
    if heading:
        set_heading(figure, heading)
    figure.supxlabel(line, fontsize=6.5, color=GREY, x=0.005, ha="left", family="monospace")
    break_headings(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.set_dpi(dpi)
    written = []
    for suffix, write in _WRITERS.items():
        target = path.with_name(path.name + suffix)
        discard_parts(target.parent, target.name)
        with atomic(target) as part:
            write(figure, part)
        figure.set_layout_engine("none")  # the second format keeps the layout of the first
        written.append(target)
    plt.close(figure)
    return written


def save_all(
    figures: Iterable[tuple[Figure, Path]], line: str, pool: Executor | None
) -> Iterator[list[Path]]:
    """Save figures, each as `save_figure` does.

    Args:
      figures: with their paths; made while those before them are being saved.
      line: the stamp of all.
      pool: of processes that save them; None to save them here, one after another.

    Yields:
      The paths of each, in order.
    """
    if pool is None:
        yield from (save_figure(figure, path, line) for figure, path in figures)
        return
    saving: deque[Future[list[Path]]] = deque()
    for figure, path in figures:
        saving.append(pool.submit(save_figure, figure, path, line))
        plt.close(figure)
        if len(saving) > AHEAD:
            yield saving.popleft().result()
    yield from (one.result() for one in saving)


def _write_png(figure: Figure, path: Path) -> None:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    dots = figure.get_dpi()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).save(path, "png", dpi=(dots, dots))


def _write_pdf(figure: Figure, path: Path) -> None:
    FigureCanvasPdf(figure).print_pdf(path)


# `Figure.savefig` draws each format twice, the first time for the layout.
_WRITERS = {".png": _write_png, ".pdf": _write_pdf}


def svg_of(figure: Figure) -> str:
    """A figure as SVG, the same for the same figure, to stand in a page. The figure is closed."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "nlpfeat"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return buffer.getvalue()
