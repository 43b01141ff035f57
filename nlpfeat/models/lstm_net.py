"""Embedding → LSTM over the words → classes.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 5, with the LSTM of Keras 1: gates are hard sigmoids,
and the forget gate starts open. Recurrent weights start Glorot-uniform, not orthogonal: a unit's draws must not depend
on how many there are.
"""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from nlpfeat.models.layers import (
    Dense,
    Embedding,
    Size,
    axes_of,
    class_scores,
    glorot,
    one_is_swept,
    outputs_of,
    size,
)
from nlpfeat.settings import Natural


@dataclass(frozen=True)
class LstmNetSpec:
    """Sizes of the layers: dimensions of the `embedding`, LSTM `cells`. 0 marks the one that the width counts."""

    embedding: Natural = 32
    cells: Natural = 0

    def __post_init__(self) -> None:
        one_is_swept(self.embedding, self.cells)


_GATES = Size(4, 4, False)  # input, forget, candidate, output


class Lstm(nn.Module):
    """A layer of long short-term memory. Source: Hochreiter & Schmidhuber 1997, with forget gates (Gers et al. 2000)."""

    inputs: Size
    cells: Size

    @nn.compact
    def __call__(
        self, x: Float[Array | np.ndarray, "n length inputs"], here: Bool[Array | np.ndarray, "n length"]
    ) -> Float[Array, "n cells"]:
        """The output after the last position; where `here` is False, the state stays as it is."""
        into, onto = (self.inputs, _GATES, self.cells), (self.cells, _GATES, self.cells)
        true = self.cells.true
        weight = self.param("weight", glorot([s.units for s in into], axes_of(into), self.inputs.true, true))
        again = self.param("recurrent", glorot([s.units for s in onto], axes_of(onto), true, true))
        bias = self.param("bias", _forget_open, (4, self.cells.units))
        own = unit_rows(self.cells)
        again = (jnp.asarray(again) * own[:, None, None]).reshape(self.cells.units, -1)
        # Positions first before the product, whose result is the largest array here and best not copied.
        first = jnp.swapaxes(x, 0, 1)
        driven = first.reshape(-1, x.shape[2]) @ jnp.asarray(weight).reshape(x.shape[2], -1)
        driven = driven.reshape(*first.shape[:2], -1) + jnp.ravel(bias)[None, None]
        state = jnp.zeros((x.shape[0], self.cells.units))

        def step(state: tuple[Array, Array], now: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
            output, cell = state
            drive, here = now
            let, forget, candidate, out = jnp.split(drive + output @ again, 4, axis=1)
            new = hard_sigmoid(forget) * cell + hard_sigmoid(let) * jnp.tanh(candidate)
            said = hard_sigmoid(out) * jnp.tanh(new)
            stay = here[:, None]
            return (jnp.where(stay, said, output), jnp.where(stay, new, cell)), None

        (output, _), _ = jax.lax.scan(step, (state, state), (driven, jnp.asarray(here).T))
        return self.cells.mask(output)


def unit_rows(cells: Size) -> Float[Array, " units"]:
    """1 for the member's own cells, 0 for the padding."""
    return cells.mask(jnp.ones(cells.units))


def hard_sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """.2 x + .5, cut to lie between 0 and 1."""
    return jnp.clip(0.2 * x + 0.5, 0.0, 1.0)


def _forget_open(key: Array, shape: tuple[int, int]) -> Float[Array, "4 units"]:
    return jnp.zeros(shape).at[1].set(1.0)


class LstmNet(nn.Module):
    """Embedding → dropout of words → LSTM → class scores."""

    units: int
    classes: int
    rows: int
    spec: LstmNetSpec

    @nn.compact
    def __call__(self, inputs: Any, settings: Any, *, train: bool = False) -> dict[str, Array]:
        """The trace of a batch of sequences.

        Args:
          inputs: `words` (n, length), 0 for padding, which is passed over.
          settings: `width` counts the units of the layers whose size is 0; `word_dropout` is the share of words dropped.
          train: whether to drop.

        Returns:
          "embedded" (n, length, embedding), "features" (n, cells), "scores" (n, classes).
        """
        embedding, cells = (
            size(asked, self.units, settings.width) for asked in (self.spec.embedding, self.spec.cells)
        )
        embedded = Embedding(self.rows, embedding, name="words")(
            inputs.words, settings.word_dropout, train=train
        )
        features = Lstm(embedding, cells, name="lstm")(embedded, inputs.words > 0)
        scores = class_scores(Dense((cells,), outputs_of(self.classes), name="classes")(features))
        return {"embedded": embedded, "features": features, "scores": scores}
