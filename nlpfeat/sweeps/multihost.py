"""Several processes with one mesh, as on the hosts of a TPU pod: all run the same code, only the first writes.

Members are sharded over the devices of all of them. With one process, every function here does nothing.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
from jax.experimental import multihost_utils

from nlpfeat.errors import UserError
from nlpfeat.store import locks


def join(where: str) -> None:
    """Join the other processes, before JAX first computes.

    Args:
      where: "auto" under a launcher that JAX knows (SLURM, Open MPI, TPU), else "HOST:PORT,i/n": the address of the
        first process, this one's number and how many there are.

    Raises:
      UserError: if `where` cannot be read, or the others do not join.
    """
    address, _, share = where.rpartition(",")
    try:
        index, count = (None, None) if where == "auto" else map(int, share.split("/"))
    except ValueError:
        raise UserError(
            f"processes: cannot read {where!r}; write HOST:PORT,i/n, as in 10.0.0.1:4321,0/2, or auto"
        ) from None
    if index is not None and count is not None and not (address and 0 <= index < count):
        raise UserError(f"processes: {where} is out of range; with n processes i runs from 0 to n-1")
    try:
        jax.distributed.initialize(address or None, count, index)
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"processes {where}: the other processes could not be joined ({str(error).splitlines()[0]}); without a launcher "
            "that JAX knows, write HOST:PORT,i/n"
        ) from error


def is_first() -> bool:
    """Whether this is the process that writes."""
    return jax.process_index() == 0


def any_of(flag: bool) -> bool:  # noqa: FBT001  (a plain predicate)
    """Whether the flag is set in any process. All processes must call it."""
    return bool(multihost_utils.process_allgather(np.array([flag]), tiled=True).any())


def wait_for_all(name: str) -> None:
    """Return when every process has reached this call."""
    multihost_utils.sync_global_devices(name)


@contextlib.contextmanager
def first_lock(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` for all processes while the block runs: yields whether the first one holds it."""
    with contextlib.ExitStack() as stack:
        held = is_first() and stack.enter_context(locks.lock(path, wait=False))
        yield any_of(held)
