"""Files that appear whole or not at all."""

import contextlib
import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FORMULA = frozenset("=+-@＝＋－＠")


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, a crash or a full disk finds the old one or the new one, never a part."""
    data = content.encode() if isinstance(content, str) else content
    with atomic(path) as part:
        part.write_bytes(data)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name of `path` when the block ends without error."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        error.filename = str(path)  # a write that fails does not name its file
        raise
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def discard_parts(folder: Path, name: str = "") -> None:
    """Delete what processes left behind in a folder that were killed while they wrote.

    Args:
      name: of the file that they wrote; empty: of any.
    """
    for part in folder.glob(f".{glob.escape(name) or '*'}.*.part"):
        try:
            os.kill(int(part.suffixes[-2][1:]), 0)
        except (ProcessLookupError, ValueError, OverflowError):
            part.unlink(missing_ok=True)
        except PermissionError:  # somebody else's, and alive
            continue


def write_csv(table: "pd.DataFrame", path: Path) -> Path:
    """Write a table without its index; its folder is made if there is none.

    Spreadsheets run a cell as a formula that begins with =, +, - or @, and drop control characters before it: text that begins
    so is written behind an apostrophe, as OWASP advises ("CSV Injection").

    Returns:
      `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    harmless = table.rename(columns=_harmless)
    for name in harmless.select_dtypes(exclude="number"):
        harmless[name] = harmless[name].map(_harmless)
    write_atomic(path, harmless.to_csv(index=False))
    return path


def _harmless(cell: object) -> object:
    """A cell that no spreadsheet runs as a formula."""
    if not isinstance(cell, str) or not cell or _is_number(cell):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")  # a bare \r is not quoted, and would begin a row
    return f"'{text}" if text[0] in FORMULA or text[0] < " " else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
