"""What a restored net says of new text, and what each word has to do with it."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.new_text import NewText
from nlpfeat.sweeps.pieces import in_pieces
from nlpfeat.sweeps.restore import Member

# Documents scored at a time.
PIECE = 64

ANSWERS = ("scores", "output", "prediction")  # what is asked of a trace, where it is there


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


def predict(member: Member, text: str) -> Prediction:
    """Classify a text, and tell each word's contribution by leaving it out, wherever it stands.

    For a net that adds up its words, and two classes, the contributions add up to the log-odds; any other is asked
    each time with one word fewer.
    """
    texts = member.source.about
    new: NewText = texts.read(text)
    if not any(word.strip() for word in new.words):  # none, or the empty word between two spaces
        return Prediction(
            int(texts.corpus.prior.argmax()), texts.corpus.prior, None, 0, new.unknown, new.unread, {}
        )
    trace = score(member, [new.whole, *new.without])
    best = int(trace["scores"][0].argmax())
    odds = log_odds(trace["scores"], best)
    effect = dict(zip(new.words, (odds[0] - odds[1:]).tolist(), strict=True))
    ordered = dict(sorted(effect.items(), key=lambda item: -abs(item[1])))
    value = float(trace["prediction"][0]) if "prediction" in trace else None
    given = shares(trace)
    return Prediction(
        best, None if given is None else given[0], value, len(new.words), new.unknown, new.unread, ordered
    )


def shares(trace: dict[str, np.ndarray]) -> np.ndarray | None:
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


def score(member: Member, documents: list[Any]) -> dict[str, np.ndarray]:
    """What the net gives for documents, as the corpus encodes them: "scores" and the like, an array (n, …) each."""

    def ask(index: np.ndarray) -> Any:
        inputs = member.source.about.collate([documents[i] for i in index])
        return _apply(member.module, member.params, inputs, member.settings)

    return in_pieces(ask, len(documents), PIECE)


@partial(jax.jit, static_argnums=0)
def _apply(module: Any, params: Any, inputs: Any, settings: Any) -> Any:
    trace = module.apply({"params": params}, inputs, settings)
    return {name: trace[name] for name in ANSWERS if name in trace}


def log_odds(scores: np.ndarray, one: int) -> np.ndarray:
    """Log p / (1 - p) of class `one`, p being the softmax of scores (n, classes): (n,)."""
    others = np.delete(scores, one, axis=1)
    return scores[:, one] - np.asarray(jax.nn.logsumexp(jnp.asarray(others), axis=1))
