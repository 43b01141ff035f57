"""Sparse features: numbers that are mostly zero, for the toy model of superposition.

Source: Elhage et al. 2022, "Toy models of superposition". All members share one table of uniform numbers r; a member of sparsity S
reads a feature as 0 where r ≥ 1 − S, and as r / (1 − S), uniform again, elsewhere.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.config.fields import Count
from nlpfeat.data.core import Dataset, Examples, Splits


@dataclass(frozen=True)
class SparseFeaturesSpec:
    """Sizes of the table.

    Attributes:
      features: per example.
      train, validation, test: examples.
    """

    features: Count = 100
    train: Count = 16_384
    validation: Count = 2048
    test: Count = 4096


def load(spec: SparseFeaturesSpec) -> Dataset:
    """The table, float32 (examples, features), the rows of train first, then validation, then test."""
    examples = spec.train + spec.validation + spec.test
    table = np.random.default_rng(0).random((examples, spec.features), np.float32)
    return Dataset(table, spec)


def make_splits(spec: SparseFeaturesSpec, settings: PyTree) -> Splits:
    """Row numbers, which are inputs and targets: an autoencoder has no others."""
    splits, start = {}, 0
    for name, size in (("train", spec.train), ("validation", spec.validation), ("test", spec.test)):
        rows = jnp.arange(start, start + size, dtype=jnp.int32)
        splits[name] = Examples(rows, rows)
        start += size
    return splits


def sparse(uniform: Float[Array | np.ndarray, "n features"], sparsity: PyTree) -> Float[Array, "n features"]:
    """Features, each 0 with the probability `sparsity`, else uniform in [0, 1).

    Args:
      uniform: numbers in [0, 1).
      sparsity: less than 1, may be traced.
    """
    density = 1 - sparsity
    return jnp.where(uniform < density, uniform / density, 0.0)
