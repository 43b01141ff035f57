"""Theorems that hold for every network, checked on what was measured of one.

What a check needs beside the measures it derives anew: line equations, the image of the box's boundary, ….

T1, T2, T11 need one hidden layer; the others hold for any depth. A measure that breaks one is wrong.
"""

from math import comb

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.geometry.complex import BOX, Box, inner
from nlpfeat.geometry.decision import DecisionRegions
from nlpfeat.geometry.decomposition import decompose
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.norms import product, spectral_product
from nlpfeat.geometry.regions import Regions
from nlpfeat.geometry.warping import determinants, roughness

_CLOSE = 1e-9  # relative: sums of thousands of roundings


def most_regions(units: int, *, biases: bool = True) -> int:
    """T1: at most 1 + n + n(n-1)/2 regions of n lines, or 2n of n lines through one point (Steiner 1826)."""
    return 1 + units + comb(units, 2) if biases else max(1, 2 * units)


def most_regions_deep(widths: tuple[int, ...]) -> int:
    """T4: the product of T1 over the layers, at most: each layer cuts each region of those before by its lines."""
    return int(np.prod([most_regions(width) for width in widths], dtype=object))


def lines_in_box(network: Network, bounds: Box) -> tuple[int, int, Float[np.ndarray, " units"]]:
    """T2: of the lines of a first layer, how many cross a box; in how many points inside; their lengths in it.

    Straight from the equations w·x + b = 0, for lines in general position.
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
    """T12: the signed area that the image of the box's boundary encloses, seen from a point of that image."""
    cells = regions.cells
    rim = (cells.sides == BOX).any(1)
    ends = np.where(cells.sides[rim, :1] == BOX, cells.ends[rim][:, ::-1], cells.ends[rim])  # box on the left
    a, b = (regions.network(cells.points[ends[:, k]]) for k in (0, 1))
    a, b = a - a[:1], b - a[:1]  # far from the origin the products of a small image would cancel
    return float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / 2


def sign_changes(network: Network, origin: np.ndarray, direction: np.ndarray, a: int, b: int) -> int:
    """T8: how often s_a - s_b changes sign along a line, for a network with one hidden layer.

    Along the line it is linear between the points where a unit switches; beyond them its slope decides.
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
    signs = np.sign(np.concatenate([ends[:1], gap, ends[1:]]))
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


def own_margins(
    scores: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """The score of each point's own class less the best other one."""
    rival = np.where(np.arange(scores.shape[1]) == labels[:, None], -np.inf, scores).max(1)
    return scores[np.arange(len(labels)), labels] - rival


def steepness(
    network: Network, points: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"]
) -> tuple[float, float]:
    """T9: the two sides √2 Π σ_max(W_l) >= 2γ/δ, the right one largest over pairs of points of two classes.

    γ is the lesser margin of the two for their own classes, where both are positive, and δ their distance.
    """
    margin = own_margins(network(points), labels)
    right = margin > 0
    points, labels, margin = points[right], labels[right], margin[right]
    needed = 0.0
    for k in np.unique(labels):
        mine, others = labels == k, labels > k
        if others.any():
            gap = np.linalg.norm(points[mine][:, None] - points[others][None], axis=2)
            least = np.minimum(margin[mine][:, None], margin[others][None])
            needed = max(needed, float((2 * least / np.maximum(gap, 1e-300)).max()))
    return float(np.sqrt(2)) * spectral_product(network), needed


def check_regions(regions: Regions) -> dict[str, bool]:
    """T1, T2, T3, T4, T10, T11, T12, T13 on the regions of one network, those that apply to it.

    T2 and T11 are stated for lines in general position, and are left out where `regions.general` is False.
    """
    network, cells = regions.network, regions.cells
    folding = [network.layers[i] for i in network.folding]
    area = regions.box.area
    held = {
        "T3": cells.euler == 1 and bool(abs(regions.area.sum() - area) <= _CLOSE * area),
        "T4": len(regions) <= most_regions_deep(tuple(len(layer.bias) for layer in folding)),
        "T10": all(
            np.abs(decompose(layer).weight - layer.weight).max() <= 1e-12 * np.abs(layer.weight).max()
            for layer in network.layers
        )
        and not _turned_over(regions),
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
        reach = np.abs(network(cells.points)).max()  # images are rounded to its last digits
        held["T12"] = abs(enclosed - total) <= _CLOSE * covered + 64 * np.finfo(float).eps * reach * size
    if network.folding == (0,):
        layer = network.layers[0]
        held["T1"] = len(regions) <= most_regions(len(layer.bias), biases=bool(layer.bias.any()))
        if regions.general:
            lines, inside, length = lines_in_box(network, regions.box)
            held["T2"] = len(regions) == 1 + lines + inside
            outer = product(network.layers[1:], len(layer.bias))
            pull = np.linalg.norm(layer.weight, axis=1) * np.linalg.norm(outer, axis=0)
            expected = float((abs(1 - layer.slope) * pull * length).sum())
            found = roughness(regions).total
            held["T11"] = abs(found - expected) <= _CLOSE * max(expected, 1e-300)
    return held


def _turned_over(regions: Regions) -> bool:
    """T10: whether a net of leaky layers of width 2 folds, which it cannot.

    Its determinant keeps the sign that its reflections give it, on every region; beyond rounding, that is: the
    product of many thin layers may be flat in float64.
    """
    layers = regions.network.layers
    if any(layer.weight.shape != (2, 2) or layer.slope <= 0 for layer in layers):
        return False
    maps = regions.affine[0]
    rounding = 1e-12 * (maps**2).sum((1, 2)).max()
    sign = np.prod([np.linalg.det(decompose(layer).reflection) for layer in layers])
    return bool((sign * determinants(maps) < -rounding).any())


def check_decision(plane: DecisionRegions) -> dict[str, bool]:
    """T5, T6, T7: what width 2 cannot do, on the decision regions of the whole plane; those that apply.

    T5: leaky layers of width 2 with invertible weights: each region is connected and without holes. T6 (Beise,
    Da Cruz & Schröder 2021): and unbounded, with at most 3 classes or a head without biases. T7: one ReLU layer
    of width 2 with an invertible weight: connected. None can be said of a plane that is not complete.
    """
    network = plane.network
    folding, summary = [network.layers[i] for i in network.folding], plane.summary()
    held = {}
    if not (plane.complete and folding) or any(
        layer.weight.shape != (2, 2) for layer in network.layers[: network.folding[-1] + 1]
    ):
        return held
    middle = network.layers[network.folding[0] : network.folding[-1] + 1]
    sound = all(layer.slope >= 0 and np.linalg.matrix_rank(layer.weight) == 2 for layer in middle)
    if len(folding) == 1 and sound:
        held["T7"] = bool((summary.components <= 1).all())
    if sound and all(layer.slope > 0 for layer in middle):
        held["T5"] = bool((summary.components <= 1).all() and not summary.holes.any())
        after = network.layers[network.folding[-1] + 1 :]
        if network.outputs <= 3 or not any(layer.bias.any() for layer in after):
            held["T6"] = not summary.bounded.any()
    return held


def check_scores(
    network: Network, points: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], lines: int = 8
) -> dict[str, bool]:
    """T8 on random lines through the points, where there is one hidden layer; T9 on the points."""
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
