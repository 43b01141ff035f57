"""Mistakes that a user can correct, each with a message of one line."""

import difflib
from collections.abc import Iterable
from pathlib import Path


class UserError(Exception):
    """A request of the user is invalid. The message names the mistake and the correction in one line.

    Commands print it on stderr and exit with code 2. Any other exception is a defect of nlpfeat.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class DamagedFile(UserError):
    """A file is truncated or unreadable. The other files of its study remain usable.

    Attributes:
      what: the file, and what is wrong with it, without the mend.
    """

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(f"{what}: {mend}" if mend else what)
        self.what = what


def require_readable(path: Path) -> None:
    """Tell what cannot be read from what is damaged: read every byte of a file, or of all files in a folder.

    Raises:
      OSError: as the system tells it, such as a PermissionError.
    """
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    for file in files:
        with file.open("rb") as opened:
            while opened.read(2**24):
                pass


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt `name`: the most similar of the known names, else all of them."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
