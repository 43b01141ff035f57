"""Embedding → one or two recurrent layers → scores of the next character, at every place.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 6: Embedding 24 → LSTM 512 → dropout .2 → LSTM 512 →
dropout .2 → softmax, with a fifth of each layer's inputs and of its states dropped as well, the same at every place of a
window (Gal & Ghahramani 2016).
"""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from nlpfeat.config.fields import NonNegativeInt, Range
from nlpfeat.data.core import Outputs
from nlpfeat.errors import nearest
from nlpfeat.models.layers import Dense, Embedding, Size, one_is_swept, size
from nlpfeat.models.masking import Dropout
from nlpfeat.models.recurrent import CELLS, Cell, Recurrent, State, zero_state


@dataclass(frozen=True)
class CharacterNetSpec:
    """The net's layers.

    Attributes:
      cell: "rnn", "gru" or "lstm".
      layers: how many of them, one on the other.
      embedding: dimensions of the characters; 0 for the swept width.
      units: of each recurrent layer; 0 for the swept width.
    """

    cell: str = "lstm"
    layers: Annotated[int, Range(1, 2)] = 1
    embedding: NonNegativeInt = 24
    units: NonNegativeInt = 0

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ValueError(f"cell: no cell {self.cell!r}; {nearest(self.cell, CELLS)}")
        one_is_swept(self.embedding, self.units)


class CharacterNet(nn.Module):
    """Reads windows of characters and scores the next one after each."""

    units: int
    vocab_size: int
    spec: CharacterNetSpec

    @property
    def cell(self) -> Cell:
        """What its recurrent layers are made of."""
        return CELLS[self.spec.cell]

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of windows.

        Args:
          inputs: `tokens` (n, length), `state` before the window, of each layer.
          settings: `width` counts the units of the layers whose size is 0; `input_dropout`, `state_dropout` and `dropout` are
            shares that are dropped of what a layer gets, of what it remembers, and of what it gives.
          train: whether to drop.

        Returns:
          "features" (n, length, units) of the last layer, "scores" (n, length, kinds), "state" after the window, of each layer.
        """
        embedding, units = (
            size(n, self.units, settings.width) for n in (self.spec.embedding, self.spec.units)
        )
        x, inside = (
            Embedding(self.vocab_size, embedding, name="characters")(inputs.tokens, None, train=train),
            embedding,
        )
        states: list[State] = []
        for i in range(self.spec.layers):
            x = Dropout(inside.swept, (1,), name=f"into_{i}")(x, settings.input_dropout, train=train)
            ones = jnp.ones((len(x), units.units))
            keep = (
                Dropout(units.swept, name=f"again_{i}")(ones, settings.state_dropout, train=train)
                if train
                else None
            )
            layer = Recurrent(self.cell, inside, units, name=f"layer_{i}")
            x, state = layer(x, None if inputs.state is None else inputs.state[i], keep=keep)
            x, inside = Dropout(units.swept, name=f"out_{i}")(x, settings.dropout, train=train), units
            states.append(state)
        vocab_size = Size(self.vocab_size, self.vocab_size, False)
        scores = Dense((units,), vocab_size, name="next")(x.reshape(-1, x.shape[2])).reshape(*x.shape[:2], -1)
        return {"features": x, "scores": scores, "state": tuple(states)}


class CarriedState(NamedTuple):
    """What a net remembers of what it read last, row by row."""

    stop: Array  # int32 (rows,), the place after it; -1 if nothing was read
    state: tuple[State, ...]


def init_carry(module: nn.Module, rows: int) -> CarriedState:
    """Nothing was read yet, by a `CharacterNet` or a net made of one."""
    units = module.spec.units or module.units
    return CarriedState(
        jnp.full(rows, -1, jnp.int32),
        tuple(zero_state(module.cell, rows, units) for _ in range(module.spec.layers)),
    )


def inject_carry(carried: CarriedState, inputs: PyTree) -> Any:
    """Rows whose window follows on the one before get its state, all others begin anew."""
    follows = (inputs.span.start == carried.stop)[:, None]
    return inputs._replace(state=jax.tree.map(lambda leaf: jnp.where(follows, leaf, 0.0), carried.state))


def extract_carry(inputs: PyTree, outputs: Outputs) -> CarriedState:
    """The state after the window, through which no gradient goes back from the next."""
    return CarriedState(inputs.span.stop, outputs["state"])
