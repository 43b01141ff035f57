"""Recurrent layers: a state that is carried from place to place by one set of weights.

A cell is what a layer does at one place; the way along a sequence is the same for all.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from nlpfeat.models.layers import Size, axes_of, glorot

State = tuple[Array, ...]  # arrays (n, units), of which the first is what the layer says


class Cell(NamedTuple):
    """What a recurrent layer does at one place.

    Attributes:
      into: which of its sums, counted a unit, take up the input …
      onto: … and which take up what it said before.
      parts: how many arrays its state has.
      open: the sum whose bias starts at 1, so that at first it remembers; None of a cell without such a gate.
      step: (sums (n, sums, units), state) -> the next state.
    """

    into: tuple[int, ...]
    onto: tuple[int, ...]
    parts: int
    open: int | None
    step: Callable[[Array, State], State]

    def placed(self, found: Array, places: tuple[int, ...]) -> Array:
        """Sums (…, places, units) among all sums of the cell, the others zero."""
        sums = len({*self.into, *self.onto})
        if len(places) == sums:
            return found
        here = {place: found[..., i, :] for i, place in enumerate(places)}
        return jnp.stack([here.get(i, jnp.zeros_like(found[..., 0, :])) for i in range(sums)], axis=-2)


def _rnn(sums: Array, state: State) -> State:
    return (jnp.tanh(sums[:, 0]),)


def _gru(sums: Array, state: State) -> State:
    stay, reset = jax.nn.sigmoid(sums[:, 0]), jax.nn.sigmoid(sums[:, 1])
    new = jnp.tanh(sums[:, 2] + reset * sums[:, 3])
    return (stay * state[0] + (1 - stay) * new,)


def _lstm(squash: Callable[[Array], Array]) -> Callable[[Array, State], State]:
    def step(sums: Array, state: State) -> State:
        let, forget, candidate, out = (sums[:, i] for i in range(4))
        cell = squash(forget) * state[1] + squash(let) * jnp.tanh(candidate)
        return squash(out) * jnp.tanh(cell), cell

    return step


def hard_sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """.2 x + .5, cut to lie between 0 and 1."""
    return jnp.clip(0.2 * x + 0.5, 0.0, 1.0)


_FOUR = (0, 1, 2, 3)
RNN = Cell((0,), (0,), 1, None, _rnn)  # Elman 1990
GRU = Cell((0, 1, 2), (0, 1, 3), 1, 0, _gru)  # Cho et al. 2014, the reset gate after the product, as in cuDNN
# Hochreiter & Schmidhuber 1997, with forget gates (Gers et al. 2000); and as Keras 1 has it.
LSTM = Cell(_FOUR, _FOUR, 2, 1, _lstm(jax.nn.sigmoid))
KERAS_LSTM = Cell(_FOUR, _FOUR, 2, 1, _lstm(hard_sigmoid))

# The cells that a config may name.
CELLS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class Recurrent(nn.Module):
    """A recurrent layer. Weights start Glorot-uniform, a gate at a time; `glorot` draws them per unit."""

    cell: Cell
    inputs: Size
    units: Size

    @nn.compact
    def __call__(
        self,
        x: Float[Array | np.ndarray, "n length inputs"],
        state: State | None = None,
        *,
        here: Bool[Array | np.ndarray, "n length"] | None = None,
        keep: Float[Array, "n units"] | None = None,
    ) -> tuple[Float[Array, "n length units"], State]:
        """Along the sequences, one place after another.

        Args:
          x: (n, length, inputs).
          state: before the first place; None for zeros.
          here: where it moves on; elsewhere the state stays as it is. None for everywhere.
          keep: factors of what it said before, as it enters the sums of the next place: dropout. None for 1.

        Returns:
          What it says at each place (n, length, units), zero past the true size, and the state after the last.
        """
        units = self.units.units
        into, onto = (
            (source, Size(len(sums), len(sums), False), self.units)
            for source, sums in ((self.inputs, self.cell.into), (self.units, self.cell.onto))
        )
        true = self.units.true
        weight = self.param("weight", glorot([s.units for s in into], axes_of(into), self.inputs.true, true))
        again = self.param("recurrent", glorot([s.units for s in onto], axes_of(onto), true, true))
        bias = self.param("bias", self._bias, (len(self.cell.into), units))
        own = self.units.mask(jnp.ones(units))
        again = (jnp.asarray(again) * own[:, None, None]).reshape(units, -1)
        weight = jnp.asarray(weight).reshape(x.shape[2], -1)
        if state is None:
            state = zero_state(self.cell, x.shape[0], units)
        moves = None if here is None else jnp.asarray(here).T
        weights = (weight, jnp.asarray(bias).reshape(-1), again)
        found: Any = _along(self.cell, jnp.swapaxes(x, 0, 1), weights, state, keep, moves)
        said, last = found
        return self.units.mask(jnp.swapaxes(said, 0, 1)), last

    def _bias(self, key: Array, shape: tuple[int, int]) -> Float[Array, "gates units"]:
        zeros = jnp.zeros(shape)
        return zeros if self.cell.open is None else zeros.at[self.cell.open].set(1.0)


def zero_state(cell: Cell, rows: int, units: int) -> State:
    """The state before anything was read."""
    return tuple(jnp.zeros((rows, units)) for _ in range(cell.parts))


# The way along a sequence: (cell, x (length, n, inputs), weights, state, keep, here (length, n)) -> what the layer says
# (length, n, units), and the state after the last place. Weights are those of the input (inputs, into × units), the bias, and
# those of what it said before (units, onto × units). JAX's own way back would add to the gradient of the latter at every
# place, and turn them anew; taken once for all places, a step of 256 cells is a fifth faster on CPU.
@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _along(cell: Cell, x: Any, weights: Any, state: Any, keep: Any, here: Any) -> Any:
    return _there(cell, x, weights, state, keep, here)[0]


def _there(cell: Cell, x: Any, weights: Any, state: Any, keep: Any, here: Any) -> Any:
    weight, bias, again = weights
    # One product for all places, laid out place by place: its result is the largest array here and best not copied.
    drive = x.reshape(-1, x.shape[2]) @ weight + bias[None]
    drive = cell.placed(drive.reshape(*x.shape[:2], len(cell.into), -1), cell.into)

    def step(state: State, now: Any) -> Any:
        drive, here = now
        push = (_kept(state[0], keep) @ again).reshape(len(drive), len(cell.onto), -1)
        sums = drive + cell.placed(push, cell.onto)
        new = _moved(cell, here, sums, state)
        return new, (sums, new)

    last, (sums, states) = jax.lax.scan(step, state, (drive, here))
    return (states[0], last), (x, weights, sums, states, state, keep, here)


def _back(cell: Cell, found: Any, given: Any) -> Any:
    x, (weight, _, again), sums, states, state, keep, here = found
    turned = again.T
    before = tuple(jnp.concatenate([a[None], b[:-1]]) for a, b in zip(state, states, strict=True))

    def step(after: State, now: Any) -> Any:
        sums, state, said, here = now
        _, back = jax.vjp(partial(_moved, cell, here), sums, state)
        sums, (first, *rest) = back((after[0] + said, *after[1:]))
        push = _taken(sums, cell.onto).reshape(len(sums), -1)
        return (first + _kept(push @ turned, keep), *rest), sums

    said, last = given
    state, sums = jax.lax.scan(step, last, (sums, before, said, here), reverse=True)
    drive, push = (
        _taken(sums, places).reshape(-1, part.shape[1])
        for places, part in ((cell.into, weight), (cell.onto, again))
    )
    heard = _kept(before[0], keep).reshape(-1, len(again))
    inputs = x.reshape(-1, x.shape[2])
    gradients = (inputs.T @ drive, drive.sum(0), heard.T @ push)
    return (drive @ weight.T).reshape(x.shape), gradients, state, None, None


_along.defvjp(_there, _back)


def _taken(sums: Array, places: tuple[int, ...]) -> Array:
    """Those sums (…, sums, units) at `places`."""
    return sums if len(places) == sums.shape[-2] else sums[..., np.array(places), :]


def _moved(cell: Cell, here: Array | None, sums: Array, state: State) -> State:
    """The next state, where it moves on."""
    new = cell.step(sums, state)
    return (
        new
        if here is None
        else tuple(jnp.where(here[:, None], a, b) for a, b in zip(new, state, strict=True))
    )


def _kept(said: Array, keep: Array | None) -> Array:
    """What the layer said (…, n, units), as it enters the sums."""
    return said if keep is None else said * (keep if said.ndim == 2 else keep[None])
