"""Predictions of a trained classifier: of new texts, word by word, and of a split of its data."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Outputs, Params, count, split_names
from nlpfeat.data.text.corpus import Corpus, Origin
from nlpfeat.data.text.tokens import NewText
from nlpfeat.errors import UserError
from nlpfeat.stats.intervals import Interval, wilson
from nlpfeat.store.results import diverged_count
from nlpfeat.study.forward import batched, forward
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import final_scores, median_seed, point_of
from nlpfeat.study.session import Study

log = logging.getLogger(__name__)

CHUNK = 64  # documents that are scored at a time
OUTPUTS = ("scores", "output", "prediction")  # of a module, where it has them
MAX_WIDTHS = 4  # widths whose predictions are compared
LISTED = 200  # errors that are listed


@runtime_checkable
class ClassifierTexts(Protocol):
    """The metadata of a dataset of classified texts."""

    @property
    def corpus(self) -> Corpus:
        """The documents with their classes."""
        ...

    def read(self, text: str) -> NewText:
        """Encode a text, whole and without each of its words."""
        ...

    def single_word(self, word: int, /) -> PyTree:
        """Encode a text of one word, given by its index in the vocabulary."""
        ...

    def collate(self, documents: list[PyTree], /) -> PyTree:
        """A batch of encoded texts."""
        ...


class Prediction(NamedTuple):
    """The prediction for a text.

    Attributes:
      predicted: the class.
      probabilities: (classes,); the prior for a text without known words; None for a network that predicts a number.
      value: that number, from -1 for the first class to 1 for the last; None for other networks.
      known: number of distinct words that the network knows.
      unknown: the other words, in order of appearance.
      unread: leading words that exceed the network's input length.
      contributions: word -> log-odds of the predicted class with the word minus those without it, largest in size first.
    """

    predicted: int
    probabilities: np.ndarray | None
    value: float | None
    known: int
    unknown: list[str]
    unread: int
    contributions: dict[str, float]


def predict_text(member: TrainedMember, text: str) -> Prediction:
    """Classify a text, and measure the contribution of each word by leaving out all its occurrences.

    For a network that is linear in its words, and two classes, the contributions add up to the log-odds.
    """
    texts: ClassifierTexts = member.dataset.metadata
    new = texts.read(text)
    if not any(word.strip() for word in new.words):  # none, or the empty word between two spaces
        prior = texts.corpus.prior
        return Prediction(int(prior.argmax()), prior, None, 0, new.unknown, new.unread, {})
    outputs = score_documents(member, [new.whole, *new.without])
    predicted = int(outputs["scores"][0].argmax())
    odds = log_odds(outputs["scores"], predicted)
    effects = zip(new.words, (odds[0] - odds[1:]).tolist(), strict=True)
    contributions = dict(sorted(effects, key=lambda item: -abs(item[1])))
    value = float(outputs["prediction"][0]) if "prediction" in outputs else None
    shares = probabilities(outputs)
    own = None if shares is None else shares[0]
    return Prediction(predicted, own, value, len(new.words), new.unknown, new.unread, contributions)


def probabilities(outputs: Outputs) -> Float[np.ndarray, "n classes"] | None:
    """The probability of each class; None for a network that predicts a number.

    The softmax of the scores. Of one sigmoid output per class, each sigmoid divided by their sum.
    """
    if "prediction" in outputs:
        return None
    if "output" in outputs and outputs["output"].shape[1] > 1:
        sigmoids = np.asarray(jax.nn.sigmoid(outputs["output"]))
        return sigmoids / sigmoids.sum(axis=1, keepdims=True)
    return np.asarray(jax.nn.softmax(outputs["scores"]))


def score_documents(member: TrainedMember, documents: Sequence[PyTree]) -> dict[str, np.ndarray]:
    """The OUTPUTS of a network for documents as its texts encode them: arrays (n, …)."""

    def score(index: np.ndarray) -> Outputs:
        inputs = member.dataset.metadata.collate([documents[i] for i in index])
        return _apply(member.module, member.params, inputs, member.settings)

    return batched(score, len(documents), CHUNK)


@partial(jax.jit, static_argnums=0)
def _apply(module: nn.Module, params: Params, inputs: PyTree, settings: Settings) -> Outputs:
    outputs: Outputs = module.apply({"params": params}, inputs, settings)  # pyright: ignore[reportAssignmentType]
    return {name: outputs[name] for name in OUTPUTS if name in outputs}


def predict_texts(member: TrainedMember, texts: Sequence[str]) -> pd.DataFrame:
    """The predictions of a classifier for many texts, without contributions of their words.

    Args:
      member: the classifier.
      texts: as they are.

    Returns:
      One row per text: "predicted", the class, that of the prior for a text without a known word; "probability" of it, where the
      network has one; "unknown", the share of its distinct words that the network does not know.
    """
    data: ClassifierTexts = member.dataset.metadata
    read = [data.read(text) for text in texts]
    classes, prior = np.array(data.corpus.classes, object), data.corpus.prior
    if not read:
        return pd.DataFrame({"predicted": [], "probability": [], "unknown": []})
    outputs = score_documents(member, [one.whole for one in read])
    shares, scores = probabilities(outputs), np.asarray(outputs["scores"])
    known = np.array([any(word.strip() for word in one.words) for one in read])
    predicted = np.where(known, scores.argmax(1), prior.argmax())
    table = pd.DataFrame({"predicted": classes[predicted]})
    if shares is not None:
        own = np.where(known, shares[np.arange(len(read)), predicted], prior[predicted])
        table["probability"] = own.astype(float).round(6)
    distinct = [max(len(one.words) + len(one.unknown), 1) for one in read]
    table["unknown"] = [round(len(one.unknown) / n, 4) for one, n in zip(read, distinct, strict=True)]
    return table


def log_odds(scores: Float[np.ndarray, "n classes"], label: int) -> Float[np.ndarray, " n"]:
    """Log p / (1 − p) for the probability p of the class `label`, the softmax of the scores."""
    others = np.delete(scores, label, axis=1)
    return scores[:, label] - np.asarray(jax.nn.logsumexp(jnp.asarray(others), axis=1))


class Predictions(NamedTuple):
    """The predictions for a split."""

    labels: Int[np.ndarray, " n"]
    probabilities: Float[np.ndarray, "n classes"]

    @property
    def predicted(self) -> Int[np.ndarray, " n"]:
        """The class of largest probability."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> Float[np.ndarray, " n"]:
        """The probability of the predicted class."""
        return self.probabilities.max(1)

    @property
    def correct(self) -> np.ndarray:
        """Whether each prediction is correct: bool (n,)."""
        return self.predicted == self.labels


class CalibrationBins(NamedTuple):
    """Predictions in bins by confidence."""

    confidence: Float[np.ndarray, " bins"]  # mean
    accuracy: Float[np.ndarray, " bins"]
    size: Int[np.ndarray, " bins"]  # predictions

    @property
    def error(self) -> float:
        """Expected calibration error: mean |confidence − accuracy| over predictions. Source: Guo et al., ICML 2017."""
        return float(np.average(np.abs(self.confidence - self.accuracy), weights=self.size))


def predict_split(member: TrainedMember, split: str) -> Predictions | None:
    """The predictions of a member for a split; None for a network that predicts a number."""
    examples = member.splits[split]
    outputs = forward(member.program, member.params, member.data, split, np.arange(count(examples)), OUTPUTS)
    shares = probabilities(outputs)
    return None if shares is None else Predictions(np.asarray(examples.targets), shares)


def confusion(found: Predictions) -> Int[np.ndarray, "classes classes"]:
    """The confusion matrix: counts by true class (rows) and predicted class (columns)."""
    from sklearn.metrics import confusion_matrix  # half a second to import, for texts alone

    return confusion_matrix(found.labels, found.predicted, labels=range(found.probabilities.shape[1]))


def calibration(found: Predictions, bins: int = 10) -> CalibrationBins:
    """Predictions in bins of equal size by confidence; fewer bins for fewer than 10 predictions per bin.

    Ours, because `sklearn.calibration.calibration_curve` returns no sizes, which the expected calibration error and the
    intervals need, and its quantile bins differ in size where confidences are tied.
    """
    order = np.argsort(found.confidence, kind="stable")
    groups = np.array_split(order, min(bins, max(1, len(order) // 10)))
    return CalibrationBins(
        np.array([found.confidence[group].mean() for group in groups]),
        np.array([found.correct[group].mean() for group in groups]),
        np.array([len(group) for group in groups]),
    )


def worst_errors(found: Predictions, count: int) -> Int[np.ndarray, " errors"]:
    """The indices of at most `count` errors, those of least probability of the true class first."""
    true = found.probabilities[np.arange(len(found.labels)), found.labels]
    errors = np.flatnonzero(~found.correct)
    return errors[np.argsort(true[errors], kind="stable")][:count]


def median_predictions(study: Study, dataset: xr.Dataset) -> list[tuple[TrainedMember, Predictions]]:
    """The predictions of some widths for the last split, each by the seed of median score; empty if they predict numbers.

    Members that diverged predict nothing: they are left out, with a warning.

    Args:
      study: of a classifier.
      dataset: of its results, one plane (width, seed) of its grid.

    Returns:
      At most MAX_WIDTHS members, the narrowest and the widest included, in ascending width.
    """
    widths = [int(width) for width in dataset["width"].to_numpy()]
    stride = max(1, -(-(len(widths) - 1) // (MAX_WIDTHS - 1)))
    split, found = str(dataset["split"].to_numpy()[-1]), []
    for width in sorted({*widths[::-1][::stride], widths[0]}):
        scores = final_scores(dataset, study.task.evaluation.headline)
        scores = scores.sel(width=width, split=split).dropna("seed")
        here = dataset.sel(width=width)
        lost, ran = diverged_count(here), int((here["member_id"] != "").sum())
        if lost:
            text = "width %d: %d of %d members diverged, and the median seed is that of the others"
            log.warning(text, width, lost, ran)
        if not scores.sizes["seed"]:
            continue
        point = point_of(study, dataset.sel(width=width))
        member = study.restore(**{**point, "seed": median_seed(scores)})
        predictions = predict_split(member, split)
        if predictions is not None:
            found.append((member, predictions))
    return found


def class_table(found: Predictions, classes: Sequence[str]) -> pd.DataFrame:
    """How well each class is found: one row per class that the split has or the network predicts.

    Args:
      found: predictions for a split.
      classes: their names.

    Returns:
      "class"; "examples" of it; "recall", the share of these that are predicted as it, with its Wilson interval "recall_low" and
      "recall_high"; "precision", the share of the predictions of the class that are right; "f1". NaN where there is none.
    """
    counts = confusion(found)
    true, predicted, correct = counts.sum(1), counts.sum(0), np.diag(counts)
    rows = []
    for i in np.flatnonzero(true + predicted).tolist():
        recall = wilson(int(correct[i]), int(true[i])) if true[i] else Interval(np.nan, np.nan, np.nan)
        rows.append(
            {
                "class": classes[i],
                "examples": int(true[i]),
                "recall": recall.estimate,
                "recall_low": recall.low,
                "recall_high": recall.high,
                "precision": correct[i] / predicted[i] if predicted[i] else np.nan,
                "f1": 2 * correct[i] / (true[i] + predicted[i]),
            }
        )
    return pd.DataFrame(rows)


def most_wrong(member: TrainedMember, split: str = "") -> pd.DataFrame:
    """The errors of a classifier of texts whose true class has the least probability, least first: at most LISTED.

        nlpfeat.most_wrong(nlpfeat.open_study("runs/imdb_ngrams-own-mine").restore(width="best", seed="median"))

    Args:
      member: the classifier.
      split: of its data; empty for the last one.

    Returns:
      As `errors_table`.

    Raises:
      UserError: if the member has no such split, or predicts a number.
    """
    split = split or split_names(member.splits)[-1]
    if split not in member.splits:
        raise UserError(f"split: no split {split!r}; the study has {', '.join(member.splits)}")
    found = predict_split(member, split)
    if found is None:
        raise UserError(f"{member.task.name} predicts a number, so no class has a probability")
    return errors_table(member, found, split)


def errors_table(member: TrainedMember, found: Predictions, split: str) -> pd.DataFrame:
    """The LISTED worst errors, worst first.

    Args:
      member: a classifier of texts.
      found: its predictions for the split.
      split: the name of the split.

    Returns:
      Where the text is in the file: "line" on which it begins, and "row" without the header, from 1, with the "file" where there
      are two; "true" and "predicted" class, "true_probability", "text" as the network reads it.
    """
    errors, corpus = worst_errors(found, LISTED), member.dataset.metadata.corpus
    documents = np.asarray(member.splits[split].inputs)[errors].tolist()
    names = np.array(corpus.classes, object)
    return pd.DataFrame(
        {
            **_place(corpus.origin.take(np.array(documents, int))),
            "true": names[found.labels[errors]],
            "predicted": names[found.predicted[errors]],
            "true_probability": found.probabilities[errors, found.labels[errors]].astype(float).round(6),
            "text": [" ".join(corpus.documents.document(document)) for document in documents],
        }
    )


def _place(origin: Origin) -> dict[str, list[object]]:
    """Where texts are in their files, as columns; published corpora have numbers only."""
    files = {"file": [origin.files[i] for i in origin.file]} if len(origin.files) > 1 else {}
    lines = {"line": origin.lines.tolist()} if origin.files != ("",) else {}
    return files | lines | {"row": origin.rows.tolist()}
