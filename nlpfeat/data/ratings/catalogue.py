"""Search for an item or a user by the text that a person types: a title, its beginning, or a number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlpfeat.data.names import identity
from nlpfeat.data.ratings.files import YEAR
from nlpfeat.data.text.tokens import composed
from nlpfeat.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Catalogue:
    """The items of a table of ratings.

    Attributes:
      names: in the file of ratings, such as numbers.
      titles: in words; the name again where the title is unknown.
    """

    names: Sequence[str]
    titles: Sequence[str]

    def index(self, text: str) -> int:
        """The index of an item.

        The first of these criteria that any item meets decides: its title; its title without the year; its name; the beginning
        of its title; a part of its title. Case and a trailing article ("Godfather, The") are ignored.

        Raises:
          UserError: if no item matches, or several do (some are named).
        """
        query = _plain(text)
        if not query:
            raise UserError("name an item by its title, or by its number")
        plain = [_plain(title) for title in self.titles]
        bare = [_plain(_without_year(title)) for title in self.titles]
        for matches in (
            [i for i, title in enumerate(plain) if title == query],
            [i for i, title in enumerate(bare) if title == query],
            [i for i, name in enumerate(self.names) if identity(name) == identity(text.strip())],
            [i for i, title in enumerate(plain) if title.startswith(query)],
            [i for i, title in enumerate(plain) if query in title],
        ):
            if len(matches) == 1:
                return matches[0]
            if matches:
                some = "; ".join(f"{self.titles[i]} ({self.names[i]})" for i in matches[:5])
                raise UserError(
                    f"{text!r} could be {len(matches)} items: {some}{'; …' if len(matches) > 5 else ''}. Give more of its "
                    "title, or its number"
                )
        hint = did_you_mean(text, [_without_year(title) for title in self.titles])
        raise UserError(f"no item {text!r}; {hint if hint.startswith('did') else 'no title is similar'}")


def user_index(users: Sequence[str], text: str) -> int:
    """The index of a user.

    Raises:
      UserError: if there is no such user.
    """
    query = identity(text.strip())
    for index, name in enumerate(users):
        if identity(name) == query:
            return index
    raise UserError(
        f"no user {text!r} among the {len(users):,}, such as {', '.join(users[:3])}; someone new is described by ratings, "
        'as in --rating "Toy Story=4"'
    )


def _without_year(title: str) -> str:
    return YEAR.sub("", title)


def _plain(title: str) -> str:
    """A title in lower case, with a trailing article moved to the front."""
    words = " ".join(composed(title).casefold().split())
    return re.sub(r"^(.*), (the|a|an)(?=$| \()", r"\2 \1", words)
