"""A causal transformer that scores the next character at every position of a window.

Token and position vectors → blocks of (norm → causal attention → sum; norm → two dense layers → sum) → norm → scores. Every
position reads itself and the positions before it, none after it.

Sources: Vaswani et al., "Attention is all you need", NeurIPS 2017, with a norm before each part as in GPT-2 (Radford et
al. 2019); the sizes are those of nanoGPT's recipe for a CPU (A. Karpathy, 2022). Weights start Glorot-uniform, as in all
networks here.
"""

from dataclasses import dataclass
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.linen.initializers import ones_init, zeros_init
from jaxtyping import Array, Bool, Float, PyTree

from nlpfeat.config.fields import Count, Positive
from nlpfeat.data.core import Outputs
from nlpfeat.models.layers import Dense, Embedding, Size, axes_of, fixed, glorot
from nlpfeat.models.masking import Dropout

TINY = 1e-5  # added to the mean square by a norm
EXPANSION = 4  # units of the dense layer inside a block, per unit of the block


@dataclass(frozen=True)
class CharacterTransformerSpec:
    """Sizes other than the swept width, which is the number of units of every block.

    Attributes:
      blocks: how many follow each other.
      heads: of the attention in each block; the width must be a multiple of it.
      init_scale: vectors of characters and positions start U(±init_scale).
    """

    blocks: Count = 4
    heads: Count = 4
    init_scale: Positive = 0.05


class Context(NamedTuple):
    """The characters that were read before, for the next call.

    Attributes:
      tokens: int32 (n, window), the last ones; those that exist are at the end.
      length: int32 (n,), how many exist.
    """

    tokens: Array | np.ndarray
    length: Array | np.ndarray


class RMSNorm(nn.Module):
    """Root mean square 1 over the units of each position, then a scale per unit.

    Unlike a layer norm it leaves the mean alone (Zhang & Sennrich, "Root mean square layer normalization", NeurIPS 2019): with two
    units, a layer norm passes on nothing but the sign of their difference, and no gradient.
    """

    size: Size

    @nn.compact
    def __call__(self, x: Float[Array, "*positions units"]) -> Float[Array, "*positions units"]:
        """An array of the same shape; x is zero in the padding of units, and so is the result."""
        scale = self.size.mask(self.param("scale", ones_init(), (self.size.units,)))
        scale = scale.reshape((1,) * (x.ndim - 1) + (-1,))
        square = (x**2).sum(-1, keepdims=True) / jnp.asarray(self.size.true, jnp.float32)
        return x * jax.lax.rsqrt(square + TINY) * scale


class CausalAttention(nn.Module):
    """Each position reads a mean of the values at the positions before it and its own, weighted by query · key.

    Attributes:
      size: of the inputs and outputs.
      heads: number of heads, which share the units.
    """

    size: Size
    heads: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "n length units"], readable: Bool[Array, "rows length length"]
    ) -> Float[Array, "n length units"]:
        """(n, length, units) -> (n, length, units).

        Args:
          x: zero in the padding of units.
          readable: whether each position reads each other one, of each example, or of all (1, length, length).
        """
        n, length, _ = x.shape
        of_head = jnp.asarray(self.size.true) // self.heads
        head = Size(self.size.units // self.heads, of_head, self.size.swept)
        sizes = (self.size, fixed(3), fixed(self.heads), head)
        shape = [one.units for one in sizes]
        initial = glorot(shape, axes_of(sizes), self.size.true, self.size.true)
        # Masked weights and biases, which are fewer than the products, leave the padding of heads at zero.
        weight = head.mask(self.param("weight", initial)).reshape(shape[0], -1)
        # Queries and values have biases. One of keys would add the same to all scores of a position, which the softmax ignores: its
        # gradient is zero, and Adam would follow the rounding of it.
        of_query, of_value = head.mask(self.param("bias", zeros_init(), (2, *shape[2:])))
        bias = jnp.stack([of_query, jnp.zeros_like(of_query), of_value]).reshape(1, -1)
        product = (x.reshape(n * length, -1) @ weight + bias).reshape(n, length, *shape[1:])
        # Heads before positions: each head of each example is a product of two contiguous matrices.
        query, key, value = product.transpose(2, 0, 3, 1, 4)
        scores = query @ jnp.swapaxes(key, 2, 3) * jax.lax.rsqrt(jnp.asarray(head.true, jnp.float32))
        weights = jax.nn.softmax(jnp.where(readable[:, None], scores, -jnp.inf), axis=-1)
        read = (weights @ value).transpose(0, 2, 1, 3).reshape(n * length, self.heads, -1)
        return Dense((fixed(self.heads), head), self.size, name="out")(read).reshape(x.shape)


class Block(nn.Module):
    """Attention between positions, then two dense layers at each; both are added to their inputs."""

    size: Size
    heads: int

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "n length units"],
        readable: Bool[Array, "rows length length"],
        settings: PyTree,
        *,
        train: bool,
    ) -> Float[Array, "n length units"]:
        """(n, length, units) -> (n, length, units).

        Args:
          readable: as of `CausalAttention`.
          settings: `dropout` is the dropout rate of what each part adds.
          train: whether to apply dropout.
        """

        def drop(added: Array, name: str) -> Array:
            return Dropout(self.size.swept, name=name)(added, settings.dropout, train=train)

        attention = CausalAttention(self.size, self.heads, name="attention")
        x = x + drop(attention(RMSNorm(self.size, name="before_attention")(x), readable), "attended")
        wide = Size(EXPANSION * self.size.units, EXPANSION * self.size.true, self.size.swept)
        flat = RMSNorm(self.size, name="before_dense")(x).reshape(-1, self.size.units)
        hidden = jax.nn.relu(Dense((self.size,), wide, name="expand")(flat))
        return x + drop(Dense((wide,), self.size, name="contract")(hidden).reshape(x.shape), "dense")


class CharacterTransformer(nn.Module):
    """Scores the next character after each character of a window.

    Attributes:
      window: the largest number of characters that it reads at a time.
    """

    units: int
    vocab_size: int
    window: int
    spec: CharacterTransformerSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of windows.

        Args:
          inputs: `tokens` (n, length), ids; `state`, the `Context` before them, or None for none. Of more characters than
            `window`, the last ones are read.
          settings: `width` is the number of units; `dropout` is the dropout rate of the input and of what each part adds.
          train: whether to apply dropout.

        Returns:
          "features" (n, length, units), after the last norm; "scores" (n, length, characters); "state", the `Context` after
          the window; "units" (n, units), the features at the last position.
        """
        size = Size(self.units, settings.width, True)
        new = jnp.asarray(inputs.tokens)[:, -self.window :]
        context = self._context(inputs.state, new)
        tokens, absent = new, jnp.zeros(1, jnp.int32)
        if inputs.state is not None:
            tokens, absent = context.tokens, self.window - context.length
        place = jnp.arange(tokens.shape[1])
        own = place[None] == place[:, None]
        exists = place[None] >= absent[:, None]
        readable = own[None] | (exists[:, None] & (place[None] <= place[:, None])[None])
        x = Embedding(self.vocab_size, size, self.spec.init_scale, name="characters")(
            tokens, None, train=train
        )
        positions = Embedding(self.window, size, self.spec.init_scale, name="positions")
        x = x + positions(jnp.maximum(place[None] - absent[:, None], 0), None, train=train)
        x = Dropout(True, name="input")(x, settings.dropout, train=train)
        for i in range(self.spec.blocks):
            x = Block(size, self.spec.heads, name=f"block_{i}")(x, readable, settings, train=train)
        features = RMSNorm(size, name="norm")(x)[:, -new.shape[1] :]
        flat = features.reshape(-1, self.units)
        scores = Dense((size,), fixed(self.vocab_size), name="next")(flat).reshape(*features.shape[:2], -1)
        return {
            "features": features,
            "scores": scores,
            "state": context,
            "units": features[:, -1],
        }

    def _context(self, before: Context | None, new: Array) -> Context:
        """The last `window` characters, after reading `new` ones."""
        if before is None:
            before = Context(jnp.zeros((len(new), self.window), jnp.int32), jnp.zeros(len(new), jnp.int32))
        tokens = jnp.concatenate([jnp.asarray(before.tokens), new], axis=1)[:, -self.window :]
        return Context(tokens, jnp.minimum(jnp.asarray(before.length) + new.shape[1], self.window))
