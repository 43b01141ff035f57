"""Random splits of examples from files: the same share of every class, and equal examples together."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int


class Groups(NamedTuple):
    """Groups of equal examples, in random order within their classes.

    Attributes:
      members: indices of the examples of each group.
      classes: (groups,), of the first example of each.
    """

    members: list[Int[np.ndarray, " _"]]
    classes: Int[np.ndarray, " groups"]


def held_out_share(
    identity: np.ndarray, labels: Int[np.ndarray, " n"], share: float, key: int, stream: int
) -> Bool[np.ndarray, " n"]:
    """Which examples to hold out: a share of every class, to within one.

    Equal examples stay together, so that none is both trained on and tested, unless there are too few different ones; one example
    of each class stays.

    Args:
      identity: (n,), equal for equal examples.
      labels: (n,), their classes.
      share: fraction to hold out.
      key, stream: seed of the choice, and of which split it is.
    """
    phase = np.random.default_rng([key, stream]).random()
    groups = _groups(identity, labels, key, stream)
    if len(groups.classes) == len(np.unique(groups.classes)):  # with its equals, every class would be lost
        groups = _groups(np.arange(len(labels)), labels, key, stream)
    n = len(groups.members)
    chosen = np.diff(np.floor(np.arange(n + 1) * share + phase)) > 0
    held = _held(groups, chosen, len(labels))
    sizes = np.bincount(groups.classes, minlength=1)
    if not held.any() and share * n >= 0.5 and sizes.max() > 1:  # chance chose a class of one group only
        held[groups.members[int((groups.classes == sizes.argmax()).argmax())]] = True
    return held


def held_out_fold(
    identity: np.ndarray, labels: Int[np.ndarray, " n"], fold: int, folds: int, key: int, stream: int
) -> Bool[np.ndarray, " n"]:
    """Which examples make the part `fold` of `folds`, all alike in their classes, otherwise as `held_out_share`."""
    groups = _groups(identity, labels, key, stream)
    return _held(groups, np.arange(len(groups.members)) % folds == fold, len(labels))


def _groups(identity: np.ndarray, labels: np.ndarray, key: int, stream: int) -> Groups:
    _, first, group = np.unique(identity, return_index=True, return_inverse=True)
    classes = labels[first]
    order = np.lexsort((np.random.default_rng([key, stream, 1]).permutation(len(first)), classes))
    stops = np.cumsum(np.bincount(group, minlength=len(first)))
    members = np.split(np.argsort(group, kind="stable"), stops)[:-1]
    return Groups([members[i] for i in order], classes[order])


def _held(groups: Groups, chosen: np.ndarray, n: int) -> Bool[np.ndarray, " n"]:
    """The examples of the chosen groups, without the first group of a class that would lose all."""
    starts = np.flatnonzero(np.diff(groups.classes, prepend=-1))
    ends = [*starts, len(chosen)][1:]
    kept = [start for start, end in zip(starts, ends, strict=True) if chosen[start:end].all()]
    chosen[kept] = False
    held = np.zeros(n, bool)
    for i in np.flatnonzero(chosen):
        held[groups.members[i]] = True
    return held
