"""The four-row table of "A neural network in 11 lines of Python". Source: A. Trask, 2015."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from nlpfeat.data.core import Examples, Splits

INPUTS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], np.float64)
FIRST_COLUMN = np.array([0, 0, 1, 1], np.float64)  # the target of the network with one layer
EXCLUSIVE_OR = np.array([0, 1, 1, 0], np.float64)  # of the first two columns: needs two layers


@dataclass(frozen=True)
class FourRowsSpec:
    """No settings: the table is fixed."""


def make_splits(spec: FourRowsSpec, settings: object) -> Splits:
    """The whole table as train split: `inputs` one array (4,) per column, `targets` the exclusive or of the first two."""
    columns = tuple(jnp.asarray(column, jnp.float32) for column in INPUTS.T)
    return {"train": Examples(columns, jnp.asarray(EXCLUSIVE_OR, jnp.int32))}
