"""Paths as people write them."""

from pathlib import Path

from nlpfeat.errors import UserError


def expanded(text: str) -> Path:
    """The path that a text names, `~` being someone's home: a shell leaves it alone in `--study=~/x` and within quotes.

    Raises:
      UserError: if nobody has such a home.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(f"{text!r}: there is no home of that name; write the path out") from None
