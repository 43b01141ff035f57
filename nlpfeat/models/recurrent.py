"""Recurrent layers: a state that one set of weights carries from position to position.

A cell computes the state at one position. The loop over the positions of a sequence is common to all cells. Within it, arrays
are units × examples: the number of examples is more often a multiple of what a core computes at once, and each of a cell's
sums is one piece of memory.
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
Sums: TypeAlias = tuple[Array, ...]  # the weighted sums of a cell, (units, n) each


class Cell(NamedTuple):
    """The computation of a recurrent layer at one position.

    Attributes:
      input_sums: which of the cell's weighted sums per unit include the input.
      recurrent_sums: which of them include the previous output.
      states: number of arrays of a state.
      open_gate: the sum whose bias starts at 1, so that the cell keeps its state at first; None without such a gate.
      step: (sums, state) -> the next state, of arrays (units, n).
    """

    input_sums: tuple[int, ...]
    recurrent_sums: tuple[int, ...]
    states: int
    open_gate: int | None
    step: Callable[[Sums, State], State]

    def sums(self, inputs: Float[Array, "rows n"], feedback: Float[Array, "rows n"]) -> Sums:
        """The weighted sums, from those of the input and of the previous output, one below the other."""
        of_input = dict(zip(self.input_sums, jnp.split(inputs, len(self.input_sums)), strict=True))
        of_output = dict(zip(self.recurrent_sums, jnp.split(feedback, len(self.recurrent_sums)), strict=True))
        shared = {i: of_input[i] + of_output[i] for i in of_input.keys() & of_output.keys()}
        return tuple(one for _, one in sorted((of_input | of_output | shared).items()))


def _rnn(sums: Sums, state: State) -> State:
    return (jnp.tanh(sums[0]),)


def _gru(sums: Sums, state: State) -> State:
    update, reset = jax.nn.sigmoid(sums[0]), jax.nn.sigmoid(sums[1])
    candidate = jnp.tanh(sums[2] + reset * sums[3])
    return (update * state[0] + (1 - update) * candidate,)


def _lstm(sigmoid: Callable[[Array], Array]) -> Callable[[Sums, State], State]:
    def step(sums: Sums, state: State) -> State:
        input_gate, forget_gate, candidate, output_gate = sums
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
        weights = (weight, jnp.asarray(bias).reshape(-1), recurrent)
        result: PyTree = _run(
            self.cell,
            jnp.transpose(x, (1, 2, 0)),
            weights,
            tuple(one.T for one in state),
            None if dropout_mask is None else dropout_mask.T,
            None if mask is None else jnp.asarray(mask).T,
        )
        outputs, last = result
        return self.units.mask(jnp.transpose(outputs, (2, 0, 1))), tuple(one.T for one in last)

    def _bias(self, key: Array, shape: tuple[int, int]) -> Float[Array, "gates units"]:
        zeros = jnp.zeros(shape)
        return zeros if self.cell.open_gate is None else zeros.at[self.cell.open_gate].set(1.0)


def zero_state(cell: Cell, rows: int, units: int) -> State:
    """The state before the first position."""
    return tuple(jnp.zeros((rows, units)) for _ in range(cell.states))


Weights: TypeAlias = tuple[Array, Array, Array]  # as the arguments of `_run`


# The custom backward pass computes the gradient of the weights by one product over all positions. JAX's default backward pass
# accumulates that gradient at every position, and transposes the weights again at each.
@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(
    cell: Cell,
    x: Array,
    weights: Weights,
    state: State,
    dropout_mask: Array | None,
    mask: Array | None,
) -> tuple[Array, State]:
    """The outputs of a layer at all positions (length, units, n), and the state after the last.

    Args:
      x: (length, inputs, n).
      weights: of the inputs (inputs, input sums × units), the bias (input sums × units,), and of the previous outputs (units,
        recurrent sums × units).
      state: before the first position, arrays (units, n).
      dropout_mask: (units, n) or None.
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
    if len(x) == 1:  # as in sampling, where the transpose of the weights would take longer than their product
        of_inputs, of_outputs = (lambda y, w=w: (y.T @ w).T for w in (weight, recurrent))
    else:
        of_inputs, of_outputs = (partial(jnp.matmul, w.T) for w in (weight, recurrent))

    def step(state: State, position: tuple[Array, Array | None]) -> tuple[State, tuple[Sums, State]]:
        inputs, mask = position
        feedback = of_outputs(_drop(state[0], dropout_mask))
        sums = cell.sums(of_inputs(inputs) + bias[:, None], feedback)
        new = _next_state(cell, mask, sums, state)
        return new, (sums, new)

    last, (sums, states) = jax.lax.scan(step, state, (x, mask))
    return (states[0], last), (x, weights, sums, states, state, dropout_mask, mask)


def _backward(
    cell: Cell, residuals: PyTree, gradients: tuple[Array, State]
) -> tuple[Array, Weights, State, None, None]:
    """The gradients of the arguments of `_run`, from those of its results."""
    x, (weight, _, recurrent), sums, states, state, dropout_mask, mask = residuals
    before = tuple(jnp.concatenate([a[None], b[:-1]]) for a, b in zip(state, states, strict=True))

    def step(after: State, position: PyTree) -> tuple[State, tuple[Array, Array]]:
        sums, state, output, mask = position
        _, pull_back = jax.vjp(partial(_next_state, cell, mask), sums, state)
        of_sums, (first, *rest) = pull_back((after[0] + output, *after[1:]))
        rows = _rows(of_sums, sums)
        feedback = recurrent @ _rows_of(rows, cell, cell.recurrent_sums)
        inputs = weight @ _rows_of(rows, cell, cell.input_sums)
        return (first + _drop(feedback, dropout_mask), *rest), (inputs, rows)

    outputs, last = gradients
    state, (of_x, rows) = jax.lax.scan(step, last, (sums, before, outputs, mask), reverse=True)
    rows, inputs, previous = map(_flat, (rows, x, _drop(before[0], dropout_mask)))
    of_inputs, of_outputs = (_rows_of(rows, cell, part) for part in (cell.input_sums, cell.recurrent_sums))
    of_weights = (inputs @ of_inputs.T, of_inputs.sum(1), previous @ of_outputs.T)
    return of_x, of_weights, state, None, None


_run.defvjp(_forward, _backward)


def _rows(of_sums: Sums, sums: Sums) -> Float[Array, "rows n"]:
    """The gradients of all sums, one below the other.

    They are written over an array of the right size. XLA on CPU would compute a concatenation and its parts in one loop, which it
    does not vectorise.
    """
    rows, units = jnp.concatenate(sums), len(sums[0])
    for i, one in enumerate(of_sums):
        rows = rows.at[i * units : (i + 1) * units].set(one)
    return rows


def _rows_of(rows: Float[Array, "rows m"], cell: Cell, indices: tuple[int, ...]) -> Float[Array, "some m"]:
    """The rows of some sums of a cell."""
    number = len({*cell.input_sums, *cell.recurrent_sums})
    if len(indices) == number:
        return rows
    parts = jnp.split(rows, number)
    return jnp.concatenate([parts[i] for i in indices])


def _flat(x: Float[Array, "length units n"]) -> Float[Array, "units positions"]:
    """The positions of all examples side by side."""
    return jnp.swapaxes(x, 0, 1).reshape(x.shape[1], -1)


def _next_state(cell: Cell, mask: Array | None, sums: Sums, state: State) -> State:
    """The state after a position; where the mask is False, the state before it."""
    new = cell.step(sums, state)
    if mask is None:
        return new
    return tuple(jnp.where(mask[None], a, b) for a, b in zip(new, state, strict=True))


def _drop(outputs: Float[Array, "*length units n"], dropout_mask: Array | None) -> Array:
    """Outputs as they enter the sums."""
    if dropout_mask is None:
        return outputs
    return outputs * (dropout_mask if outputs.ndim == 2 else dropout_mask[None])
