"""Good and bad words: those that one class says most, and those that the others do."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import NearestNeighbors

from nlpfeat.geometry.margin import hard_margin
from nlpfeat.geometry.separability import EXACT, parted, rms_radius


class PolarWords(NamedTuple):
    """The words of most extreme polarity, the most telling first within each group."""

    words: Int[np.ndarray, " n"]  # places in the vocabulary
    labels: Int[np.ndarray, " n"]  # 1 where the last class says it, else 0
    polarity: Float[np.ndarray, " n"]


def polar_words(polarity: Float[np.ndarray, " words"], each: int) -> PolarWords:
    """The `each` words of highest and the `each` of lowest polarity; fewer where not so many have that sign.

    Args:
      polarity: NaN for words that have none.
    """
    known = np.flatnonzero(~np.isnan(polarity))
    rising = known[np.argsort(polarity[known], kind="stable")]
    low = rising[:each][polarity[rising[:each]] < 0]
    high = rising[::-1][:each][polarity[rising[::-1][:each]] > 0]
    words = np.concatenate([high, low])
    labels = np.repeat([1, 0], [len(high), len(low)])
    return PolarWords(words, labels, polarity[words])


Vectors = Float[np.ndarray, "n d"]
Labels = Int[np.ndarray, " n"]

FOLDS = 5
NEIGHBOURS = 10


class Measure(NamedTuple):
    """What a measure of word vectors is."""

    units: str
    about: str


MEASURES = {
    "rank": Measure("dimensions", "dimensions that the vectors fill"),
    "probe": Measure("share of words", f"held-out words told apart by a logistic probe, {FOLDS} folds"),
    "separable": Measure(
        "1 or 0",
        f"a plane parts the groups; each yes, and each no in up to {EXACT} dimensions, by a certificate",
    ),
    "margin": Measure("RMS radii", "hard margin; 0 where no plane parts them"),
    "silhouette": Measure("-1 to 1", "1 for tight groups far apart, 0 for mixed ones"),
    "purity": Measure("share of neighbours", f"of the {NEIGHBOURS} nearest words, those of the same group"),
}


def measure(vectors: Vectors, labels: Labels) -> dict[str, float]:
    """All MEASURES of two groups of words. Unchanged by turning the space, scaling it, or adding dimensions of zeros.

    Args:
      vectors: finite (n, d).
      labels: (n,), 0 or 1, at least FOLDS of each.

    Returns:
      A number for each measure; all but `rank` NaN where every vector is the same.
    """
    points = effective_dimensions(vectors)
    if not points.shape[1]:
        return dict.fromkeys(MEASURES, np.nan) | {"rank": 0.0}
    found = parted(points, labels)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    probe = LogisticRegression(C=100.0, max_iter=1000)
    return {
        "rank": float(points.shape[1]),
        "probe": float(cross_val_score(probe, points, labels, cv=folds).mean()),
        "separable": float(found is not None),
        "margin": hard_margin(points, labels, found),
        "silhouette": float(silhouette_score(points, labels)),
        "purity": purity(points, labels),
    }


def effective_dimensions(vectors: Vectors) -> Float[np.ndarray, "n rank"]:
    """The vectors around their mean in the axes that they fill, by falling length, at an RMS radius of 1.

    What lies within rounding of flat is flat: a net whose words fill one dimension is measured in one.
    """
    centred = vectors - vectors.mean(0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    rank = int((lengths > 1e-6 * lengths[0]).sum()) if lengths[0] > 0 else 0
    points = left[:, :rank] * lengths[:rank]
    return points / rms_radius(points) if rank else points


def purity(vectors: Vectors, labels: Labels) -> float:
    """The share of each word's nearest words that are of its own group, mean over words."""
    count = min(NEIGHBOURS, len(vectors) - 1)
    near = NearestNeighbors(n_neighbors=count).fit(vectors).kneighbors(return_distance=False)
    return float((labels[near] == labels[:, None]).mean())


# MERGED: """How separable two groups of words are in the space of their vectors."""
