"""A disc inside an annulus: a control that a ReLU network of width 2 provably cannot separate.

With two units, the region of a class is unbounded, and cannot be a bounded island.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jax import Array

from nlpfeat.config.fields import Count, Fraction, Settings
from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.data.points.spirals import FRESH_POINTS
from nlpfeat.keys import stream


@dataclass(frozen=True)
class AnnulusSpec:
    """Points uniform in a disc and in an annulus around it.

    Attributes:
      points: per class.
      disc: radius of the disc.
      inner_radius: of the annulus, whose outer radius is 1.
    """

    points: Count = 500
    disc: Fraction = 0.4
    inner_radius: Fraction = 0.6

    def __post_init__(self) -> None:
        if self.disc >= self.inner_radius:
            raise ValueError(f"disc {self.disc} must be smaller than inner_radius {self.inner_radius}")


def annulus(spec: AnnulusSpec, key: Array) -> Examples:
    """Examples drawn with `key`: `inputs` (x, y), each float32 (2·points,); `targets` 0 in the disc, 1 in the annulus."""
    radius_key, angle_key = jax.random.split(key)
    inner = jnp.array([0.0, spec.inner_radius])[:, None]
    outer = jnp.array([spec.disc, 1.0])[:, None]
    uniform = jax.random.uniform(radius_key, (2, spec.points))
    radius = jnp.sqrt(inner**2 + (outer**2 - inner**2) * uniform)  # uniform by area
    angle = jax.random.uniform(angle_key, (2, spec.points), maxval=2 * jnp.pi)
    inputs = (radius * jnp.sin(angle)).ravel(), (radius * jnp.cos(angle)).ravel()
    return Examples(inputs, jnp.repeat(jnp.arange(2, dtype=jnp.int32), spec.points))


def make_splits(spec: AnnulusSpec, settings: Settings) -> Splits:
    """Examples of each split, drawn from the seed of the member."""
    return {name: annulus(spec, stream(settings.seed, f"data/{name}")) for name in SPLITS}


def fresh_splits(spec: AnnulusSpec, settings: Settings) -> Splits:
    """`FRESH_POINTS` new points per held-out split, for the last record; the train split keeps its own."""
    many = replace(spec, points=FRESH_POINTS // 2)
    return {name: annulus(many, stream(settings.seed, f"data/last/{name}")) for name in SPLITS[1:]}
