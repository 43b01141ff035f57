"""Progress of long loops, as the library sees it: an iterator that whoever calls may follow."""

from collections.abc import Iterable
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


@runtime_checkable
class Track(Protocol):
    """Follows a loop."""

    def __call__(self, items: Iterable[T], unit: str, total: int) -> Iterable[T]:
        """The items, unchanged.

        Args:
          unit: what they are, in the plural, such as "frames".
          total: how many there are.
        """
        ...


def untracked(items: Iterable[T], unit: str, total: int) -> Iterable[T]:
    """The items, followed by nobody."""
    return items
