"""What a restored net answers on a whole part of its data: who is mistaken for whom, and how sure it was."""

from typing import NamedTuple

import numpy as np

from nlpfeat.data.examples import count
from nlpfeat.sweeps.predict import ANSWERS, shares
from nlpfeat.sweeps.restore import Member
from nlpfeat.sweeps.traces import traces
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
    found = traces(
        task,
        member.module,
        member.params,
        member.settings,
        member.source.arrays,
        examples,
        np.arange(count(examples)),
        ANSWERS,
    )
    given = shares(found)
    return None if given is None else Answers(np.asarray(examples.targets), given)


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
