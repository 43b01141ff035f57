"""The errors of a study over width and another axis as a surface that is turned by hand: one offline page."""

import numpy as np
import pandas as pd

from nlpfeat.analysis.double_descent import DoubleDescent
from nlpfeat.report.web_page import as_paragraph, web_page


def surface_page(found: DoubleDescent, over: str, width_label: str, stamp: str) -> str:
    """The page as HTML, with its data inside and nothing loaded.

    Args:
      found: from `nlpfeat.analysis.double_descent`.
      over: the axis beside the width.
      width_label: what the width counts.
      stamp: the last line: command and commit.
    """
    widths, rows = (sorted(found.curves[name].unique().tolist()) for name in ("width", over))
    parts, panels = found.panels(over), []
    for part in parts.values():
        tables = {
            key: part.curves.pivot(index=over, columns="width", values=column).reindex(rows)[widths]
            for key, column in (("error", "error"), ("train", "train_error"), ("fitted", "fitted"))
        }
        high = part.clear_peaks.set_index(over)
        peaks = [widths.index(high["mean_peak_width"][row]) if row in high.index else -1 for row in rows]
        panels.append({key: _plain(table) for key, table in tables.items()} | {"peaks": peaks})
    names = [where or "all" for where in parts]
    title = f"Error over width and {over.replace('_', ' ')}"
    data = {
        "title": title,
        "about": (
            f"Mean over {int(found.curves['seeds'].max())} seeds, {found.recipe}. White dots: half of the seeds or more fit every training "
            "label. Orange squares: the peak of the mean along the width."
        ),
        "names": names,
        "panels": panels,
        "widths": widths,
        "rows": [f"{row:g}" for row in rows],
        "over": over.replace("_", " "),
        "width_label": width_label,
        "ranges": {
            key: [float(found.curves[column].min()), float(found.curves[column].max()) + 1e-9]
            for key, column in (("error", "error"), ("train", "train_error"))
        },
    }
    return web_page(
        title,
        "surface_page",
        "window.page = surface_page.startSurfacePage(root, data);",
        data,
        as_paragraph(stamp),
    )


def _plain(table: pd.DataFrame) -> list[list[float | None]]:
    """Rows of numbers of five digits, None where there is none."""
    return [[None if np.isnan(x) else round(float(x), 5) for x in row] for row in table.to_numpy()]
