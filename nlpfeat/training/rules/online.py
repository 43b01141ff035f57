"""Trask's learning rule: one gradient step per review, computed exactly for a batch of reviews at once.

Within a batch, the step of a document s changes the hidden layer of a later document t in proportion to their overlap, the number of
words that they share. The hidden layers of a batch are therefore computed once, its steps are taken on small arrays, and the word
table is updated once. The arithmetic is that of the notebook's loop, in another order.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import PyTree

from nlpfeat.config.fields import Scalar
from nlpfeat.data.core import Examples, Params
from nlpfeat.models.masking import unit_mask
from nlpfeat.models.word_bag import pool, scatter_add
from nlpfeat.training.losses import half_squared_error, one_hot_targets
from nlpfeat.training.metrics import Metric
from nlpfeat.training.task import ExampleRule

MAX_BATCH = 32  # the dataset stores the overlaps of each review with this many


def online_step(
    params: Params, counters: dict[str, Array], batch: Examples, settings: PyTree, learning_rate: Scalar
) -> tuple[Params, dict[str, Array]]:
    """One step of gradient descent on ½ Σ (σ − y)² per document of the batch, in order.

    W12 -= rate · hᵀ δ and W01[words] -= rate · W12 δ with δ = (σ − y) σ (1 − σ), both from the values before the step, in the
    coordinates of `nlpfeat.models.sentiment_net`.

    Args:
      params: "along" A, "first" V, "readout" B of a `SentimentNet`.
      counters: "seen", the documents so far, and "right", those whose class was predicted before their own step (σ ≥ ½ predicts
        the second class; of several outputs, the largest predicts its class).
      batch: consecutive documents of the train split, with their overlaps.
      settings: of the member.
      learning_rate: of the steps.
    """
    bag, count = batch.inputs, batch.targets.shape[0]
    first = params["first"] * unit_mask(params["first"].shape[0], settings.width)[:, None]
    gram = first.T @ first
    targets = one_hot_targets(batch.targets, gram.shape[0])
    before = pool(params["along"], bag)
    distance = jnp.arange(count)[:, None] - jnp.arange(count)[None]  # t - s
    overlap = jnp.where(distance > 0, jnp.take_along_axis(bag.overlap, jnp.maximum(distance, 0), axis=1), 0.0)

    def step(t: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        readout, updates, right = state
        along = before[t] + (overlap[t][:, None] * updates).sum(axis=0)
        output = jax.nn.sigmoid(along @ gram @ readout)
        delta = (output - targets[t]) * output * (1 - output)
        updates = updates.at[t].set(-learning_rate * (readout @ delta))
        readout = readout - learning_rate * along[:, None] * delta[None]
        return readout, updates, right + _right(output, batch.targets[t])

    state = params["readout"], jnp.zeros_like(before), counters["right"]
    readout, updates, right = jax.lax.fori_loop(0, count, step, state)
    along = scatter_add(params["along"], bag, updates)
    counters = {"right": right, "seen": counters["seen"] + count}
    return {**params, "along": along, "readout": readout}, counters


def _right(output: Array, target: Array) -> Array:
    """1 if the sigmoid outputs (outputs,) predict the class `target`, else 0."""
    predicted = output[0] >= 0.5 if output.shape[0] == 1 else jnp.argmax(output)
    return (predicted == target).astype(jnp.float32)


REVIEW_BY_REVIEW = ExampleRule(
    loss=Metric("loss", half_squared_error, "½ squared error", "min"),
    step=online_step,
    counters=("right", "seen"),
    metrics=(("online_accuracy", lambda counters: counters["right"] / counters["seen"]),),
    max_batch=MAX_BATCH,
)
