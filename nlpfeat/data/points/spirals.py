"""Spirals: arms wound around the origin, which no line separates.

Source: A. Canziani, Deep Learning (NYU), notebook "spiral classification", editions of 2020 and 2021.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float, PyTree
from scipy.special import ndtr

from nlpfeat.config.fields import Count, Fraction
from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.keys import stream

FRESH_POINTS = 10_000  # new points on which the last record is evaluated


@dataclass(frozen=True)
class SpiralSpec:
    """The shape of the arms.

    The notebook of 2021 has 5 arms with an inner radius of .2, that of 2020 has 3 that start at the origin.

    Attributes:
      arms: K, the number of classes.
      points: N, per arm.
      inner_radius: at which an arm starts; it ends at radius 1.
    """

    arms: Count = 5
    points: Count = 200
    inner_radius: Fraction = 0.2


SPIRALS_2021 = SpiralSpec(arms=5, points=1000, inner_radius=0.2)
SPIRALS_2020 = SpiralSpec(arms=3, points=1000, inner_radius=0.0)


def spirals(spec: SpiralSpec, key: Array, noise: ArrayLike) -> Examples:
    """Points on the arms.

    Args:
      spec: the shape of the arms.
      key: of the noise.
      noise: standard deviation of the Gaussian noise on the angle, in radians (.2 in the notebooks).

    Returns:
      `inputs` (x, y), each float32 (K·N,); `targets` the arm, int32 (K·N,).
    """
    t = jnp.linspace(0.0, 1.0, spec.points)[None]
    arm = jnp.arange(spec.arms)[:, None]
    jitter = noise * jax.random.normal(key, (spec.arms, spec.points))
    angle = (2 * t + arm) * (2 * jnp.pi / spec.arms) + jitter
    radius = (1 - spec.inner_radius) * t + spec.inner_radius
    inputs = (radius * jnp.sin(angle)).ravel(), (radius * jnp.cos(angle)).ravel()
    return Examples(inputs, jnp.repeat(jnp.arange(spec.arms, dtype=jnp.int32), spec.points))


def class_curves(spec: SpiralSpec, points: int = 400) -> Float[np.ndarray, "arms points 2"]:
    """The center line of each arm: the arm without noise, (arms, points, 2)."""
    x, y = spirals(replace(spec, points=points), jax.random.key(0), 0.0).inputs
    return np.stack([x, y], 1).reshape(spec.arms, points, 2).astype(np.float64)


def bayes_accuracy(spec: SpiralSpec, noise: float) -> float:
    """The accuracy of the Bayes classifier, which knows at which angle each arm passes the radius of a point.

    At every radius the arms are 2π/K apart, and the noise on the angle is normal, so that the nearest arm is the most
    probable one, and right if the noise, wrapped to (−π, π], is less than π/K in size: .9983 for 5 arms and a noise of .2. The
    origin, which has no angle, is left out; with an inner radius of 1 the radius tells nothing, and this is an upper bound.

    Args:
      spec: the shape of the arms.
      noise: standard deviation of the noise, in radians.
    """
    if noise == 0:
        return 1.0
    scale = min(noise, 40.0)  # from far less on, angles are uniform to the last digit
    turns = 2 * np.pi * np.arange(-64, 65)  # more than ten standard deviations either way
    half = np.pi / spec.arms
    inside = ndtr((turns + half) / scale) - ndtr((turns - half) / scale)
    return min(float(inside.sum()), 1.0)


def make_splits(spec: SpiralSpec, settings: PyTree) -> Splits:
    """Examples of each split, drawn from the `seed` and `noise` of the member. The notebooks have a train split only."""
    return {name: spirals(spec, stream(settings.seed, f"data/{name}"), settings.noise) for name in SPLITS}


def fresh_splits(spec: SpiralSpec, settings: PyTree) -> Splits:
    """`FRESH_POINTS` new points per held-out split, for the last record: an accuracy of .99 then has a standard error of .001."""
    many = replace(spec, points=-(-FRESH_POINTS // spec.arms))
    return {
        name: spirals(many, stream(settings.seed, f"data/last/{name}"), settings.noise) for name in SPLITS[1:]
    }
