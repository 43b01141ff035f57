"""What a restored net says of new text, and what each word has to do with it."""

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

    probabilities: np.ndarray  # (classes,): softmax of the scores; of a text without known words, the prior
    known: int  # words of the text that the net knows
    unknown: list[str]  # those it does not, in order, each once
    contributions: dict[
        str, float
    ]  # word -> log-odds of the predicted class with it, less those without; largest first
    value: float | None  # the number that nets give which predict one


def predict(member: Member, text: str) -> Prediction:
    """Classify a text, and tell each word's contribution by leaving it out.

    For a net that adds up its words the contributions add up to the score; one that divides by their number is asked
    each time with one word fewer.
    """
    texts: Texts = member.source.about
    tokens = texts.tokenize(text)
    ids, counts = texts.vocabulary.encode(tokens)
    words = [texts.vocabulary.words[i] for i in ids]
    said = [word for word in dict.fromkeys(tokens) if word.strip()]
    unknown = [word for word in said if word not in texts.vocabulary.ids]
    if not any(word.strip() for word in words):  # none, or the empty word between two spaces
        return Prediction(texts.prior, 0, unknown, {}, None)
    weights = counts.astype(np.float32) if texts.counted else np.ones(len(ids), np.float32)
    without = [(np.delete(ids, i), np.delete(weights, i)) for i in range(len(ids))]
    scores, values = score(member, [(ids, weights), *without])
    best = int(scores[0].argmax())
    odds = log_odds(scores, best)
    effect = dict(zip(words, (odds[0] - odds[1:]).tolist(), strict=True))
    ordered = dict(sorted(effect.items(), key=lambda item: -abs(item[1])))
    value = None if values is None else float(values[0])
    return Prediction(np.asarray(jax.nn.softmax(scores[0])), len(ids), unknown, ordered, value)


def score(member: Member, documents: list[Encoded]) -> tuple[np.ndarray, np.ndarray | None]:
    """Class scores of documents (n, classes), and the number that each is given, by nets that predict one."""
    apply = jax.jit(lambda params, bag: member.module.apply({"params": params}, bag, member.settings))
    longest = max(len(ids) for ids, _ in documents)
    scores, values = [], []
    for start in range(0, len(documents), PIECE):
        part = documents[start : start + PIECE]
        trace: Any = apply(member.params, padded(part, max(longest, 1)))
        scores.append(np.asarray(trace["scores"])[: len(part)])
        if "prediction" in trace:
            values.append(np.asarray(trace["prediction"])[: len(part)])
    return np.concatenate(scores), np.concatenate(values) if values else None


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
