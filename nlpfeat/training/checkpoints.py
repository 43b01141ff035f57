"""Checkpoints: Orbax, one folder a saved step, each whole or absent."""

import contextlib
import errno
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint.experimental.v1 as ocp
from jaxtyping import PyTree

from nlpfeat.errors import DamagedFile, UserError

PAUSE = 1.0  # seconds before another attempt to save
_STEP = re.compile(r"step_(\d+)")


def saved_steps(folder: Path) -> list[int]:
    """The steps with a finished checkpoint in `folder`, rising."""
    if not folder.is_dir():
        return []
    found = [_STEP.fullmatch(entry.name) for entry in folder.iterdir() if entry.is_dir()]
    return sorted(int(match[1]) for match in found if match)


def save(folder: Path, step: int, tree: Any) -> None:
    """Save a pytree of host arrays as the checkpoint of `step`.

    Orbax writes to a temporary folder and renames it, so a crash leaves no half checkpoint under the final name. Where there are
    several processes all must call, with the same arrays: the first one writes.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    path = _path(folder, step)
    try:
        with _spelt(folder) as plain:
            _save(_path(plain, step), _named(tree))
    except OSError:
        raise
    except Exception as error:  # tensorstore reports a full disk as ValueError
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(None, reason.rsplit('": ', 1)[-1], path) from error
    finally:
        if jax.process_index() == 0:
            _sweep_out(folder, "*.orbax-checkpoint-tmp*")


def _save(path: str, arrays: dict[str, Any], attempts: int = 4) -> None:
    """Save, again where time ran out: Orbax looks at the clock of the wall, which may jump.

    A save that was given up may still be writing, and take away, or put back, what the next one is about to: so that one waits.
    """
    try:
        ocp.save(path, arrays, overwrite=True)
    except OSError as error:
        passing = isinstance(error, (TimeoutError, FileNotFoundError)) or error.errno == errno.ENOTEMPTY
        if attempts == 1 or not passing:
            raise
        time.sleep(PAUSE)
        _save(path, arrays, attempts - 1)


def load(folder: Path, step: int, like: Any) -> Any:
    """The checkpoint of `step` as host arrays.

    Args:
      like: pytree of arrays or shapes: the structure, shapes and dtypes expected.

    Raises:
      DamagedFile: if it cannot be read, or holds other arrays than expected; UserError if they are of another precision only.
    """
    path = _path(folder, step)
    mend = "delete that folder and run the sweep again; it resumes from the one before or retrains this bucket alone"
    expected = _named(like)
    try:
        with _spelt(folder) as plain:
            stored: Any = ocp.metadata(_path(plain, step)).metadata
            found = {name: (tuple(leaf.shape), np.dtype(leaf.dtype)) for name, leaf in stored.items()}
            host = {name: np.empty(shape, dtype) for name, (shape, dtype) in found.items()}
            arrays: PyTree = ocp.load(_path(plain, step), host)
    except Exception as error:  # Orbax and tensorstore report damage in many ways
        raise DamagedFile(f"checkpoint {path} is damaged or incomplete: {mend}") from error
    # Orbax casts and reshapes silently to what it is asked for, so what was stored is compared first.
    for name in sorted(found.keys() | expected.keys()):
        leaf = expected.get(name)
        asked = None if leaf is None else (tuple(leaf.shape), np.dtype(leaf.dtype))
        there = found.get(name)
        if there and asked and there[0] == asked[0] and there[1] != asked[1]:
            raise UserError(
                f"checkpoint {path} holds {there[1]}, and {asked[1]} is computed here: it is sound, and was written with another "
                "precision; read it from Python under that precision (jax_enable_x64), or sweep anew into another --study"
            )
        if there != asked:
            raise DamagedFile(f"checkpoint {path} does not fit: {name} is {there}, expected {asked}: {mend}")
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in expected])


def discard(folder: Path, steps: list[int]) -> None:
    """Delete the checkpoints of `steps`.

    Each takes another name first, so that a crash leaves no part of it under its own.
    """
    _sweep_out(folder, "*.discarded")
    for step in steps:
        path = Path(_path(folder, step))
        path.rename(path.with_name(f"{path.name}.discarded"))
    _sweep_out(folder, "*.discarded")


def _sweep_out(folder: Path, pattern: str) -> None:
    for part in folder.glob(pattern):
        shutil.rmtree(part, ignore_errors=True)


def _named(tree: Any) -> dict[str, Any]:
    """The leaves of a pytree by their path, in order: a checkpoint needs no knowledge of our types."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


@contextlib.contextmanager
def _spelt(folder: Path) -> Iterator[Path]:
    """The folder by a name that tensorstore reads as it stands: to it a backslash parts folders, and a bracket begins a pattern."""
    if not re.search(r"[\\\[]", str(folder.absolute())):
        yield folder
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nlpfeat-") as place:
        link = Path(place) / "checkpoints"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link


def _path(folder: Path, step: int) -> str:
    return str(folder.absolute() / f"step_{step:08d}")  # Orbax wants absolute paths
