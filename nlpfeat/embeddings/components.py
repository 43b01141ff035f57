"""Principal components of vectors, and the items at their ends."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from sklearn.decomposition import PCA


class Components(NamedTuple):
    """Coordinates along the directions of largest variance."""

    scores: Float[np.ndarray, "items components"]
    share: Float[np.ndarray, " components"]  # of the variance


def components(vectors: Float[np.ndarray, "items d"], most: int = 3) -> Components:
    """The first `most` principal components, where there are that many; each is signed so that its longer end is positive."""
    model = PCA(min(most, *vectors.shape), svd_solver="full")
    scores = model.fit_transform(vectors)
    scores *= np.where(scores.max(0) >= -scores.min(0), 1.0, -1.0)
    return Components(scores, model.explained_variance_ratio_)


def ends(
    values: Float[np.ndarray, " items"], count: int
) -> tuple[Int[np.ndarray, " count"], Int[np.ndarray, " count"]]:
    """The items of the lowest values, lowest first, and of the highest, highest first; ties keep their order."""
    return np.argsort(values, kind="stable")[:count], np.argsort(-values, kind="stable")[:count]
