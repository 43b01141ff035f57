"""Figures and their tables in the folder of a study."""

import pandas as pd
from matplotlib.figure import Figure

from nlpfeat.cli.tables import print_paths
from nlpfeat.plotting.save import save_figure
from nlpfeat.store.atomic import write_csv
from nlpfeat.store.provenance import signature
from nlpfeat.study.session import Study


def write_figure(
    study: Study, name: str, figure: Figure, heading: str, line: str, table: pd.DataFrame | None = None
) -> None:
    """Write a figure and its table to the folder of a study, and print the paths.

    Args:
      study: whose figure it is.
      name: of the files, without suffix.
      figure: is closed.
      heading: above the figure; empty to keep the one that it has.
      line: the command, as it was typed.
      table: written as CSV.
    """
    path = study.folder.figures / name
    paths = save_figure(figure, path, signature(line, study.folder), heading)
    print_paths(paths if table is None else [*paths, write_csv(table, path.with_name(f"{name}.csv"))])
