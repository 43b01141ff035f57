"""Locks and links: what keeps processes apart, and a study's files inside its folder.

The lock is ours and not a library's: filelock truncates the file that it opens, which would empty the target of a hard link.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from nlpfeat.errors import UserError


class LinkOutside(UserError):
    """A link inside a study leads out of it."""


def refuse_links(path: Path) -> None:
    """Check that every file that is reached by a name inside the study at `path` lies inside it.

    The study's own folder may be a link.

    Raises:
      LinkOutside: for a symbolic link, at any depth, that leads elsewhere.
    """
    home = os.path.realpath(path)
    waiting = [home]
    while waiting:
        # a run beside this one may discard a folder
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    leads = os.path.realpath(entry.path)
                    if os.path.commonpath([home, leads]) != home:
                        raise LinkOutside(
                            f"{path / os.path.relpath(entry.path, home)} is a link that leads out of the study, to {leads}: put what it "
                            "leads to in its place, or delete the link"
                        )
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


@contextlib.contextmanager
def lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file `path` while the block runs. The kernel releases it when the process dies, however it dies.

    Yields whether the lock is held: False only if another process holds it and `wait` is False.

    Raises:
      LinkOutside: if `path` is a symbolic link, wherever it leads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise LinkOutside(
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
