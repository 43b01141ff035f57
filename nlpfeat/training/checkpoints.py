"""Checkpoints by Orbax: one folder per saved step, which is complete or absent."""

import contextlib
import errno
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import jax
import numpy as np
import orbax.checkpoint.experimental.v1 as ocp
from jax import Array
from jaxtyping import PyTree

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.training.step import State

PAUSE = 1.0  # seconds between two attempts to save
_STEP = re.compile(r"step_(\d+)")

Leaves: TypeAlias = dict[str, Array | np.ndarray | np.generic | jax.ShapeDtypeStruct]
Tree = TypeVar("Tree")


class CheckpointState(NamedTuple):
    """What a checkpoint holds: host arrays of the members of a bucket, padded to its width.

    The layout's copies of members are not in it, so that any number of devices can go on.
    """

    state: State  # leaves (members, …)
    records: dict[str, np.ndarray]  # metric -> (members, stops, splits), NaN where not recorded yet


def saved_steps(folder: Path) -> list[int]:
    """The steps with a complete checkpoint in `folder`, in order."""
    if not folder.is_dir():
        return []
    found = [_STEP.fullmatch(entry.name) for entry in folder.iterdir() if entry.is_dir()]
    return sorted(int(match[1]) for match in found if match)


def save(folder: Path, step: int, tree: PyTree) -> None:
    """Save a pytree of host arrays as the checkpoint of `step`.

    Orbax writes to a temporary folder and renames it, so a crash leaves no incomplete checkpoint under the final name. With
    several processes, all must call with the same arrays; the first one writes.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    path = _path(folder, step)
    try:
        with _plain_path(folder) as plain:
            _save(_path(plain, step), _leaves_by_path(tree))
    except OSError:
        raise
    except Exception as error:  # tensorstore reports a full disk as a ValueError
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(None, reason.rsplit('": ', 1)[-1], path) from error
    finally:
        if jax.process_index() == 0:
            _delete(folder, "*.orbax-checkpoint-tmp*")


def _save(path: str, arrays: Leaves, attempts: int = 4) -> None:
    """Save, with further attempts after a time-out: Orbax measures time by the wall clock, which may jump.

    A save that timed out may still be writing, and interfere with the files of the next attempt, which therefore waits.
    """
    try:
        ocp.save(path, arrays, overwrite=True)
    except OSError as error:
        transient = isinstance(error, (TimeoutError, FileNotFoundError)) or error.errno == errno.ENOTEMPTY
        if attempts == 1 or not transient:
            raise
        time.sleep(PAUSE)
        _save(path, arrays, attempts - 1)


def load(folder: Path, step: int, like: Tree) -> Tree:
    """The checkpoint of `step` as host arrays.

    Args:
      like: pytree of arrays or shapes with the expected structure, shapes and dtypes.

    Raises:
      DamagedFile: if it cannot be read, or has unexpected arrays; UserError if only the precision of an array is unexpected.
    """
    path = _path(folder, step)
    remedy = "delete that folder and run the sweep again; it resumes from the one before or retrains this bucket alone"
    expected = _leaves_by_path(like)
    try:
        with _plain_path(folder) as plain:
            metadata: PyTree = ocp.metadata(_path(plain, step)).metadata
            stored = {name: (tuple(leaf.shape), np.dtype(leaf.dtype)) for name, leaf in metadata.items()}
            host = {name: np.empty(shape, dtype) for name, (shape, dtype) in stored.items()}
            arrays: PyTree = ocp.load(_path(plain, step), host)
    except Exception as error:  # Orbax and tensorstore report damage in many ways
        raise DamagedFile(f"checkpoint {path} is damaged or incomplete: {remedy}") from error
    # Orbax casts and reshapes silently to the requested shapes and dtypes, so the stored ones are compared first.
    for name in sorted(stored.keys() | expected.keys()):
        leaf = expected.get(name)
        wanted = None if leaf is None else (tuple(leaf.shape), np.dtype(leaf.dtype))
        found = stored.get(name)
        if found and wanted and found[0] == wanted[0] and found[1] != wanted[1]:
            raise UserError(
                f"checkpoint {path} has arrays of {found[1]}, and this process computes in {wanted[1]}: the checkpoint is not "
                "damaged, but was written with another precision; read it from Python with that precision (jax_enable_x64), or "
                "sweep into another folder"
            )
        if found != wanted:
            raise DamagedFile(
                f"checkpoint {path} does not fit: {name} is {found}, expected {wanted}: {remedy}"
            )
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in expected])


def discard(folder: Path, steps: list[int]) -> None:
    """Delete the checkpoints of `steps`.

    Each is renamed first, so that a crash leaves no incomplete checkpoint under the final name.
    """
    _delete(folder, "*.discarded")
    for step in steps:
        path = Path(_path(folder, step))
        path.rename(path.with_name(f"{path.name}.discarded"))
    _delete(folder, "*.discarded")


def _delete(folder: Path, pattern: str) -> None:
    for part in folder.glob(pattern):
        shutil.rmtree(part, ignore_errors=True)


def _leaves_by_path(tree: PyTree) -> Leaves:
    """The leaves of a pytree by path, in order, so that a checkpoint does not depend on the types of its containers."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


@contextlib.contextmanager
def _plain_path(folder: Path) -> Iterator[Path]:
    """A path of the folder without backslashes and brackets, which tensorstore reads as separators and patterns."""
    if not re.search(r"[\\\[]", str(folder.absolute())):
        yield folder
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nlpfeat-") as temporary:
        link = Path(temporary) / "checkpoints"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link


def _path(folder: Path, step: int) -> str:
    return str(folder.absolute() / f"step_{step:08d}")  # Orbax requires absolute paths
