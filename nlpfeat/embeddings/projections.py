"""Projections of vectors to the plane, and the alignment of one projection with another."""

import numpy as np
from jaxtyping import Float
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from nlpfeat.embeddings.neighbours import Vectors

BINS = 60  # of a number line
Plane = Float[np.ndarray, "n 2"]


def pca(vectors: Vectors) -> Plane:
    """The first two principal components; the second is 0 for vectors of rank 1."""
    projected = PCA(min(2, *vectors.shape), svd_solver="full").fit_transform(vectors)
    return np.pad(projected, ((0, 0), (0, 2 - projected.shape[1])))


def tsne(vectors: Vectors, perplexity: float = 30.0) -> Plane:
    """t-SNE, initialised by PCA: neighbourhoods are kept; distances between far groups mean nothing.

    It runs in one thread with a fixed seed, so the same vectors give the same map.
    Source: van der Maaten & Hinton 2008, by scikit-learn.
    """
    points = (vectors - vectors.mean(0)) / (np.abs(vectors).max() or 1.0)
    perplexity = min(perplexity, (len(points) - 1) / 3)
    start = _initial_map(points)
    model = TSNE(2, perplexity=perplexity, init=start, learning_rate="auto", random_state=0, n_jobs=1)  # pyright: ignore[reportArgumentType]
    return model.fit_transform(points)


def _initial_map(points: Vectors) -> Plane:
    """The PCA map at a small scale; one of rank 1 gets a little height, or t-SNE could never leave the line."""
    start = pca(points)
    start[:, 1] += 1e-2 * start[:, 0].std() * np.sin(np.arange(len(start)))
    return (1e-4 * start / (start[:, 0].std() or 1.0)).astype(np.float32)


def align(points: Plane, onto: Plane) -> Plane:
    """A map rotated, reflected, scaled and shifted to match another map of the same points as closely as possible.

    Orthogonal Procrustes with scale: Schönemann 1966.
    """
    centred, target = points - points.mean(0), onto - onto.mean(0)
    turn, scale = orthogonal_procrustes(centred, target)
    size = (centred**2).sum()
    return (scale / size if size else 1.0) * centred @ turn + onto.mean(0)


def stacked(line: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """Points of a number line in the plane: those that fall into one of `BINS` equal bins stand on top of each other, in order."""
    span = np.ptp(line) or 1.0
    bins = np.minimum((line - line.min()) / span * BINS, BINS - 1).astype(int)
    height = np.zeros(len(line))
    for number in np.unique(bins):
        inside = np.flatnonzero(bins == number)
        height[inside[np.argsort(line[inside], kind="stable")]] = np.arange(len(inside))
    return np.stack([line, height * span / BINS], axis=1)
