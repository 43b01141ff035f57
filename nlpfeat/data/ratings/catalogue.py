"""Finding an item or a user by what people type: a title, the beginning of one, a number."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from nlpfeat.data.ratings.files import YEAR
from nlpfeat.data.tables import identity
from nlpfeat.data.text.tokens import composed
from nlpfeat.errors import UserError, nearest


class Catalogue(NamedTuple):
    """The items of a table of ratings."""

    names: Sequence[str]  # as the ratings name them
    titles: Sequence[str]

    def place(self, text: str) -> int:
        """The place of an item.

        A whole title comes first, with its year or without, then a name, the only title that begins so, the only one
        that holds the words. Case and a trailing article ("Godfather, The") do not count.

        Raises:
          UserError: if there is none, or several (some are named).
        """
        asked = _plain(text)
        if not asked:
            raise UserError("name an item by its title, or by its number")
        plain = [_plain(title) for title in self.titles]
        bare = [_plain(_without_year(title)) for title in self.titles]
        for fits in (
            [i for i, title in enumerate(plain) if title == asked],
            [i for i, title in enumerate(bare) if title == asked],
            [i for i, name in enumerate(self.names) if identity(name) == identity(text.strip())],
            [i for i, title in enumerate(plain) if title.startswith(asked)],
            [i for i, title in enumerate(plain) if asked in title],
        ):
            if len(fits) == 1:
                return fits[0]
            if fits:
                some = "; ".join(f"{self.titles[i]} ({self.names[i]})" for i in fits[:5])
                raise UserError(
                    f"{text!r} could be {len(fits)} items: {some}{'; …' if len(fits) > 5 else ''}. Say more of its title, "
                    "or its number"
                )
        hint = nearest(text, [_without_year(title) for title in self.titles])
        raise UserError(f"no item {text!r}; {hint if hint.startswith('did') else 'no title is spelt alike'}")


def user_place(users: Sequence[str], text: str) -> int:
    """The place of a user.

    Raises:
      UserError: if there is none.
    """
    asked = identity(text.strip())
    for place, name in enumerate(users):
        if identity(name) == asked:
            return place
    raise UserError(
        f"no user {text!r} among the {len(users):,}, such as {', '.join(users[:3])}; someone new is described by ratings, "
        'as in --rating "Toy Story=4"'
    )


def _without_year(title: str) -> str:
    return YEAR.sub("", title)


def _plain(title: str) -> str:
    """In small letters, its article in front, as it is said."""
    words = " ".join(composed(title).casefold().split())
    return re.sub(r"^(.*), (the|a|an)(?=$| \()", r"\2 \1", words)
