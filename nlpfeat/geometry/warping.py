"""How a piecewise-linear map of the plane to the plane bends it: stretch, folding, roughness, unwinding."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Network
from nlpfeat.geometry.regions import Regions

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Stretch(NamedTuple):
    """Quantiles by area, at `QUANTILES`, and the largest stretch."""

    log_det: np.ndarray  # (5,) of log|det A|: -inf where the plane is flattened to a line or a point
    condition: np.ndarray  # (5,) of σ1 / σ2: inf there
    lipschitz: float  # max σ1, the exact Lipschitz constant on the box
    flattened: float  # share of the area with det A = 0


class Folding(NamedTuple):
    """How much of the map's image lies on other parts of it."""

    share: float  # 1 - |Σ det(A) a| / Σ |det(A)| a: 0 if no orientation changes, NaN if all is flattened
    mirrored: float  # share of the area with det A < 0


class Roughness(NamedTuple):
    """How far from smooth."""

    total: float  # Σ ‖A₊ - A₋‖_F · length over the edges: total variation of the gradient
    crease: float  # mean of ‖A₊ - A₋‖_F over the edges between regions; 0 if there are none


class Unwinding(NamedTuple):
    """The image of each arm."""

    length: np.ndarray  # (arms,)
    straightness: np.ndarray  # (arms,) chord / length: 1 is a straight line
    turn: (
        np.ndarray
    )  # (arms,) degrees swept from its start to its end, seen from the middle of all; NaN but in 2-D


def quantiles(values: np.ndarray, weights: np.ndarray, levels: tuple[float, ...] = QUANTILES) -> np.ndarray:
    """Weighted quantiles without interpolation (values may be infinite)."""
    return np.quantile(values, levels, weights=weights, method="inverted_cdf")


def singular_values(matrices: Float[np.ndarray, "n d 2"]) -> tuple[np.ndarray, np.ndarray]:
    """σ1 and σ2, each (n,), of matrices with two columns."""
    a, b = matrices[..., 0], matrices[..., 1]
    half_sum = ((a * a).sum(-1) + (b * b).sum(-1)) / 2
    spread = np.hypot(((a * a).sum(-1) - (b * b).sum(-1)) / 2, (a * b).sum(-1))
    largest = np.sqrt(half_sum + spread)
    area = np.sqrt(np.maximum((a * a).sum(-1) * (b * b).sum(-1) - (a * b).sum(-1) ** 2, 0.0))
    if matrices.shape[-2] == 2:
        area = np.abs(determinants(matrices))  # without the cancellation
    return largest, np.divide(area, largest, out=np.zeros_like(area), where=largest > 0)


def determinants(matrices: Float[np.ndarray, "n out in"]) -> Float[np.ndarray, " n"]:
    """det, exactly 0 where it is 0 to rounding.

    Raises:
      ValueError: for maps to anything but the plane.
    """
    if matrices.shape[-2:] != (2, 2):
        raise ValueError(
            f"a map to {matrices.shape[-2]} dimensions has no determinant: measure a 2-D embedding"
        )
    plus = matrices[..., 0, 0] * matrices[..., 1, 1]
    minus = matrices[..., 0, 1] * matrices[..., 1, 0]
    det = plus - minus
    return np.where(np.abs(det) <= 1e-13 * (np.abs(plus) + np.abs(minus)), 0.0, det)


def stretch(regions: Regions) -> Stretch:
    """How much the map stretches, by area."""
    first, second = singular_values(regions.affine[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        log_det = np.log(first) + np.log(second)
        condition = np.where(second > 0, first / second, np.inf)
    area = regions.area
    flat = float(area[second == 0].sum() / area.sum())
    return Stretch(quantiles(log_det, area), quantiles(condition, area), float(first.max()), flat)


def folding(regions: Regions) -> Folding:
    """How much the map folds the plane over."""
    det, area = determinants(regions.affine[0]), regions.area
    covered = float((np.abs(det) * area).sum())
    index = 1 - abs(float((det * area).sum())) / covered if covered > 0 else np.nan
    return Folding(index, float(area[det < 0].sum() / area.sum()))


def roughness(regions: Regions) -> Roughness:
    """How far the map is from smooth."""
    jump, length = regions.creases()
    return Roughness(float((jump * length).sum()), float(jump.mean()) if len(jump) else 0.0)


def unwinding(network: Network, arms: Float[np.ndarray, "arms n 2"]) -> Unwinding:
    """Length, straightness and turn of the images of curves, each given by points along it."""
    images = network(arms.reshape(-1, 2)).reshape(*arms.shape[:2], -1)
    length = np.linalg.norm(np.diff(images, axis=1), axis=2).sum(1)
    chord = np.linalg.norm(images[:, -1] - images[:, 0], axis=1)
    straight = np.divide(chord, length, out=np.full(len(arms), np.nan), where=length > 0)
    turn = np.full(len(arms), np.nan)
    if network.outputs == 2:
        seen = images - images.mean((0, 1))
        angle = np.unwrap(np.arctan2(seen[..., 1], seen[..., 0]), axis=1)
        turn = np.where(length > 0, np.degrees(np.abs(angle[:, -1] - angle[:, 0])), np.nan)
    return Unwinding(length, straight, turn)


def linearity(points: Float[np.ndarray, "n 2"], images: Float[np.ndarray, "n d"]) -> float:
    """The share of the images' variance that the best affine map of the points explains: 1 for an affine map."""
    x, y = points - points.mean(0), images - images.mean(0)
    total = float((y**2).sum())
    if total == 0:
        return np.nan
    fit, *_ = np.linalg.lstsq(x, y)
    return 1 - float(((y - x @ fit) ** 2).sum()) / total


def fold_times(jacobians: Float[np.ndarray, "n 2 2"]) -> Float[np.ndarray, "n 2"]:
    """The times τ in (0, 1) at which (1 - τ) x + τ E(x) flattens each region: it is turned over in between.

    Roots of det((1 - τ) I + τ A) = (1 - τ)² + τ (1 - τ) tr A + τ² det A, rising; NaN where there are none.
    """
    det, trace = determinants(jacobians), np.trace(jacobians, axis1=1, axis2=2)
    # with τ = u / (1 + u), u > 0, the roots are those of det A u² + tr A u + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.where(trace**2 >= 4 * det, trace**2 - 4 * det, np.nan))
        q = -(trace + np.copysign(root, trace)) / 2
        u = np.stack([np.where(det != 0, q / det, np.nan), 1 / q], 1)
        u = np.where((u > 0) & np.isfinite(u), u, np.nan)
        return np.sort(u / (1 + u), axis=1)
