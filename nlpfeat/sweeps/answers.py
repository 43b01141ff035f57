"""What a restored net answers on a whole part of its data: who is mistaken for whom, and how sure it was."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.examples import Examples, count
from nlpfeat.sweeps.predict import shares
from nlpfeat.sweeps.restore import Member
from nlpfeat.training.task import Task


class Answers(NamedTuple):
    """A net's answers on a part."""

    labels: np.ndarray  # (n,)
    shares: np.ndarray  # (n, classes), what it gives each class, adding up to 1

    @property
    def predicted(self) -> np.ndarray:
        """The class with the largest share (n,)."""
        return self.shares.argmax(1)


class Bins(NamedTuple):
    """Answers grouped by how sure the net was."""

    sure: np.ndarray  # (bins,), mean share of the predicted class
    right: np.ndarray  # (bins,), share of answers that are right
    size: np.ndarray  # (bins,), how many answers

    @property
    def error(self) -> float:
        """Expected calibration error: mean |sure - right| over answers. Source: Guo et al., ICML 2017."""
        return float(np.average(np.abs(self.sure - self.right), weights=self.size))


def answers(task: Task, member: Member, split: str) -> Answers | None:
    """The answers of a member on a part; None of nets that predict a number and give no shares."""
    examples = member.splits[split]
    n, found = count(examples), []
    for start in range(0, n, task.piece):
        index = np.minimum(np.arange(start, start + task.piece), n - 1)  # one size, one program
        trace = _trace(
            task, member.module, member.params, member.settings, member.source.arrays, examples, index
        )
        given = shares({name: np.asarray(leaf) for name, leaf in trace.items()})
        if given is None:
            return None
        found.append(given[: n - start])
    return Answers(np.asarray(examples.targets), np.concatenate(found))


@partial(jax.jit, static_argnums=(0, 1))
def _trace(
    task: Task, module: Any, params: Any, settings: Any, arrays: Any, examples: Examples, index: Any
) -> Any:
    batch = task.batch(arrays, examples, jnp.asarray(index))
    trace = module.apply({"params": params}, batch.inputs, settings)
    return {name: trace[name] for name in ("scores", "output", "prediction") if name in trace}


def confusion(found: Answers) -> np.ndarray:
    """How many of each class (rows) were taken for each (columns): int (classes, classes)."""
    classes = found.shares.shape[1]
    return np.bincount(found.labels * classes + found.predicted, minlength=classes**2).reshape(classes, -1)


def calibration(found: Answers, bins: int = 10) -> Bins:
    """Answers in groups of equal size by how sure the net was; fewer groups where there are few answers."""
    sure = found.shares.max(1)
    order = np.argsort(sure, kind="stable")
    groups = np.array_split(order, min(bins, max(1, len(order) // 10)))
    right = found.predicted == found.labels
    return Bins(
        np.array([sure[group].mean() for group in groups]),
        np.array([right[group].mean() for group in groups]),
        np.array([len(group) for group in groups]),
    )


def most_wrong(found: Answers, most: int) -> np.ndarray:
    """The answers that are wrong, those first that gave the true class least: places (at most `most`,)."""
    given = found.shares[np.arange(len(found.labels)), found.labels]
    wrong = np.flatnonzero(found.predicted != found.labels)
    return wrong[np.argsort(given[wrong], kind="stable")][:most]
