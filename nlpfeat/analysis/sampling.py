"""What a net of characters writes: each one drawn by its chances, and read before the next."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float, Int

from nlpfeat.data.text.characters import Alphabet, CharacterSpan, Window
from nlpfeat.errors import UserError
from nlpfeat.keys import stream


def sample_text(
    module: Any,
    params: Any,
    settings: Any,
    alphabet: Alphabet,
    prompt: str,
    temperature: float,
    length: int,
    draw: int,
    texts: int = 1,
) -> list[str]:
    """Texts that go on from a prompt, without it. The same `draw` and settings give the same texts.

    Args:
      temperature: what the scores are divided by before they become chances: 1 for the net's own, 0 for the likeliest character
        each time. Characters that the net does not tell apart are never written.
      length: characters of each text.
      draw: seed of the draws.
      texts: how many are written, all from the same prompt.

    Raises:
      UserError: if the prompt is empty.
    """
    if not prompt:
        raise UserError("an empty prompt: give at least one character to go on from")
    read = alphabet.encode(prompt).astype(np.int32)  # in small letters some characters are two
    numbers = np.broadcast_to(read, (texts, len(read)))
    key = stream(draw, "write")
    found = _write(module, params, settings, numbers, key, jnp.float32(temperature), length)
    return [alphabet.decode(row) for row in np.asarray(found)]


@partial(jax.jit, static_argnames=("module", "length"))
def _write(
    module: Any, params: Any, settings: Any, prompt: Array, key: Array, temperature: Array, length: int
) -> Int[Array, "texts length"]:
    """Read the prompts (texts, characters), then draw and read, one character after another."""

    def read(tokens: Array, state: Any) -> tuple[Array, Any]:
        trace = _read(module, params, settings, tokens, state)
        return trace["scores"][:, -1], trace["state"]

    def step(now: tuple[Array, Any], key: Array) -> tuple[tuple[Array, Any], Array]:
        scores, state = now
        chosen = sample_token(key, scores, temperature)
        return read(chosen[:, None], state), chosen

    _, written = jax.lax.scan(step, read(jnp.asarray(prompt), None), jax.random.split(key, length))
    return written.T


def sample_token(
    key: Array, scores: Float[Array | np.ndarray, "n kinds"], temperature: ArrayLike
) -> Int[Array, " n"]:
    """One kind of each row, by the softmax of its scores over the temperature; the highest score at 0; never kind 0."""
    known = jnp.asarray(scores).at[:, 0].set(-jnp.inf)
    drawn = jax.random.categorical(key, known / jnp.maximum(temperature, 1e-6))
    return jnp.where(jnp.asarray(temperature) > 0, drawn, known.argmax(1)).astype(jnp.int32)


def unit_activations(module: Any, params: Any, settings: Any, numbers: np.ndarray) -> np.ndarray:
    """What every unit holds after each character of a text that is read from its beginning: float32 (characters, layers · units).

    Of an LSTM that is its cell, which gates hide from what it says; of others, what it says. The units of the first layer come first.

    Args:
      numbers: of the characters (n,).
    """
    return np.asarray(_states(module, params, settings, jnp.asarray(numbers, jnp.int32)))


@partial(jax.jit, static_argnames="module")
def _states(
    module: Any, params: Any, settings: Any, numbers: Int[Array, " characters"]
) -> Float[Array, "characters units"]:
    def step(state: Any, number: Array) -> tuple[Any, Array]:
        state = _read(module, params, settings, number[None, None], state)["state"]
        return state, jnp.concatenate([layer[-1][0] for layer in state])

    first = _read(module, params, settings, numbers[None, :1], None)["state"]
    _, rest = jax.lax.scan(step, first, numbers[1:])
    return jnp.concatenate([jnp.concatenate([layer[-1][0] for layer in first])[None], rest])


def _read(module: Any, params: Any, settings: Any, tokens: Array, state: Any) -> dict[str, Any]:
    """The trace of characters (n, length) that follow on `state`."""
    nowhere = jnp.zeros(len(tokens), jnp.int32)
    return module.apply({"params": params}, Window(tokens, CharacterSpan(nowhere, nowhere), state), settings)
