"""Files that appear whole or not at all."""

import contextlib
import glob
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd


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


def discard_parts(path: Path) -> None:
    """Delete what processes that were killed while they wrote `path` left behind."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        try:
            os.kill(int(part.suffixes[-2][1:]), 0)
        except (ProcessLookupError, ValueError):
            part.unlink(missing_ok=True)
        except PermissionError:  # somebody else's, and alive
            continue


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table without its index; its folder is made if there is none.

    Returns:
      `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, table.to_csv(index=False))
    return path
