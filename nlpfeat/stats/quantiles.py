"""TODO."""

import warnings
from typing import NamedTuple

import numpy as np

HUGE = 1e300  # stands for infinity, of which differences are taken


class Quartiles(NamedTuple):
    """Quartiles over seeds."""

    low: np.ndarray
    median: np.ndarray
    high: np.ndarray


def quartiles_of(values: np.ndarray, axis: int) -> Quartiles:
    """Lower quartile, median and upper quartile over `axis`. NaN (not run) is left out; between a number and infinity lies infinity."""
    bounded = np.clip(np.asarray(values, np.float64), -HUGE, HUGE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
        quartiles = np.nanquantile(bounded, (0.25, 0.5, 0.75), axis=axis)
    return Quartiles(*np.where(np.abs(quartiles) > HUGE / 1e6, np.copysign(np.inf, quartiles), quartiles))


def ordered_quartiles_of(values: np.ndarray, axis: int) -> Quartiles:
    """Quartiles that are values of seeds, so that infinite ones keep their place. NaN (not measured) is left out."""
    values = np.moveaxis(values, axis, 0)
    empty = np.isnan(values).all(axis=0)
    quartiles = np.nanquantile(
        np.where(empty, np.inf, values), (0.25, 0.5, 0.75), axis=0, method="inverted_cdf"
    )
    return Quartiles(*np.where(empty, np.nan, quartiles))
