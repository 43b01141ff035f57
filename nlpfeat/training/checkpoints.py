"""Checkpoints by Orbax: one folder per saved step, which is complete or absent."""

import contextlib
import errno
import hashlib
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

from nlpfeat.digests import add_array
from nlpfeat.errors import DamagedFile, UserError, require_readable
from nlpfeat.training.step import State

PAUSE = 1.0  # seconds between two attempts to save
DIGEST = "sha256"  # the key of the digest in the custom metadata
_STEP = re.compile(r"step_(\d{8,10})")

Leaf: TypeAlias = Array | np.ndarray | np.generic | jax.ShapeDtypeStruct
Leaves: TypeAlias = dict[str, Leaf]
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
    found = [(entry, _STEP.fullmatch(entry.name)) for entry in folder.iterdir() if entry.is_dir()]
    steps = [(entry, int(match[1])) for entry, match in found if match]
    return sorted(step for entry, step in steps if entry.name == f"step_{step:08d}")


def save(folder: Path, step: int, tree: PyTree) -> None:
    """Save a pytree of host arrays as the checkpoint of `step`, with a digest of them.

    Orbax writes to a temporary folder and renames it, so a crash leaves no incomplete checkpoint under the final name. With
    several processes, all must call with the same arrays; the first one writes.

    Args:
      folder: of a bucket; its name is a part of what the digest covers, as is the step.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    path = _path(folder, step)
    leaves = _leaves_by_path(tree)
    try:
        with _plain_path(folder) as plain:
            _save(_path(plain, step), leaves, _digest(folder, step, leaves))
    except OSError:
        raise
    except Exception as error:  # tensorstore reports a full disk as a ValueError
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(None, reason.rsplit('": ', 1)[-1], path) from error
    finally:
        if jax.process_index() == 0:
            _delete(folder, "*.orbax-checkpoint-tmp*")


def _digest(folder: Path, step: int, leaves: Leaves) -> str:
    """SHA-256 of a checkpoint: of its bucket, its step, and the names, dtypes, shapes and bytes of its arrays."""
    total = hashlib.sha256(f"{folder.name} {step}".encode())
    for name in sorted(leaves):
        total.update(name.encode())
        add_array(total, np.asarray(leaves[name]))
    return total.hexdigest()


def _save(path: str, arrays: Leaves, digest: str, attempts: int = 4) -> None:
    """Save, with further attempts after a time-out: Orbax measures time by the wall clock, which may jump.

    A save that timed out may still be writing, and interfere with the files of the next attempt, which therefore waits.
    """
    try:
        ocp.save(path, arrays, overwrite=True, custom_metadata={DIGEST: digest})
    except OSError as error:
        transient = isinstance(error, (TimeoutError, FileNotFoundError)) or error.errno == errno.ENOTEMPTY
        if attempts == 1 or not transient:
            raise
        time.sleep(PAUSE)
        _save(path, arrays, digest, attempts - 1)


def read(folder: Path, step: int) -> Leaves:
    """The arrays of the checkpoint of `step`, by their paths in the pytree.

    Raises:
      DamagedFile: if it cannot be read, or is not what was saved here; OSError if a file of it may not be read.
    """
    path = Path(_path(folder, step))
    try:
        with _plain_path(folder) as plain:
            about: PyTree = ocp.metadata(_path(plain, step))
            host = {name: np.empty(leaf.shape, np.dtype(leaf.dtype)) for name, leaf in about.metadata.items()}
            arrays: Leaves = ocp.load(_path(plain, step), host)
            saved = about.custom_metadata[DIGEST]
    except MemoryError:
        raise
    except Exception as error:  # Orbax and tensorstore report damage in many ways
        require_readable(path)
        raise DamagedFile(f"checkpoint {path} is damaged or incomplete") from error
    if saved != _digest(folder, step, arrays):
        raise DamagedFile(
            f"checkpoint {path} is damaged: its arrays are not those that were saved under this name"
        )
    return arrays


def load(folder: Path, step: int, like: Tree) -> Tree:
    """The checkpoint of `step` as host arrays.

    Args:
      like: pytree of arrays or shapes with the expected structure, shapes and dtypes.

    Raises:
      DamagedFile: if it cannot be read, or is not what was saved here; UserError if it is sound and of other arrays.
    """
    arrays, expected = read(folder, step), _leaves_by_path(like)
    # Orbax casts and reshapes silently to the requested shapes and dtypes: these are the stored ones.
    for name in sorted(arrays.keys() | expected.keys()):
        found, wanted = arrays.get(name), expected.get(name)
        if found is None or wanted is None or found.shape != tuple(wanted.shape):
            raise UserError(
                f"checkpoint {_path(folder, step)} does not fit, and is not damaged: {name} is {_described(found)}, expected "
                f"{_described(wanted)}; another version wrote it"
            )
        if found.dtype != np.dtype(wanted.dtype):
            raise UserError(
                f"checkpoint {_path(folder, step)} has arrays of {found.dtype}, and this process computes in {wanted.dtype}: the "
                "checkpoint is not damaged, but was written with another precision; read it from Python with that precision "
                "(jax_enable_x64), or sweep into another folder"
            )
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in expected])


def _described(leaf: Leaf | None) -> str:
    return "absent" if leaf is None else f"{leaf.dtype}{tuple(leaf.shape)}"


def discard(folder: Path, kept: set[int]) -> None:
    """Delete the checkpoints of all steps but those `kept`, and what a kill left of others.

    Each is renamed first, so that a crash leaves no incomplete checkpoint under the final name.
    """
    _delete(folder, "*.discarded")
    for step in set(saved_steps(folder)) - kept:
        path = Path(_path(folder, step))
        path.rename(path.with_name(f"{path.name}.discarded"))
    _delete(folder, "*.discarded")
    _delete(folder, "*.orbax-checkpoint-tmp*")


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
