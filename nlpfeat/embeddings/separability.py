"""Separability of the words of a class: those that its texts use most, from those that the other classes do."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import NearestNeighbors

from nlpfeat.embeddings.neighbours import Vectors
from nlpfeat.geometry.margin import hard_margin
from nlpfeat.geometry.separability import EXACT_DIMENSIONS, find_separator, rms_radius

Labels = Int[np.ndarray, " n"]

FOLDS = 5
NEIGHBOURS = 10


class PolarWords(NamedTuple):
    """The words of most extreme polarity, the most extreme first within each group."""

    words: Int[np.ndarray, " n"]  # indices into the vocabulary
    labels: Int[np.ndarray, " n"]  # 1 for words of the class, else 0
    polarity: Float[np.ndarray, " n"]


def polar_words(polarity: Float[np.ndarray, " words"], per_class: int) -> PolarWords:
    """The `per_class` words of highest and of lowest polarity; fewer where not that many have the sign.

    Args:
      polarity: NaN for words that have none.
      per_class: number of words per group.
    """
    known = np.flatnonzero(~np.isnan(polarity))
    ascending = known[np.argsort(polarity[known], kind="stable")]
    low, high = ascending[:per_class], ascending[::-1][:per_class]
    low, high = low[polarity[low] < 0], high[polarity[high] > 0]
    words = np.concatenate([high, low])
    return PolarWords(words, np.repeat([1, 0], [len(high), len(low)]), polarity[words])


class Measure(NamedTuple):
    """A measure of two groups of word vectors."""

    units: str
    description: str


MEASURES = {
    "rank": Measure("dimensions", "dimensions that the vectors fill"),
    "probe": Measure("share of words", f"held-out accuracy of a logistic probe, {FOLDS} folds"),
    "separable": Measure(
        "1 or 0",
        f"a hyperplane separates the groups; certified if 1, and up to {EXACT_DIMENSIONS} dimensions also if 0",
    ),
    "margin": Measure("RMS radii", "hard margin; 0 if not separable"),
    "silhouette": Measure("-1 to 1", "1 for tight groups far apart, 0 for mixed ones"),
    "purity": Measure("share of neighbours", f"of the {NEIGHBOURS} nearest words, those of the same group"),
}


def measure(vectors: Vectors, labels: Labels) -> dict[str, float]:
    """All MEASURES of two groups of words, invariant to rotation, scale, and dimensions of zeros.

    Args:
      vectors: finite (n, d).
      labels: (n,), 0 or 1, at least FOLDS of each.

    Returns:
      A number per measure; all but "rank" are NaN if all vectors are equal.
    """
    points = effective_dimensions(vectors)
    if not points.shape[1]:
        return dict.fromkeys(MEASURES, np.nan) | {"rank": 0.0}
    separator = find_separator(points, labels)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    probe = LogisticRegression(C=100.0, max_iter=1000)
    return {
        "rank": float(points.shape[1]),
        "probe": float(cross_val_score(probe, points, labels, cv=folds).mean()),
        "separable": float(separator is not None),
        "margin": hard_margin(points, labels, separator),
        "silhouette": float(silhouette_score(points, labels)),
        "purity": purity(points, labels),
    }


def effective_dimensions(vectors: Vectors) -> Float[np.ndarray, "n rank"]:
    """The centred vectors in their principal axes, without those of zero variance, at an RMS radius of 1.

    A variance within rounding counts as zero: a network whose words fill one dimension is measured in one.
    """
    centred = vectors - vectors.mean(0)
    left, singular_values, _ = np.linalg.svd(centred, full_matrices=False)
    rank = int((singular_values > 1e-6 * singular_values[0]).sum()) if singular_values[0] > 0 else 0
    points = left[:, :rank] * singular_values[:rank]
    return points / rms_radius(points) if rank else points


def purity(vectors: Vectors, labels: Labels) -> float:
    """The share of the nearest neighbours of each word that belong to its own group, mean over words."""
    count = min(NEIGHBOURS, len(vectors) - 1)
    neighbours = NearestNeighbors(n_neighbors=count).fit(vectors).kneighbors(return_distance=False)
    return float((labels[neighbours] == labels[:, None]).mean())
