"""Maps: vectors brought to the plane, and maps brought into line with one another."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

Vectors = Float[np.ndarray, "n d"]
Plane = Float[np.ndarray, "n 2"]


def pca(vectors: Vectors) -> Plane:
    """The two directions in which the vectors vary most; the second is 0 where they vary in one only."""
    found = PCA(min(2, *vectors.shape), svd_solver="full").fit_transform(vectors)
    return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))


def tsne(vectors: Vectors, perplexity: float = 30.0) -> Plane:
    """t-SNE from PCA's map: near words stay near, distances between far groups mean nothing.

    Source: van der Maaten & Hinton 2008, by scikit-learn; one thread and a fixed seed, so the map is always the same.
    """
    spread = np.abs(vectors).max() or 1.0
    points: Any = (vectors - vectors.mean(0)) / spread
    fewer = min(perplexity, (len(points) - 1) / 3)
    start: Any = _start(points)
    model = TSNE(2, perplexity=fewer, init=start, learning_rate="auto", random_state=0, n_jobs=1)
    return model.fit_transform(points)


def _start(points: Vectors) -> Plane:
    """PCA's map, small; a flat one gets a little height, or t-SNE could never leave the line."""
    start = pca(points)
    start[:, 1] += 1e-2 * start[:, 0].std() * np.sin(np.arange(len(start)))
    return (1e-4 * start / (start[:, 0].std() or 1.0)).astype(np.float32)


def align(points: Plane, onto: Plane) -> Plane:
    """The map turned, mirrored, scaled and moved to lie on another of the same words as well as it can.

    Orthogonal Procrustes, with scale: Schönemann 1966.
    """
    middle, target = points - points.mean(0), onto - onto.mean(0)
    turn, lengths = orthogonal_procrustes(middle, target)
    size = (middle**2).sum()
    return (lengths / size if size else 1.0) * middle @ turn + onto.mean(0)
