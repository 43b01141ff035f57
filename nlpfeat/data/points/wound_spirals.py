"""Spirals wound in more than two dimensions, and embedded in still more."""

from dataclasses import dataclass, replace
from typing import Annotated

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from nlpfeat.config.fields import Count, Fraction, NonNegativeInt, Range
from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.data.points.spirals import FRESH_POINTS, SpiralSpec, spirals
from nlpfeat.keys import stream


@dataclass(frozen=True)
class WoundSpiralSpec(SpiralSpec):
    """Arms of `nlpfeat.data.points.spirals`, the plane of which turns with the radius.

    At each radius the arms lie on a circle, in the same order and as far apart as in the plane. From the innermost circle to the
    outermost, its plane turns by a quarter of a turn towards the third dimension, then by as much towards the fourth, and so on: no
    projection to fewer than `wound` dimensions keeps all circles.

    Attributes:
      wound: dimensions in which the arms are wound; 2 are the plane spirals.
      flat: further dimensions, in which points have noise only.
      rotated: whether a random rotation, by the seed of the member, mixes all dimensions.
    """

    arms: Count = 3
    points: Count = 400
    inner_radius: Fraction = 0.2
    wound: Annotated[int, Range(2)] = 3
    flat: NonNegativeInt = 0
    rotated: bool = True

    @property
    def dimensions(self) -> int:
        """Of a point."""
        return self.wound + self.flat


def wind(plane: Float[Array, "n 2"], wound: int, inner_radius: float) -> Float[Array, "n wound"]:
    """Points of the plane, each moved by the rotation that belongs to its radius; distances from the origin stay.

    Args:
      plane: points.
      wound: dimensions of the result.
      inner_radius: at which the rotation is none; at radius 1 it is a quarter of a turn for each dimension beyond two.
    """
    radius = jnp.linalg.norm(plane, axis=1)
    share = (radius - inner_radius) / max(1 - inner_radius, 1e-6)
    points = jnp.zeros((len(plane), wound)).at[:, :2].set(plane)
    for axis in range(2, wound):
        angle = jnp.pi / 2 * share
        one, two = points[:, axis - 1], points[:, axis]
        points = points.at[:, axis - 1].set(one * jnp.cos(angle) - two * jnp.sin(angle))
        points = points.at[:, axis].set(one * jnp.sin(angle) + two * jnp.cos(angle))
    return points


def rotation(key: Array, dimensions: int) -> Float[Array, "d d"]:
    """A random orthogonal matrix, uniform by Haar's measure."""
    q, r = jnp.linalg.qr(jax.random.normal(key, (dimensions, dimensions)))
    return q * jnp.sign(jnp.diagonal(r))[None]


def wound_spirals(spec: WoundSpiralSpec, key: Array, settings: PyTree) -> Examples:
    """Points on the arms.

    Args:
      spec: the shape of the arms.
      key: of the noise.
      settings: `noise` on the angle in radians, `flat_noise`, its standard deviation in the flat dimensions, `seed` of the
        rotation.

    Returns:
      `inputs` float32 (K·N, dimensions), `targets` the arm, int32 (K·N,).
    """
    on_angle, in_flat = jax.random.split(key)
    plane, arm = spirals(spec, on_angle, settings.noise)
    points = wind(jnp.stack(plane, 1), spec.wound, spec.inner_radius)
    flat = settings.flat_noise * jax.random.normal(in_flat, (len(points), spec.flat))
    points = jnp.concatenate([points, flat], 1)
    if spec.rotated:
        points = points @ rotation(stream(settings.seed, "data/rotation"), spec.dimensions)
    return Examples(points, arm)


def make_splits(spec: WoundSpiralSpec, settings: PyTree) -> Splits:
    """Examples of each split, from the seed and the noise of the member."""
    return {split: wound_spirals(spec, stream(settings.seed, f"data/{split}"), settings) for split in SPLITS}


def fresh_splits(spec: WoundSpiralSpec, settings: PyTree) -> Splits:
    """New points for the last record, `FRESH_POINTS` per held-out split."""
    many = replace(spec, points=-(-FRESH_POINTS // spec.arms))
    return {
        split: wound_spirals(many, stream(settings.seed, f"data/last/{split}"), settings)
        for split in SPLITS[1:]
    }
