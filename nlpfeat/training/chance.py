"""Chance levels: what the best answer that does not look at its input gets, by a task's headline metric.

Each is (the source's arrays, the examples learned from, the examples asked) -> a number: the answer is chosen on the
former and scored on the latter.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from nlpfeat.data.examples import Examples

Chance = Callable[[Any, Examples, Examples], float]


def majority(arrays: Any, learned: Examples, asked: Examples) -> float:
    """Accuracy of naming the commonest class, targets being class ids (n,)."""
    common = np.bincount(np.asarray(learned.targets)).argmax()
    return float((np.asarray(asked.targets) == common).mean())


def tie(arrays: Any, learned: Examples, asked: Examples) -> float:
    """How often the real one of two scores higher where all score the same, a tie counting one half."""
    return 0.5


def mean_square(arrays: Any, learned: Examples, asked: Examples) -> float:
    """Squared error of answering the mean, targets being numbers (n,)."""
    mean = np.asarray(learned.targets, np.float64).mean()
    return float(((np.asarray(asked.targets, np.float64) - mean) ** 2).mean())


def token_bits(batch: Callable[..., Examples], arrays: Any, learned: Examples, asked: Examples) -> float:
    """Bits a token by how often each occurs, one more than counted, so that an unseen one has a chance.

    Args:
      batch: the task's, whose targets hold `tokens` and `there` (n, length).
    """

    def tokens(examples: Examples) -> np.ndarray:
        targets = batch(arrays, examples, None).targets
        return np.asarray(targets.tokens)[np.asarray(targets.there)]

    seen, wanted = tokens(learned), tokens(asked)
    counts = np.bincount(seen, minlength=int(wanted.max()) + 1) + 1
    return float(-np.log2(counts / counts.sum())[wanted].mean())
