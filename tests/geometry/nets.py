"""Nets to measure: random ones, degenerate ones by name, and trained ones."""

from itertools import pairwise

import numpy as np

from nlpfeat.geometry.network import LINEAR, Layer, Network


def random_net(seed, widths, outputs=0, negative_slope=0.0, bias=0.5, integers=0, dtype=np.float64, inputs=2):
    """He weights, or small whole numbers, which make many lines meet. A linear head if `outputs`."""
    rng = np.random.default_rng(seed)
    layers = []
    sizes = [inputs, *widths, *([outputs] if outputs else [])]
    for place, (m, n) in enumerate(pairwise(sizes)):
        w, b = rng.standard_normal((n, m)) * np.sqrt(2 / m), rng.standard_normal(n) * bias
        if integers:
            w, b = (
                rng.integers(-integers, integers + 1, (n, m)),
                rng.integers(-integers, integers + 1, n) * bias,
            )
        layers.append(
            Layer(w.astype(dtype), b.astype(dtype), negative_slope if place < len(widths) else LINEAR)
        )
    return Network(tuple(layers))


def lines(*rows, negative_slope=0.0):
    """One hidden layer of the lines a x + b y + c = 0."""
    rows = np.array(rows, float)
    return Network((Layer(rows[:, :2], rows[:, 2], negative_slope),))


def then(network, weight, bias, negative_slope=0.0):
    """One layer more."""
    return Network((*network.layers, Layer(np.array(weight, float), np.array(bias, float), negative_slope)))


CROSS = lines((1, 0, 0), (0, 1, 0))
DEGENERATE = {
    "zero row": lines((0, 0, 1), (1, 2, 0.1)),
    "zero row, zero bias": lines((0, 0, 0), (1, 2, 0.1)),
    "all zero": lines((0, 0, 0), (0, 0, 0)),
    "duplicates": lines((1, 2, 0.1), (1, 2, 0.1), (3, 1, 0)),
    "duplicates to scale": lines((1, 2, 0.1), (-2, -4, -0.2), (0.5, 1, 0.05), (3, 1, 0)),
    "parallels": lines((1, 2, 0.1), (1, 2, 0.3), (2, 4, -0.5)),
    "dead units": lines((1, 0, -9), (0, 1, 9), (1, 1, 0)),
    "no biases": lines(*((np.cos(a), np.sin(a), 0) for a in np.arange(7) * 0.4)),
    "one unit": lines((1, -1, 0.2)),
    "one line through all corners": lines((1, -1, 0)),
    "lines along the box": lines((1, 0, 1), (1, 0, -1), (0, 1, 1)),
    "lines that meet on the box": lines((1, 0, -0.5), (1, 1, -1.5), (1, -1, 0.5)),
    "three lines in a point": lines((1, 0, -0.25), (0, 1, -0.25), (1, 1, -0.5), (1, 2, 0.3)),
    "all-dead layer": then(lines((1, 0, 0.5), (0, 1, 0.5)), [[-1, -1], [-2, 0]], [-1, -1]),
    "exactly zero on a region": then(CROSS, [[1, 1], [1, 0], [-1, 2]], [0, 0, 0]),
    "zero through vertices": then(CROSS, [[1, -1], [2, -2]], [0, 0]),
    "zero after a dead layer": then(then(CROSS, [[-1, -1]], [-5]), [[1], [2], [-1]], [0, 0, 1]),
    "lines that meet on a fold": then(CROSS, [[1, 1], [1, 2], [1, -1]], [-0.5, -0.5, -0.5]),
    "ends on the corners of earlier regions": then(
        lines((1, 0, 0), (0, 1, 0), (1, 1, 0)), [[1, 0, -1], [0, 1, -1], [1, -1, 0]], [0, 0, 0]
    ),
}
