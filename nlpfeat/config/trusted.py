"""The Python files that this user has run as tasks: a study may name one of them, and no other, to be run again.

A study is data, whoever made it, and names the file that its task comes from. Were any file that a study names run, a stranger's
study would run a stranger's program. The list lies in the user's own folder of state, a path per line.
"""

import contextlib
import logging
from pathlib import Path

import platformdirs

log = logging.getLogger(__name__)


def _list() -> Path:
    return platformdirs.user_state_path("nlpfeat") / "task-files.txt"


def is_trusted(file: str) -> bool:
    """Whether this user has run a file, named by its absolute path, as a task."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return file in _list().read_text(encoding="utf-8").splitlines()
    return False


def trust(file: str) -> None:
    """Remember that this user runs a file, named by its absolute path, as a task; noted where that cannot be written."""
    if is_trusted(file):
        return
    try:
        _list().parent.mkdir(parents=True, exist_ok=True)
        with _list().open("a", encoding="utf-8") as lines:
            lines.write(f"{file}\n")
    except OSError as error:
        log.warning(
            "%s cannot be written (%s), so every command on a study of %s needs --task=%s",
            _list(), error.strerror, Path(file).name, file,
        )  # fmt: skip
