"""Embedding → one or two recurrent layers → scores of the next character, at every position.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 6: Embedding 24 → LSTM 512 → dropout .2 → LSTM 512 →
dropout .2 → softmax, with dropout of .2 on the inputs and the states of each layer as well. Their dropout masks are the same at
all positions of a window (Gal & Ghahramani 2016).
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from nlpfeat.config.fields import NonNegativeInt, Positive, Range
from nlpfeat.data.core import Outputs
from nlpfeat.errors import did_you_mean
from nlpfeat.models.batch_norm import Network
from nlpfeat.models.layers import Dense, Embedding, fixed, one_is_swept, size
from nlpfeat.models.masking import Dropout
from nlpfeat.models.recurrent import CELLS, Cell, Recurrent, State, zero_state


@dataclass(frozen=True)
class CharacterNetSpec:
    """Sizes of the layers; 0 stands for the swept width.

    Attributes:
      cell: "rnn", "gru" or "lstm".
      layers: number of recurrent layers.
      embedding: dimension of the character vectors.
      units: of each recurrent layer.
      init_scale: character vectors start U(±init_scale): .05 in Keras 1; 1.73 has the standard deviation 1 of PyTorch.
    """

    cell: str = "lstm"
    layers: Annotated[int, Range(1, 2)] = 1
    embedding: NonNegativeInt = 24
    units: NonNegativeInt = 0
    init_scale: Positive = 0.05

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ValueError(f"cell: no cell {self.cell!r}; {did_you_mean(self.cell, CELLS)}")
        one_is_swept(self.embedding, self.units)


class CharacterNet(nn.Module):
    """Scores the next character after each character of a window."""

    units: int
    vocab_size: int
    spec: CharacterNetSpec

    @property
    def cell(self) -> Cell:
        """The cell of the recurrent layers."""
        return CELLS[self.spec.cell]

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of windows.

        Args:
          inputs: `tokens` (n, length), ids; `state` of each layer before the window, or None for zeros.
          settings: `width` is the size of the layers whose size in the spec is 0; `input_dropout`, `state_dropout` and `dropout`
            are the dropout rates of the inputs, the states and the outputs of each recurrent layer.
          train: whether to apply dropout.

        Returns:
          "features" (n, length, units), outputs of the last layer; "scores" (n, length, characters); "state" of each layer after
          the window; "units" (n, layers × units), what each unit keeps after the window: the cell of an LSTM, which the output
          gate does not hide, the output of other cells.
        """
        embedding, units = (
            size(n, self.units, settings.width) for n in (self.spec.embedding, self.spec.units)
        )
        # The names of the dropout layers enter their random streams.
        x, x_size = (
            Embedding(self.vocab_size, embedding, self.spec.init_scale, name="characters")(
                inputs.tokens, None, train=train
            ),
            embedding,
        )
        states: list[State] = []
        for i in range(self.spec.layers):
            x = Dropout(x_size.swept, (1,), name=f"into_{i}")(x, settings.input_dropout, train=train)
            ones = jnp.ones((len(x), units.units))
            dropout_mask = (
                Dropout(units.swept, name=f"again_{i}")(ones, settings.state_dropout, train=train)
                if train
                else None
            )
            layer = Recurrent(self.cell, x_size, units, name=f"layer_{i}")
            x, state = layer(x, None if inputs.state is None else inputs.state[i], dropout_mask=dropout_mask)
            x, x_size = Dropout(units.swept, name=f"out_{i}")(x, settings.dropout, train=train), units
            states.append(state)
        vocab_size = fixed(self.vocab_size)
        scores = Dense((units,), vocab_size, name="next")(x.reshape(-1, x.shape[2])).reshape(*x.shape[:2], -1)
        kept = jnp.concatenate([state[-1] for state in states], axis=1)
        return {"features": x, "scores": scores, "state": tuple(states), "units": kept}


class CarriedState(NamedTuple):
    """The state that a network carries from window to window, for each row of a batch.

    Attributes:
      stop: int32 (rows,), position in the text after the last window; -1 before the first window.
      state: of each layer.
    """

    stop: Array
    state: tuple[State, ...]


def init_carry(module: Network, rows: int) -> CarriedState:
    """The carry of a `CharacterNet` before the first window."""
    units = module.spec.units or module.units
    return CarriedState(
        jnp.full(rows, -1, jnp.int32),
        tuple(zero_state(module.cell, rows, units) for _ in range(module.spec.layers)),
    )


def inject_carry(carried: CarriedState, inputs: PyTree) -> PyTree:
    """The inputs with the carried state in rows whose window follows the last one, and zeros in other rows."""
    follows = (inputs.span.start == carried.stop)[:, None]
    return inputs._replace(state=jax.tree.map(lambda leaf: jnp.where(follows, leaf, 0.0), carried.state))


def extract_carry(inputs: PyTree, outputs: Outputs) -> CarriedState:
    """The carry after a window. No gradient flows from the next window into it."""
    return CarriedState(inputs.span.stop, outputs["state"])
