"""Intrinsic evaluation of word vectors: analogies, and correlation with human similarity scores."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.embeddings.neighbours import CHUNK, unit_length
from nlpfeat.stats.intervals import rank_correlation

Vectors = Float[np.ndarray, "words d"]


def analogy_query(vectors: Vectors, a: int, b: int, c: int) -> Float[np.ndarray, " d"]:
    """The point b − a + c of "a is to b as c is to …", each vector at length 1; the word nearest to it answers.

    Source: Mikolov et al., ICLR 2013.
    """
    first, second, third = unit_length(vectors[[a, b, c]])
    return second - first + third


def solve_analogies(vectors: Vectors, questions: Int[np.ndarray, "n 3"]) -> Int[np.ndarray, " n"]:
    """The word nearest by cosine to each query point, the three words of the question excluded.

    Args:
      vectors: (words, d).
      questions: the indices of a, b and c.
    """
    known = unit_length(vectors).astype(np.float32)
    answers = np.empty(len(questions), np.int64)
    for start in range(0, len(questions), CHUNK):
        chunk = questions[start : start + CHUNK]
        a, b, c = chunk.T
        cosines = (known[b] - known[a] + known[c]) @ known.T
        np.put_along_axis(cosines, chunk, -np.inf, axis=1)
        answers[start : start + CHUNK] = cosines.argmax(1)
    return answers


class Correlation(NamedTuple):
    """A rank correlation with its 95 % interval."""

    low: float
    rho: float
    high: float


def correlation(
    vectors: Vectors, pairs: Int[np.ndarray, "n 2"], scores: Float[np.ndarray, " n"]
) -> Correlation:
    """The `rank_correlation` of cosines with human scores.

    Args:
      vectors: (words, d).
      pairs: the indices of the two words of each pair.
      scores: the human score of each pair.

    Returns:
      NaN for fewer than four pairs, or where cosines or scores are constant.
    """
    known = unit_length(vectors)
    cosines = (known[pairs[:, 0]] * known[pairs[:, 1]]).sum(1)
    return Correlation(*rank_correlation(cosines, scores))
