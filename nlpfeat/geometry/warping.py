"""How a piecewise-linear map from the plane warps it: singular values, folding, roughness, curves, fold times."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Network
from nlpfeat.geometry.regions import Regions

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class JacobianStatistics(NamedTuple):
    """Statistics of the singular values σ1 >= σ2 of the map's Jacobians, weighted by area."""

    log_det: np.ndarray  # (5,) quantiles of log(σ1 σ2), at QUANTILES; -inf where the map has rank below 2
    condition: np.ndarray  # (5,) quantiles of σ1 / σ2; inf where the map has rank below 2
    lipschitz: float  # max σ1, the exact Lipschitz constant on the box
    flattened: float  # fraction of the area where the map has rank below 2


class Folding(NamedTuple):
    """How much of the image is covered with both orientations."""

    fold_index: float  # 1 - |Σ det(A) a| / Σ |det(A)| a: 0 if orientation is the same everywhere; NaN if all is flattened
    mirrored: float  # fraction of the area with det A < 0


class Roughness(NamedTuple):
    """How far the map is from being differentiable: the jumps ‖A₊ - A₋‖_F of its gradient."""

    total_variation: float  # of the gradient: Σ jump · length over the edges between regions
    mean_jump: float  # over the edges between regions; 0 if there are none


class CurveShapes(NamedTuple):
    """Shapes of the images of curves."""

    length: np.ndarray  # (curves,)
    straightness: np.ndarray  # (curves,) chord / length: 1 is a straight line
    winding_angle: (
        np.ndarray
    )  # (curves,) degrees from start to end, seen from the mean of all images; NaN except in 2-D


def quantiles(values: np.ndarray, weights: np.ndarray, levels: tuple[float, ...] = QUANTILES) -> np.ndarray:
    """Weighted quantiles without interpolation, as values may be infinite.

    Args:
      values, weights: (n,) each.
      levels: between 0 and 1.
    """
    return np.quantile(values, levels, weights=weights, method="inverted_cdf")


def singular_values(matrices: Float[np.ndarray, "n d 2"]) -> tuple[np.ndarray, np.ndarray]:
    """σ1 and σ2, each (n,), of matrices with two columns, in closed form."""
    a, b = matrices[..., 0], matrices[..., 1]
    half_sum = ((a * a).sum(-1) + (b * b).sum(-1)) / 2
    half_difference = np.hypot(((a * a).sum(-1) - (b * b).sum(-1)) / 2, (a * b).sum(-1))
    largest = np.sqrt(half_sum + half_difference)
    area = np.sqrt(np.maximum((a * a).sum(-1) * (b * b).sum(-1) - (a * b).sum(-1) ** 2, 0.0))
    if matrices.shape[-2] == 2:
        area = np.abs(determinants(matrices))  # without the cancellation
    return largest, np.divide(area, largest, out=np.zeros_like(area), where=largest > 0)


def determinants(matrices: Float[np.ndarray, "n out in"]) -> Float[np.ndarray, " n"]:
    """Determinants, exactly 0 where they are 0 up to rounding.

    Raises:
      ValueError: for matrices that are not 2 × 2.
    """
    if matrices.shape[-2:] != (2, 2):
        raise ValueError(
            f"a map to {matrices.shape[-2]} dimensions has no determinant: measure a 2-D embedding"
        )
    plus = matrices[..., 0, 0] * matrices[..., 1, 1]
    minus = matrices[..., 0, 1] * matrices[..., 1, 0]
    det = plus - minus
    return np.where(np.abs(det) <= 1e-13 * (np.abs(plus) + np.abs(minus)), 0.0, det)


def jacobian_statistics(regions: Regions) -> JacobianStatistics:
    """Statistics of the singular values of the map's Jacobians, by area."""
    first, second = singular_values(regions.affine[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        log_det = np.log(first) + np.log(second)
        condition = np.where(second > 0, first / second, np.inf)
    area = regions.area
    flat = float(area[second == 0].sum() / area.sum())
    return JacobianStatistics(quantiles(log_det, area), quantiles(condition, area), float(first.max()), flat)


def folding(regions: Regions) -> Folding:
    """How much the map folds the plane over.

    Raises:
      ValueError: for maps that are not to the plane.
    """
    det, area = determinants(regions.affine[0]), regions.area
    covered = float((np.abs(det) * area).sum())
    index = 1 - abs(float((det * area).sum())) / covered if covered > 0 else np.nan
    return Folding(index, float(area[det < 0].sum() / area.sum()))


def roughness(regions: Regions) -> Roughness:
    """The jumps of the map's gradient across the edges between regions."""
    jump, length = regions.gradient_jumps()
    return Roughness(float((jump * length).sum()), float(jump.mean()) if len(jump) else 0.0)


def curve_shapes(network: Network, curves: Float[np.ndarray, "curves n 2"]) -> CurveShapes:
    """Length, straightness and winding angle of the images of curves, each given by n points along it."""
    images = network(curves.reshape(-1, 2)).reshape(*curves.shape[:2], -1)
    length = np.linalg.norm(np.diff(images, axis=1), axis=2).sum(1)
    chord = np.linalg.norm(images[:, -1] - images[:, 0], axis=1)
    straightness = np.divide(chord, length, out=np.full(len(curves), np.nan), where=length > 0)
    winding = np.full(len(curves), np.nan)
    if network.outputs == 2:
        seen = images - images.mean((0, 1))
        angle = np.unwrap(np.arctan2(seen[..., 1], seen[..., 0]), axis=1)
        winding = np.where(length > 0, np.degrees(np.abs(angle[:, -1] - angle[:, 0])), np.nan)
    return CurveShapes(length, straightness, winding)


def linearity(points: Float[np.ndarray, "n 2"], images: Float[np.ndarray, "n d"]) -> float:
    """The fraction of the images' variance explained by the best affine map of the points: 1 for an affine map."""
    x, y = points - points.mean(0), images - images.mean(0)
    total = float((y**2).sum())
    if total == 0:
        return np.nan
    fit, *_ = np.linalg.lstsq(x, y)
    return 1 - float(((y - x @ fit) ** 2).sum()) / total


def fold_times(jacobians: Float[np.ndarray, "n 2 2"]) -> Float[np.ndarray, "n 2"]:
    """The times τ in (0, 1) at which the interpolation (1 - τ) x + τ E(x) flattens each region.

    Between its two times a region is turned over. They are the roots of
    det((1 - τ) I + τ A) = (1 - τ)² + τ (1 - τ) tr A + τ² det A, rising; NaN for roots that do not exist.
    """
    det, trace = determinants(jacobians), np.trace(jacobians, axis1=1, axis2=2)
    # with τ = u / (1 + u), u > 0, the roots are those of det A u² + tr A u + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.where(trace**2 >= 4 * det, trace**2 - 4 * det, np.nan))
        q = -(trace + np.copysign(root, trace)) / 2
        u = np.stack([np.where(det != 0, q / det, np.nan), 1 / q], 1)
        u = np.where((u > 0) & np.isfinite(u), u, np.nan)
        return np.sort(u / (1 + u), axis=1)
