"""Mistakes that a user can mend, told in one line."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user asked for cannot be done. The message names the mistake and the mend in one line.

    Commands print it on stderr and exit with 2; any other exception is a defect of nlpfeat.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class DamagedFile(UserError):
    """A file of a study is truncated or unreadable. Everything else of the study stays usable."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt `name`: the closest of `known`, else all of them."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
