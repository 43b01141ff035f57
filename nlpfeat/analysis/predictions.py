"""What a restored net says of new text, and what each word has to do with it."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.core import count
from nlpfeat.data.text.tokens import NewText
from nlpfeat.study.forward import batched, forward
from nlpfeat.study.restore import Member
from nlpfeat.training.task import Task

# Documents scored at a time.
CHUNK = 64

OUTPUTS = ("scores", "output", "prediction")  # what is asked of a trace, where it is there


class Prediction(NamedTuple):
    """What a net says of a text."""

    best: int  # the class predicted
    shares: (
        np.ndarray | None
    )  # (classes,), see `shares`; of a text without known words, the prior; None of nets that predict a number
    value: float | None  # that number, from -1 for the first class to 1 for the last
    known: int  # words of the text that the net knows
    unknown: list[str]  # those it does not, in order, each once
    unread: int  # words in front that are past the net's length
    contributions: dict[
        str, float
    ]  # word -> log-odds of the predicted class with it, less those without; largest first


def predict_text(member: Member, text: str) -> Prediction:
    """Classify a text, and tell each word's contribution by leaving it out, wherever it stands.

    For a net that adds up its words, and two classes, the contributions add up to the log-odds; any other is asked
    each time with one word fewer.
    """
    texts = member.dataset.metadata
    new: NewText = texts.read(text)
    if not any(word.strip() for word in new.words):  # none, or the empty word between two spaces
        return Prediction(
            int(texts.corpus.prior.argmax()), texts.corpus.prior, None, 0, new.unknown, new.unread, {}
        )
    trace = score_documents(member, [new.whole, *new.without])
    best = int(trace["scores"][0].argmax())
    odds = log_odds(trace["scores"], best)
    effect = dict(zip(new.words, (odds[0] - odds[1:]).tolist(), strict=True))
    ordered = dict(sorted(effect.items(), key=lambda item: -abs(item[1])))
    value = float(trace["prediction"][0]) if "prediction" in trace else None
    given = probabilities(trace)
    return Prediction(
        best, None if given is None else given[0], value, len(new.words), new.unknown, new.unread, ordered
    )


def probabilities(trace: dict[str, np.ndarray]) -> np.ndarray | None:
    """What the net gives each class, adding up to 1: (n, classes).

    The softmax of the scores; of sigmoid outputs, one a class, each sigmoid over their sum; None of nets that predict a
    number.
    """
    if "prediction" in trace:
        return None
    if "output" in trace and trace["output"].shape[1] > 1:
        chances = np.asarray(jax.nn.sigmoid(trace["output"]))
        return chances / chances.sum(axis=1, keepdims=True)
    return np.asarray(jax.nn.softmax(trace["scores"]))


def score_documents(member: Member, documents: list[Any]) -> dict[str, np.ndarray]:
    """What the net gives for documents, as the corpus encodes them: "scores" and the like, an array (n, …) each."""

    def ask(index: np.ndarray) -> Any:
        inputs = member.dataset.metadata.collate([documents[i] for i in index])
        return _apply(member.module, member.params, inputs, member.settings)

    return batched(ask, len(documents), CHUNK)


@partial(jax.jit, static_argnums=0)
def _apply(module: Any, params: Any, inputs: Any, settings: Any) -> Any:
    trace = module.apply({"params": params}, inputs, settings)
    return {name: trace[name] for name in OUTPUTS if name in trace}


def log_odds(scores: np.ndarray, one: int) -> np.ndarray:
    """Log p / (1 - p) of class `one`, p being the softmax of scores (n, classes): (n,)."""
    others = np.delete(scores, one, axis=1)
    return scores[:, one] - np.asarray(jax.nn.logsumexp(jnp.asarray(others), axis=1))


class Predictions(NamedTuple):
    """A net's answers on a part."""

    labels: np.ndarray  # (n,)
    shares: np.ndarray  # (n, classes), what it gives each class, adding up to 1

    @property
    def predicted(self) -> np.ndarray:
        """The class with the largest share (n,)."""
        return self.shares.argmax(1)


class CalibrationBins(NamedTuple):
    """Answers grouped by how sure the net was."""

    sure: np.ndarray  # (bins,), mean share of the predicted class
    right: np.ndarray  # (bins,), share of answers that are right
    size: np.ndarray  # (bins,), how many answers

    @property
    def error(self) -> float:
        """Expected calibration error: mean |sure - right| over answers. Source: Guo et al., ICML 2017."""
        return float(np.average(np.abs(self.sure - self.right), weights=self.size))


def predict_split(task: Task, member: Member, split: str) -> Predictions | None:
    """The answers of a member on a part; None of nets that predict a number and give no shares."""
    examples = member.splits[split]
    found = forward(
        task,
        member.module,
        member.params,
        member.settings,
        member.dataset.arrays,
        examples,
        np.arange(count(examples)),
        OUTPUTS,
    )
    given = probabilities(found)
    return None if given is None else Predictions(np.asarray(examples.targets), given)


def confusion(found: Predictions) -> np.ndarray:
    """How many of each class (rows) were taken for each (columns): int (classes, classes)."""
    classes = found.shares.shape[1]
    return np.bincount(found.labels * classes + found.predicted, minlength=classes**2).reshape(classes, -1)


def calibration(found: Predictions, bins: int = 10) -> CalibrationBins:
    """Answers in groups of equal size by how sure the net was; fewer groups where there are few answers."""
    sure = found.shares.max(1)
    order = np.argsort(sure, kind="stable")
    groups = np.array_split(order, min(bins, max(1, len(order) // 10)))
    right = found.predicted == found.labels
    return CalibrationBins(
        np.array([sure[group].mean() for group in groups]),
        np.array([right[group].mean() for group in groups]),
        np.array([len(group) for group in groups]),
    )


def worst_errors(found: Predictions, most: int) -> np.ndarray:
    """The answers that are wrong, those first that gave the true class least: places (at most `most`,)."""
    given = found.shares[np.arange(len(found.labels)), found.labels]
    wrong = np.flatnonzero(found.predicted != found.labels)
    return wrong[np.argsort(given[wrong], kind="stable")][:most]


# MERGED: """What a restored net answers on a whole part of its data: who is mistaken for whom, and how sure it was."""
