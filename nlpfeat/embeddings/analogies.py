"""Analogies: a is to b as c is to what?"""

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.embeddings.neighbours import unit

Vectors = Float[np.ndarray, "words d"]
CHUNK = 512  # questions that are asked at a time


def analogy_query(vectors: Vectors, a: int, b: int, c: int) -> Float[np.ndarray, " d"]:
    """Where the fourth word should be: b − a + c, each at length 1. Source: Mikolov et al., ICLR 2013."""
    first, second, third = unit(vectors[[a, b, c]])
    return second - first + third


def solve_analogies(vectors: Vectors, questions: Int[np.ndarray, "n 3"]) -> Int[np.ndarray, " n"]:
    """The word nearest by cosine to `wanted`, none of the three asked with: (n,).

    Args:
      questions: a, b, c as places in `vectors`.
    """
    known = unit(vectors).astype(np.float32)
    found = np.empty(len(questions), np.int64)
    for start in range(0, len(questions), CHUNK):
        mine = questions[start : start + CHUNK]
        a, b, c = mine.T
        cosines = (known[b] - known[a] + known[c]) @ known.T
        np.put_along_axis(cosines, mine, -np.inf, axis=1)
        found[start : start + CHUNK] = cosines.argmax(1)
    return found
