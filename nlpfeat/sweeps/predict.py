"""What a restored net says of new text, and what each word has to do with it."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.bags import Bag
from nlpfeat.data.texts import Texts
from nlpfeat.sweeps.restore import Member

# Documents scored at a time.
PIECE = 64

Encoded = tuple[np.ndarray, np.ndarray]  # ids and weights of a document's words


class Prediction(NamedTuple):
    """What a net says of a text."""

    best: int  # the class predicted
    shares: (
        np.ndarray | None
    )  # (classes,), see `shares`; of a text without known words, the prior; None of nets that predict a number
    value: float | None  # that number, from -1 for the first class to 1 for the last
    known: int  # words of the text that the net knows
    unknown: list[str]  # those it does not, in order, each once
    contributions: dict[
        str, float
    ]  # word -> log-odds of the predicted class with it, less those without; largest first


def predict(member: Member, text: str) -> Prediction:
    """Classify a text, and tell each word's contribution by leaving it out.

    For a net that adds up its words, and two classes, the contributions add up to the log-odds; one that divides by
    their number is asked each time with one word fewer.
    """
    texts: Texts = member.source.about
    tokens = texts.tokenize(text)
    ids, counts = texts.vocabulary.encode(tokens)
    words = [texts.vocabulary.words[i] for i in ids]
    said = [word for word in dict.fromkeys(tokens) if word.strip()]
    unknown = [word for word in said if word not in texts.vocabulary.ids]
    if not any(word.strip() for word in words):  # none, or the empty word between two spaces
        return Prediction(int(texts.prior.argmax()), texts.prior, None, 0, unknown, {})
    weights = counts.astype(np.float32) if texts.counted else np.ones(len(ids), np.float32)
    without = [(np.delete(ids, i), np.delete(weights, i)) for i in range(len(ids))]
    trace = score(member, [(ids, weights), *without])
    best = int(trace["scores"][0].argmax())
    odds = log_odds(trace["scores"], best)
    effect = dict(zip(words, (odds[0] - odds[1:]).tolist(), strict=True))
    ordered = dict(sorted(effect.items(), key=lambda item: -abs(item[1])))
    value = float(trace["prediction"][0]) if "prediction" in trace else None
    return Prediction(best, shares(trace), value, len(ids), unknown, ordered)


def shares(trace: dict[str, np.ndarray]) -> np.ndarray | None:
    """What the net gives each class, adding up to 1 (classes,), for the first document.

    The softmax of the scores; of sigmoid outputs, one a class, each sigmoid over their sum; None of nets that predict a
    number.
    """
    if "prediction" in trace:
        return None
    if "output" in trace and trace["output"].shape[1] > 1:
        chances = np.asarray(jax.nn.sigmoid(trace["output"][0]))
        return chances / chances.sum()
    return np.asarray(jax.nn.softmax(trace["scores"][0]))


def score(member: Member, documents: list[Encoded]) -> dict[str, np.ndarray]:
    """The trace of documents, an array (n, …) each."""
    longest = max(len(ids) for ids, _ in documents)
    length = 2 ** max(6, (longest - 1).bit_length())  # few lengths: each is a program
    parts = []
    for start in range(0, len(documents), PIECE):
        part = documents[start : start + PIECE]
        trace = _apply(member.module, member.params, padded(part, length), member.settings)
        parts.append({name: np.asarray(leaf)[: len(part)] for name, leaf in trace.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@partial(jax.jit, static_argnums=0)
def _apply(module: Any, params: Any, bag: Bag, settings: Any) -> Any:
    return module.apply({"params": params}, bag, settings)


def padded(documents: list[Encoded], length: int) -> Bag:
    """A bag of PIECE documents, the last of them empty where there are fewer."""
    words, weights = np.zeros((PIECE, length), np.int32), np.zeros((PIECE, length), np.float32)
    lengths = np.zeros(PIECE, np.int32)
    for i, (ids, shares) in enumerate(documents):
        words[i, : len(ids)], weights[i, : len(ids)], lengths[i] = ids, shares, len(ids)
    return Bag(words, weights, lengths)


def log_odds(scores: np.ndarray, one: int) -> np.ndarray:
    """Log p / (1 - p) of class `one`, p being the softmax of scores (n, classes): (n,)."""
    others = np.delete(scores, one, axis=1)
    return scores[:, one] - np.asarray(jax.nn.logsumexp(jnp.asarray(others), axis=1))
