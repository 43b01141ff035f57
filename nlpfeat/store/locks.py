"""Locks: what keeps processes apart.

The lock is ours and not a library's: filelock truncates the file that it opens, which would empty the target of a hard link.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from nlpfeat.errors import UserError
from nlpfeat.store.containment import Outside

try:
    import fcntl
except ImportError:  # on Windows: importing and help work there, training does not
    fcntl = None


@contextlib.contextmanager
def lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file `path` while the block runs. The kernel releases it when the process dies, however it dies.

    Yields whether the lock is held: False only if another process holds it and `wait` is False.

    Raises:
      Outside: if `path` is a symbolic link, wherever it leads.
      UserError: where the system has no such locks.
    """
    if fcntl is None:
        raise UserError(
            "this system has no POSIX file locks, without which two sweeps could spoil one study: use Linux, macOS or WSL"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise Outside(
                f"{path} is a link, and a lock is a file of the study itself: delete the link"
            ) from error
        raise
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(file)
