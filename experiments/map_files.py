"""What lies beside the picture of a map: a page and a table."""

from pathlib import Path

import pandas as pd

from nlpfeat.sweeps.study import atomic


def write(path: Path, page: str, table: pd.DataFrame) -> list[Path]:
    """Write a page and a CSV, `path` being the name without suffix (dots in it are its own)."""
    paths = []
    for suffix, text in ((".html", page), (".csv", table.to_csv(index=False))):
        paths.append(path.with_name(path.name + suffix))
        with atomic(paths[-1]) as part:
            part.write_text(text, "utf-8")
    return paths
