"""Theorems that hold for every network, checked on the measured regions of one.

The checks derive the other side of each theorem independently: from line equations, the image of the box's boundary and so
on. T1, T2, T8 and T11 need one hidden layer; the others hold for any depth. A violated theorem means a wrong measure.
"""

from math import comb

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import cdist

from nlpfeat.geometry.complex import BOX, Box, inner
from nlpfeat.geometry.decision import DecisionRegions
from nlpfeat.geometry.decomposition import decompose
from nlpfeat.geometry.margin import margins
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.norms import product, spectral_product, unit_path_norms
from nlpfeat.geometry.regions import Regions
from nlpfeat.geometry.warping import determinants, roughness

_CLOSE = 1e-9  # relative: sums of thousands of roundings


def max_regions(units: int, *, biases: bool = True) -> int:
    """T1: n lines make at most 1 + n + n(n-1)/2 regions, or 2n if all pass through one point (Steiner 1826)."""
    return 1 + units + comb(units, 2) if biases else max(1, 2 * units)


def max_regions_deep(widths: tuple[int, ...]) -> int:
    """T4: at most the product of T1 over the layers, as the lines of a layer cut each region of the layers before."""
    return int(np.prod([max_regions(width) for width in widths], dtype=object))


def lines_in_box(network: Network, bounds: Box) -> tuple[int, int, Float[np.ndarray, " units"]]:
    """T2: the lines of the first layer in a box, from the equations w·x + b = 0, in general position.

    Returns:
      The number of lines that cross the box, the number of their intersections inside, and the length of each line inside.
    """
    weight, bias, _ = network.layers[0]
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    norm = np.linalg.norm(weight, axis=1)
    real = norm > 0
    normal = np.divide(weight, norm[:, None], out=np.zeros_like(weight), where=real[:, None])
    offset = np.divide(bias, norm, out=np.full_like(bias, np.inf), where=real)
    foot = -normal * np.where(np.isfinite(offset), offset, 0.0)[:, None]
    along = np.stack([-normal[:, 1], normal[:, 0]], 1)
    with np.errstate(divide="ignore", invalid="ignore"):  # clip x = foot + t along to both slabs
        first, second = (low - foot) / along, (high - foot) / along
        flat = np.abs(along) < 1e-300
        within = (low < foot) & (foot < high)
        enter = np.where(flat, np.where(within, -np.inf, np.inf), np.minimum(first, second)).max(1)
        leave = np.where(flat, np.where(within, np.inf, -np.inf), np.maximum(first, second)).min(1)
    length = np.where(real, np.maximum(leave - enter, 0.0), 0.0)
    crossing = np.flatnonzero(length > 0)
    i, j = crossing[np.stack(np.triu_indices(len(crossing), 1))]
    det = normal[i, 0] * normal[j, 1] - normal[i, 1] * normal[j, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (normal[i, 1] * offset[j] - normal[j, 1] * offset[i]) / det
        y = (normal[j, 0] * offset[i] - normal[i, 0] * offset[j]) / det
    inside = (low[0] < x) & (x < high[0]) & (low[1] < y) & (y < high[1])
    return len(crossing), int(inside.sum()), length


def boundary_image_area(regions: Regions) -> float:
    """T12: the signed area enclosed by the image of the box's boundary."""
    cells = regions.cells
    rim = (cells.sides == BOX).any(1)
    ends = np.where(cells.sides[rim, :1] == BOX, cells.ends[rim][:, ::-1], cells.ends[rim])  # box on the left
    a, b = (regions.network(cells.points[ends[:, k]]) for k in (0, 1))
    a, b = (
        a - a[:1],
        b - a[:1],
    )  # relative to a point of the image: far from the origin the products would cancel
    return float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / 2


def sign_changes(network: Network, origin: np.ndarray, direction: np.ndarray, a: int, b: int) -> int:
    """T8: the number of sign changes of the score difference s_a - s_b along a line.

    Args:
      network: with one hidden layer: the difference is linear between the points at which a unit changes sign.
      origin, direction: (2,), the line origin + t direction.
      a, b: two classes.
    """
    weight, bias, _ = network.layers[0]
    speed = weight @ direction
    with np.errstate(divide="ignore", invalid="ignore"):
        switch = -(weight @ origin + bias) / speed
    switch = np.sort(switch[np.isfinite(switch)])
    reach = 2 * np.abs(switch).max(initial=1.0)
    times = np.concatenate([[-reach], switch, [reach]])
    scores = network(origin + times[:, None] * direction)
    gap = scores[:, a] - scores[:, b]
    ends = gap[0] + (gap[0] - gap[1]) * 1e9, gap[-1] + (gap[-1] - gap[-2]) * 1e9
    sign = np.sign(np.concatenate([ends[:1], gap, ends[1:]]))
    sign = sign[sign != 0]
    return int((sign[1:] != sign[:-1]).sum())


def steepness(
    network: Network, points: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"]
) -> tuple[float, float]:
    """T9: the two sides of √2 Π σ_max(W_l) >= 2γ/δ, the right side maximal over pairs of points of different classes.

    γ is the smaller margin of the pair, where both are positive, and δ the distance of the points.

    Args:
      network: with any number of layers.
      points: (n, 2).
      labels: int (n,), their classes.
    """
    margin = margins(network(points), labels)
    correct = margin > 0
    points, labels, margin = points[correct], labels[correct], margin[correct]
    needed = 0.0
    for k in np.unique(labels):
        mine, others = labels == k, labels > k
        if others.any():
            gap = cdist(points[mine], points[others])
            least = np.minimum(margin[mine][:, None], margin[others][None])
            needed = max(needed, float((2 * least / np.maximum(gap, 1e-300)).max()))
    return float(np.sqrt(2)) * spectral_product(network), needed


def check_regions(regions: Regions) -> dict[str, bool]:
    """Which of T1, T2, T3, T4, T10, T11, T12 and T13 hold for the regions of a network; those that apply to it.

    T2 and T11 assume lines in general position, and are left out where `regions.general` is False.
    """
    network, cells = regions.network, regions.cells
    folding = [network.layers[i] for i in network.folding]
    area = regions.box.area
    held = {
        "T3": cells.euler == 1 and bool(abs(regions.area.sum() - area) <= _CLOSE * area),
        "T4": len(regions) <= max_regions_deep(tuple(len(layer.bias) for layer in folding)),
        "T10": all(
            np.abs(decompose(layer).weight - layer.weight).max() <= 1e-12 * np.abs(layer.weight).max()
            for layer in network.layers
        )
        and not _folds(regions),
    }
    jump, edge = regions.affine[0], inner(cells)
    left, right = cells.sides[edge].T
    along = np.diff(cells.points[cells.ends[edge]], axis=1)[:, 0]
    torn = np.einsum("eij,ej->ei", jump[left] - jump[right], along)
    size = np.abs(jump).max(initial=0.0) * regions.box.size
    held["T13"] = bool(np.abs(torn).max(initial=0.0) <= _CLOSE * max(size, 1e-300))
    if network.outputs == 2:
        det = determinants(jump)
        enclosed, total = boundary_image_area(regions), float((det * regions.area).sum())
        covered = max(float((np.abs(det) * regions.area).sum()), size**2 * 1e-3)
        reach = np.abs(network(cells.points)).max()  # rounding of images is relative to it
        held["T12"] = abs(enclosed - total) <= _CLOSE * covered + 64 * np.finfo(float).eps * reach * size
    if network.folding == (0,):
        layer = network.layers[0]
        held["T1"] = len(regions) <= max_regions(len(layer.bias), biases=bool(layer.bias.any()))
        if regions.general:
            lines, inside, length = lines_in_box(network, regions.box)
            held["T2"] = len(regions) == 1 + lines + inside
            outer = product(network.layers[1:], len(layer.bias))
            jump = abs(1 - layer.negative_slope) * unit_path_norms(layer.weight, outer)
            expected = float((jump * length).sum())
            found = roughness(regions).total_variation
            held["T11"] = abs(found - expected) <= _CLOSE * max(expected, 1e-300)
    return held


def _folds(regions: Regions) -> bool:
    """T10: whether a network of leaky layers of width 2 folds the plane, which is impossible.

    On every region the sign of its determinant is that of the product of its reflections, up to rounding: the product of
    many ill-conditioned layers may be singular in float64.
    """
    layers = regions.network.layers
    if any(layer.weight.shape != (2, 2) or layer.negative_slope <= 0 for layer in layers):
        return False
    maps = regions.affine[0]
    rounding = 1e-12 * (maps**2).sum((1, 2)).max()
    sign = np.prod([np.linalg.det(decompose(layer).reflection) for layer in layers])
    return bool((sign * determinants(maps) < -rounding).any())


def check_decision(plane: DecisionRegions) -> dict[str, bool]:
    """Which of T5, T6 and T7, the limits of width 2, hold for the decision regions of the whole plane; those that apply.

    T5: with leaky layers of width 2 and invertible weights, the region of each class is connected and has no holes.
    T6 (Beise, Da Cruz & Schröder 2021): it is also unbounded, with at most 3 classes or a head without biases.
    T7: with one ReLU layer of width 2 and an invertible weight, it is connected.
    None applies where `plane.complete` is False.
    """
    network = plane.network
    folding, summary = [network.layers[i] for i in network.folding], plane.summary()
    held = {}
    if not (plane.complete and folding) or any(
        layer.weight.shape != (2, 2) for layer in network.layers[: network.folding[-1] + 1]
    ):
        return held
    middle = network.layers[network.folding[0] : network.folding[-1] + 1]
    sound = all(layer.negative_slope >= 0 and np.linalg.matrix_rank(layer.weight) == 2 for layer in middle)
    if len(folding) == 1 and sound:
        held["T7"] = bool((summary.components <= 1).all())
    if sound and all(layer.negative_slope > 0 for layer in middle):
        held["T5"] = bool((summary.components <= 1).all() and not summary.holes.any())
        after = network.layers[network.folding[-1] + 1 :]
        if network.outputs <= 3 or not any(layer.bias.any() for layer in after):
            held["T6"] = not summary.bounded.any()
    return held


def check_scores(
    network: Network, points: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], lines: int = 8
) -> dict[str, bool]:
    """Whether T8 (one hidden layer only) and T9 hold.

    Args:
      network: two inputs, a score per class.
      points: (n, 2), the pairs of T9; the lines of T8 pass through some of them.
      labels: int (n,), their classes.
      lines: number of random lines for T8.
    """
    possible, needed = steepness(network, points, labels)
    held = {"T9": possible >= needed * (1 - _CLOSE)}
    if network.folding == (0,):
        rng = np.random.default_rng(0)
        most = len(network.layers[0].bias) + 1
        angles, classes = rng.uniform(0, np.pi, lines), network.outputs
        starts = points[rng.integers(len(points), size=lines)]
        pairs = [rng.choice(classes, 2, replace=False) for _ in range(lines)]
        held["T8"] = all(
            sign_changes(network, start, np.array([np.cos(angle), np.sin(angle)]), *map(int, pair)) <= most
            for start, angle, pair in zip(starts, angles, pairs, strict=True)
        )
    return held
