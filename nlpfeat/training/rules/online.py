"""Trask's rule, one review at a time, exactly, in blocks.

Within a block only overlaps of documents matter: what document t sees of the step of document s before it is the number
of words they share. So the block's sums are gathered once, its steps are taken on small arrays, and all words are
updated once. The arithmetic is that of the notebook's loop, in another order.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PyTree

from nlpfeat.config.fields import Scalar
from nlpfeat.data.core import Examples, Params
from nlpfeat.models.masking import unit_mask
from nlpfeat.models.word_bag import pool, spread
from nlpfeat.training.losses import half_squared_error, one_hot_targets
from nlpfeat.training.metrics import Metric
from nlpfeat.training.task import ExampleRule

# Reviews in a block, at most: the products of each with those before it are kept with the data.
MAX_BATCH = 32


def online_step(
    params: Params, carry: dict[str, Array], batch: Examples, settings: PyTree, speed: Scalar
) -> tuple[Any, dict[str, Array]]:
    """As many steps of gradient descent on ½ Σ (σ − y)² as the batch has documents, one after another.

    W12 -= speed · hᵀ δ and W01[words] -= speed · W12 δ with δ = (σ − y) σ (1 − σ), both from the values before the
    step, in the coordinates of `nlpfeat.models.sentiment_net`.

    Args:
      params: "along" A, "first" V, "readout" B of a `SentimentNet`.
      carry: "right" and "seen": documents so far, and those that were right before their own step (σ ≥ ½ means the
        second class; of several outputs the largest wins).
      batch: documents that follow on one another in the training part, with their overlaps.
      speed: the learning rate.
    """
    bag, count = batch.inputs, batch.targets.shape[0]
    first = params["first"] * unit_mask(params["first"].shape[0], settings.width)[:, None]
    gram = first.T @ first
    wanted = one_hot_targets(batch.targets, gram.shape[0])
    before = pool(params["along"], bag)
    back = jnp.arange(count)[:, None] - jnp.arange(count)[None]  # of document t from s
    shared = jnp.where(back > 0, jnp.take_along_axis(bag.overlap, jnp.maximum(back, 0), axis=1), 0.0)

    def step(t: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        readout, pulls, right = state
        along = before[t] + (shared[t][:, None] * pulls).sum(axis=0)
        chance = jax.nn.sigmoid(along @ gram @ readout)
        delta = (chance - wanted[t]) * chance * (1 - chance)
        pulls = pulls.at[t].set(-speed * (readout @ delta))
        readout = readout - speed * along[:, None] * delta[None]
        return readout, pulls, right + _right(chance, batch.targets[t])

    state = params["readout"], jnp.zeros_like(before), carry["right"]
    readout, pulls, right = jax.lax.fori_loop(0, count, step, state)
    along = spread(params["along"], bag, pulls)
    carry = {"right": right, "seen": carry["seen"] + count}
    return {**params, "along": along, "readout": readout}, carry


def _right(chance: Array, target: Array) -> Array:
    """1 where the outputs (outputs,) name the class `target`."""
    named = chance[0] >= 0.5 if chance.shape[0] == 1 else jnp.argmax(chance)
    return (named == target).astype(jnp.float32)


REVIEW_BY_REVIEW = ExampleRule(
    loss=Metric("loss", half_squared_error, "½ squared error", "min"),
    step=online_step,
    counters=("right", "seen"),
    metrics=(("online_accuracy", lambda counters: counters["right"] / counters["seen"]),),
    max_batch=MAX_BATCH,
)
