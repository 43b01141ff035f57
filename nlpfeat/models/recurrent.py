"""Recurrent layers: a state that one set of weights carries from position to position.

A cell computes the state at one position. The loop over the positions of a sequence is common to all cells.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from nlpfeat.models.layers import Size, axes_of, fixed, glorot
from nlpfeat.models.roles import with_role

State: TypeAlias = tuple[Array, ...]  # arrays (n, units); the first is the output of the layer


class Cell(NamedTuple):
    """The computation of a recurrent layer at one position.

    Attributes:
      input_sums: which of the cell's weighted sums per unit include the input.
      recurrent_sums: which of them include the previous output.
      states: number of arrays of a state.
      open_gate: the sum whose bias starts at 1, so that the cell keeps its state at first; None without such a gate.
      step: (sums (n, sums, units), state) -> the next state.
    """

    input_sums: tuple[int, ...]
    recurrent_sums: tuple[int, ...]
    states: int
    open_gate: int | None
    step: Callable[[Array, State], State]

    def scatter(self, values: Array, indices: tuple[int, ...]) -> Array:
        """Sums (…, len(indices), units) at their indices among all sums of the cell; the others are zero."""
        number = len({*self.input_sums, *self.recurrent_sums})
        if len(indices) == number:
            return values
        by_index = {index: values[..., i, :] for i, index in enumerate(indices)}
        zeros = jnp.zeros_like(values[..., 0, :])
        return jnp.stack([by_index.get(i, zeros) for i in range(number)], axis=-2)


def _rnn(sums: Array, state: State) -> State:
    return (jnp.tanh(sums[:, 0]),)


def _gru(sums: Array, state: State) -> State:
    update, reset = jax.nn.sigmoid(sums[:, 0]), jax.nn.sigmoid(sums[:, 1])
    candidate = jnp.tanh(sums[:, 2] + reset * sums[:, 3])
    return (update * state[0] + (1 - update) * candidate,)


def _lstm(sigmoid: Callable[[Array], Array]) -> Callable[[Array, State], State]:
    def step(sums: Array, state: State) -> State:
        input_gate, forget_gate, candidate, output_gate = (sums[:, i] for i in range(4))
        cell = sigmoid(forget_gate) * state[1] + sigmoid(input_gate) * jnp.tanh(candidate)
        return sigmoid(output_gate) * jnp.tanh(cell), cell

    return step


def hard_sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """.2 x + .5, clipped to [0, 1]."""
    return jnp.clip(0.2 * x + 0.5, 0.0, 1.0)


_FOUR = (0, 1, 2, 3)
RNN = Cell((0,), (0,), 1, None, _rnn)  # Elman 1990
GRU = Cell(
    (0, 1, 2), (0, 1, 3), 1, 0, _gru
)  # Cho et al. 2014, with the reset gate after the product, as in cuDNN
# Hochreiter & Schmidhuber 1997, with forget gates (Gers et al. 2000); and the variant of Keras 1.
LSTM = Cell(_FOUR, _FOUR, 2, 1, _lstm(jax.nn.sigmoid))
KERAS_LSTM = Cell(_FOUR, _FOUR, 2, 1, _lstm(hard_sigmoid))

# Cells by their names in a config.
CELLS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class Recurrent(nn.Module):
    """A recurrent layer. The weights of each gate start Glorot-uniform, and are drawn per unit."""

    cell: Cell
    inputs: Size
    units: Size

    @nn.compact
    def __call__(
        self,
        x: Float[Array | np.ndarray, "n length inputs"],
        state: State | None = None,
        *,
        mask: Bool[Array | np.ndarray, "n length"] | None = None,
        dropout_mask: Float[Array, "n units"] | None = None,
    ) -> tuple[Float[Array, "n length units"], State]:
        """The outputs at all positions of some sequences.

        Args:
          x: (n, length, inputs).
          state: before the first position; None for zeros.
          mask: (n, length), positions that are read; at the others, the state remains unchanged. None for all.
          dropout_mask: (n, units), factors of the previous output where it enters the sums. None for 1.

        Returns:
          The outputs (n, length, units), zero in the padding of units, and the state after the last position.
        """
        units = self.units.units
        input_sizes, recurrent_sizes = (
            (source, fixed(len(sums)), self.units)
            for source, sums in (
                (self.inputs, self.cell.input_sums),
                (self.units, self.cell.recurrent_sums),
            )
        )
        true = self.units.true
        initial = glorot([s.units for s in input_sizes], axes_of(input_sizes), self.inputs.true, true)
        fans = {"fan_in": self.inputs.swept, "fan_out": self.units.swept}
        weight = self.param("weight", with_role(initial, **fans))
        initial = glorot([s.units for s in recurrent_sizes], axes_of(recurrent_sizes), true, true)
        both = {"fan_in": self.units.swept, "fan_out": self.units.swept}
        recurrent = self.param("recurrent", with_role(initial, **both))
        draw_bias = with_role(self._bias, **fans, bias=True)
        bias = self.param("bias", draw_bias, (len(self.cell.input_sums), units))
        unpadded = self.units.mask(jnp.ones(units))
        recurrent = (jnp.asarray(recurrent) * unpadded[:, None, None]).reshape(units, -1)
        weight = jnp.asarray(weight).reshape(x.shape[2], -1)
        if state is None:
            state = zero_state(self.cell, x.shape[0], units)
        by_position = None if mask is None else jnp.asarray(mask).T
        weights = (weight, jnp.asarray(bias).reshape(-1), recurrent)
        result: PyTree = _run(self.cell, jnp.swapaxes(x, 0, 1), weights, state, dropout_mask, by_position)
        outputs, last = result
        return self.units.mask(jnp.swapaxes(outputs, 0, 1)), last

    def _bias(self, key: Array, shape: tuple[int, int]) -> Float[Array, "gates units"]:
        zeros = jnp.zeros(shape)
        return zeros if self.cell.open_gate is None else zeros.at[self.cell.open_gate].set(1.0)


def zero_state(cell: Cell, rows: int, units: int) -> State:
    """The state before the first position."""
    return tuple(jnp.zeros((rows, units)) for _ in range(cell.states))


Weights: TypeAlias = tuple[Array, Array, Array]  # as the arguments of `_run`


# The custom backward pass computes the gradient of the recurrent weights by one product over all positions. JAX's default
# backward pass accumulates that gradient at every position, and transposes the weights again at each; with the custom one, a
# training step with 256 cells is a fifth faster on CPU.
@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(
    cell: Cell,
    x: Array,
    weights: Weights,
    state: State,
    dropout_mask: Array | None,
    mask: Array | None,
) -> tuple[Array, State]:
    """The outputs of a layer at all positions (length, n, units), and the state after the last.

    Args:
      x: (length, n, inputs).
      weights: of the inputs (inputs, input sums × units), the bias (input sums × units,), and of the previous outputs (units,
        recurrent sums × units).
      state: before the first position.
      dropout_mask: (n, units) or None.
      mask: (length, n) or None.
    """
    return _forward(cell, x, weights, state, dropout_mask, mask)[0]


def _forward(
    cell: Cell,
    x: Array,
    weights: Weights,
    state: State,
    dropout_mask: Array | None,
    mask: Array | None,
) -> tuple[tuple[Array, State], PyTree]:
    """The result of `_run`, and the residuals of `_backward`."""
    weight, bias, recurrent = weights
    # One product for all positions, in the order of positions: the result is the largest array here, and is not copied.
    inputs = x.reshape(-1, x.shape[2]) @ weight + bias[None]
    inputs = cell.scatter(inputs.reshape(*x.shape[:2], len(cell.input_sums), -1), cell.input_sums)

    def step(state: State, position: tuple[Array, Array | None]) -> tuple[State, tuple[Array, State]]:
        inputs, mask = position
        feedback = (_drop(state[0], dropout_mask) @ recurrent).reshape(
            len(inputs), len(cell.recurrent_sums), -1
        )
        sums = inputs + cell.scatter(feedback, cell.recurrent_sums)
        new = _next_state(cell, mask, sums, state)
        return new, (sums, new)

    last, (sums, states) = jax.lax.scan(step, state, (inputs, mask))
    return (states[0], last), (x, weights, sums, states, state, dropout_mask, mask)


def _backward(
    cell: Cell, residuals: PyTree, gradients: tuple[Array, State]
) -> tuple[Array, Weights, State, None, None]:
    """The gradients of the arguments of `_run`, from those of its results."""
    x, (weight, _, recurrent), sums, states, state, dropout_mask, mask = residuals
    transposed = recurrent.T
    before = tuple(jnp.concatenate([a[None], b[:-1]]) for a, b in zip(state, states, strict=True))

    def step(after: State, position: PyTree) -> tuple[State, Array]:
        sums, state, output, mask = position
        _, pull_back = jax.vjp(partial(_next_state, cell, mask), sums, state)
        sums, (first, *rest) = pull_back((after[0] + output, *after[1:]))
        feedback = _gather(sums, cell.recurrent_sums).reshape(len(sums), -1)
        return (first + _drop(feedback @ transposed, dropout_mask), *rest), sums

    outputs, last = gradients
    state, sums = jax.lax.scan(step, last, (sums, before, outputs, mask), reverse=True)
    inputs, feedback = (
        _gather(sums, indices).reshape(-1, part.shape[1])
        for indices, part in ((cell.input_sums, weight), (cell.recurrent_sums, recurrent))
    )
    previous = _drop(before[0], dropout_mask).reshape(-1, len(recurrent))
    flat = x.reshape(-1, x.shape[2])
    of_weights = (flat.T @ inputs, inputs.sum(0), previous.T @ feedback)
    return (inputs @ weight.T).reshape(x.shape), of_weights, state, None, None


_run.defvjp(_forward, _backward)


def _gather(sums: Array, indices: tuple[int, ...]) -> Array:
    """The sums (…, sums, units) at `indices`: the transpose of `Cell.scatter`."""
    return sums if len(indices) == sums.shape[-2] else sums[..., np.array(indices), :]


def _next_state(cell: Cell, mask: Array | None, sums: Array, state: State) -> State:
    """The state after a position; where the mask is False, the state before it."""
    new = cell.step(sums, state)
    if mask is None:
        return new
    return tuple(jnp.where(mask[:, None], a, b) for a, b in zip(new, state, strict=True))


def _drop(outputs: Array, dropout_mask: Array | None) -> Array:
    """Outputs (…, n, units) as they enter the sums."""
    if dropout_mask is None:
        return outputs
    return outputs * (dropout_mask if outputs.ndim == 2 else dropout_mask[None])
