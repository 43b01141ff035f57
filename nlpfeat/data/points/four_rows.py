"""The four-row table of "A neural network in 11 lines of Python". Source: A. Trask, 2015."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from nlpfeat.data.core import Examples, Splits

INPUTS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], np.float64)
FIRST_COLUMN = np.array([0, 0, 1, 1], np.float64)  # what one layer learns
EXCLUSIVE_OR = np.array([0, 1, 1, 0], np.float64)  # of the first two columns: what needs two


@dataclass(frozen=True)
class FourRowsSpec:
    """Nothing is left to choose."""


def make_splits(spec: FourRowsSpec, settings: object) -> Splits:
    """The table, all of it to train on: `inputs` one array (4,) a column, `targets` the exclusive or of two."""
    columns = tuple(jnp.asarray(column, jnp.float32) for column in INPUTS.T)
    return {"train": Examples(columns, jnp.asarray(EXCLUSIVE_OR, jnp.int32))}
