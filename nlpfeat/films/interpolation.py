"""Film of the interpolation (1 - τ) x + τ E(x) from input to embedding, with the exact times at which regions fold."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from nlpfeat.films.camera import disc_grid, extent, radius_of, windows
from nlpfeat.films.motion import interpolate
from nlpfeat.films.scene import class_ground
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import linear_regions
from nlpfeat.geometry.warping import determinants, fold_times
from nlpfeat.plotting import plane
from nlpfeat.plotting.style import Theme

END = 0.12  # time added after the embedding is reached, in which decision regions and class vectors fade in
SLOWDOWN = (
    6.0  # of τ at the start relative to the end, because most embeddings are much larger than the input
)
MARKS = {0.0: "input", 0.05: ".05", 0.1: ".1", 0.2: ".2", 0.4: ".4", 1.0: "embedding"}

NOTE = (
    "Every point moves on a straight line from the input x to the embedding E(x): (1-τ) x + τ E(x). Shaded: linear regions near "
    "the data that are turned over at τ. Below: the fraction of the input's box that is turned over, with a tick at each exact τ at "
    "which a region folds (the scale of small τ is enlarged). At the end: the predicted class, and the class vectors."
)


@dataclass(frozen=True)
class InterpolationScene:
    """The interpolation from input to embedding.

    Attributes:
      times: (frames,), from 0, the input, to 1, the embedding, and on to 1 + END.
      points: (n, 2), training points.
      images: (n, 2), their embeddings.
      labels: int (n,).
      grid: (lines, m, 2), curves in the input.
      grid_images: (lines, m, 2), their embeddings.
      jacobians: (regions, 2, 2), of all linear regions in the box.
      near: int (k,), indices of the regions near the data, which are shaded while they are turned over.
      polygons: their corners (corners, 2) each.
      polygon_images: the embeddings of these corners.
      profile: τ (m,), and the fraction of the box by area that is turned over at each.
      turned_fractions: (frames,), that fraction in each frame.
      folds: the exact τ at which regions are flattened, rising.
      head: class vectors and biases.
      windows: (frames,), half the side of the square that is shown.
    """

    times: np.ndarray
    points: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    grid: np.ndarray
    grid_images: np.ndarray
    jacobians: np.ndarray
    near: np.ndarray
    polygons: list[np.ndarray]
    polygon_images: list[np.ndarray]
    profile: tuple[np.ndarray, np.ndarray]
    turned_fractions: np.ndarray
    folds: np.ndarray
    head: Layer
    windows: np.ndarray

    @property
    def frames(self) -> int:
        """One per time."""
        return len(self.times)

    def tau(self, frame: int) -> float:
        """τ in a frame."""
        return float(tau_at(min(1.0, float(self.times[frame]))))

    def turned(self, tau: float) -> np.ndarray:
        """Which regions are turned over at τ, bool (regions,)."""
        return turned(self.jacobians, tau)

    def label(self, frame: int) -> str:
        """τ, the fraction that is turned over, and the time of the first fold."""
        first = f"first fold {self.folds[0]:.4f}" if len(self.folds) else "never folds"
        return f"τ = {self.tau(frame):.3f}  turned {self.turned_fractions[frame]:4.0%}  {first}"

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """Points, grid and turned regions at τ, and the fold times."""
        tau, window = self.tau(frame), float(self.windows[frame])
        fade = float(np.clip((self.times[frame] - 1) / END, 0, 1))
        plane.plot_frame(ax, window, theme)
        if fade:
            plane.plot_ground(ax, *class_ground(self.head, window), theme, fade)
        over = np.flatnonzero(self.turned(tau)[self.near])
        plane.plot_turned(
            ax, [interpolate(self.polygons[i], self.polygon_images[i], tau) for i in over], theme
        )
        plane.plot_lines(ax, interpolate(self.grid, self.grid_images, tau), theme.muted, alpha=0.55)
        plane.plot_dots(ax, interpolate(self.points, self.images, tau), self.labels, theme)
        if fade:
            longest = float(np.linalg.norm(self.head.weight, axis=1).max())
            plane.plot_arrows(ax, self.head.weight, longest, window, theme, fade)
        self._draw_times(strip, frame, theme)

    def _draw_times(self, strip: Axes, frame: int, theme: Theme) -> None:
        taus, fractions = self.profile
        top = max(0.05, float(fractions.max()))
        plane.plot_strip(strip, theme, xlim=(0, float(self.times[-1])), ylim=(-0.25 * top, 1.1 * top))
        strip.fill_between(time_at(taus), fractions, color=theme.muted, alpha=0.45, lw=0)
        width = 0.6 if len(self.folds) > 60 else 1.5
        strip.vlines(time_at(self.folds), -0.25 * top, 0, color=theme.ink, lw=width, alpha=0.8)
        strip.set_xticks(time_at(list(MARKS)), list(MARKS.values()))
        strip.get_xticklabels()[0].set_horizontalalignment("left")
        strip.set_yticks(*([0, top], ["0", f"{top:.0%}"]) if fractions.any() else ([0], ["0"]))
        plane.plot_cursor(strip, float(self.times[frame]), theme)


def turned(jacobians: np.ndarray, tau: float) -> np.ndarray:
    """Which regions are turned over at τ, bool (regions,), by the Jacobians (regions, 2, 2) of the embedding."""
    return determinants((1 - tau) * np.eye(2) + tau * jacobians) < 0


def tau_at(time: ArrayLike) -> np.ndarray:
    """τ at times from 0 to 1, slow at first: the same for all networks, so that panels can be compared."""
    time = np.asarray(time)
    return np.asarray(time / (time + (1 - time) * SLOWDOWN))


def time_at(tau: ArrayLike) -> np.ndarray:
    """The inverse of `tau_at`."""
    tau = np.asarray(tau)
    return np.asarray(tau * SLOWDOWN / (1 - tau + tau * SLOWDOWN))


def interpolation_scene(
    network: Network,
    points: Float[np.ndarray, "n 2"],
    labels: Int[np.ndarray, " n"],
    frames: int,
    window: float,
) -> InterpolationScene:
    """The scene of one network with a 2-D embedding.

    Args:
      network: 2 → … → 2 → classes, its last layer the head.
      points: training points.
      labels: their classes.
      frames: number of frames; the first is the input, the last the embedding.
      window: half the side of the box whose linear regions are followed.
    """
    embed = network.until(len(network.layers) - 1)
    radius = radius_of(points)
    regions, lines = linear_regions(embed, window), disc_grid(radius)
    (jacobians, offsets), polygons = regions.affine, regions.polygons()
    near = np.array([i for i, p in enumerate(polygons) if np.linalg.norm(p.mean(0)) < radius], int)
    shown = [polygons[i] for i in near]
    mapped = [polygons[i] @ jacobians[i].T + offsets[i] for i in near]
    images, moved = embed(points), embed(lines.reshape(-1, 2)).reshape(lines.shape)
    times = np.linspace(0, 1 + END, frames)
    taus = tau_at(np.minimum(times, 1))
    before, after = np.concatenate([points, *lines, *shown]), np.concatenate([images, *moved, *mapped])
    reach = np.array([extent(interpolate(before, after, tau)) for tau in taus])
    folds = fold_times(jacobians)
    profile_taus = tau_at(np.linspace(0, 1, 401))

    def turned_fraction(tau: float) -> float:
        return float(regions.area[turned(jacobians, tau)].sum() / regions.area.sum())

    return InterpolationScene(
        times=times,
        points=points,
        images=images,
        labels=labels,
        grid=lines,
        grid_images=moved,
        jacobians=jacobians,
        near=near,
        polygons=shown,
        polygon_images=mapped,
        profile=(profile_taus, np.array([turned_fraction(tau) for tau in profile_taus])),
        turned_fractions=np.array([turned_fraction(tau) for tau in taus]),
        folds=np.sort(folds[~np.isnan(folds)]),
        head=network.layers[-1],
        windows=windows(reach, calm=frames // 50),
    )
