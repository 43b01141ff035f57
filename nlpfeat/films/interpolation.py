"""Interpolation film: (1 - τ) x + τ E(x) of a trained net, with the exact times at which its regions fold over."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from nlpfeat.films.camera import disc_grid, extent, radius_of, windows
from nlpfeat.films.motion import interpolate
from nlpfeat.films.scene import Member, owned
from nlpfeat.geometry.network import Layer
from nlpfeat.geometry.regions import linear_regions
from nlpfeat.geometry.warping import determinants, fold_times
from nlpfeat.plotting.plane import (
    plot_arrows,
    plot_cursor,
    plot_dots,
    plot_frame,
    plot_ground,
    plot_lines,
    plot_strip,
    plot_turned,
)
from nlpfeat.plotting.style import Theme

HOLD = 0.12  # of the way, added at the end: there the ground and the class vectors of the embedding fade in
PACE = 6.0  # how many times as slow as at its end a film begins: most embeddings are so much larger than the input
MARKS = {0.0: "input", 0.05: ".05", 0.1: ".1", 0.2: ".2", 0.4: ".4", 1.0: "embedding"}

NOTE = (
    "Every point goes straight from the input x to the embedding E(x): (1-τ) x + τ E(x). Shaded pieces: linear regions "
    "among the data that lie turned over now. Below: the share of the input's box that is turned over, and a tick at each exact τ at "
    "which a region folds (small τ are given more room). At the end: the class that wins, and the class vectors."
)


@dataclass(frozen=True)
class Interpolation:
    """The way from the input to the embedding."""

    times: np.ndarray  # (frames,) from 0, the input, to 1, the embedding, and on to 1 + HOLD
    points: np.ndarray  # (n, 2)
    images: np.ndarray  # (n, 2)
    labels: np.ndarray  # (n,)
    grid: np.ndarray  # (lines, m, 2)
    grid_images: np.ndarray  # (lines, m, 2)
    jacobians: np.ndarray  # (regions, 2, 2), of all linear regions in the box
    near: np.ndarray  # (pieces,) those among the data, and not out in the corners of the box …
    pieces: list[np.ndarray]  # … their polygons (corners, 2) …
    piece_images: list[np.ndarray]  # … and the images of these
    turned_share: tuple[
        np.ndarray, np.ndarray
    ]  # τ, and the share of the box by area that is turned over then
    shares: np.ndarray  # (frames,) that same share in each frame
    folds: np.ndarray  # the exact τ at which regions are flattened, rising
    head: Layer
    windows: np.ndarray  # (frames,)

    @property
    def frames(self) -> int:
        """One for each time."""
        return len(self.times)

    def tau(self, frame: int) -> float:
        """τ in a frame."""
        return float(tau_at(min(1.0, float(self.times[frame]))))

    def turned(self, tau: float) -> np.ndarray:
        """Which regions lie turned over at τ, bool (regions,)."""
        return turned(self.jacobians, tau)

    def label(self, frame: int) -> str:
        """τ, what is turned over, and when the first region folds."""
        share = self.shares[frame]
        first = f"first fold {self.folds[0]:.4f}" if len(self.folds) else "never folds"
        return f"τ = {self.tau(frame):.3f}  turned {share:4.0%}  {first}"

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """Points and grid at τ, and the fold times."""
        tau, window = self.tau(frame), float(self.windows[frame])
        arrived = float(np.clip((self.times[frame] - 1) / HOLD, 0, 1))
        plot_frame(ax, window, theme)
        if arrived:
            plot_ground(ax, *owned(self.head, window), theme, arrived)
        over = np.flatnonzero(self.turned(tau)[self.near])
        plot_turned(ax, [interpolate(self.pieces[i], self.piece_images[i], tau) for i in over], theme)
        plot_lines(ax, interpolate(self.grid, self.grid_images, tau), theme.muted, alpha=0.55)
        plot_dots(ax, interpolate(self.points, self.images, tau), self.labels, theme)
        if arrived:
            longest = float(np.linalg.norm(self.head.weight, axis=1).max())
            plot_arrows(ax, self.head.weight, longest, window, theme, arrived)
        self._draw_times(strip, frame, theme)

    def _draw_times(self, strip: Axes, frame: int, theme: Theme) -> None:
        when, share = self.turned_share
        top = max(0.05, float(share.max()))
        plot_strip(strip, theme, xlim=(0, float(self.times[-1])), ylim=(-0.25 * top, 1.1 * top))
        strip.fill_between(time_at(when), share, color=theme.muted, alpha=0.45, lw=0)
        strip.vlines(
            time_at(self.folds),
            -0.25 * top,
            0,
            color=theme.ink,
            lw=0.6 if len(self.folds) > 60 else 1.5,
            alpha=0.8,
        )
        strip.set_xticks(time_at(list(MARKS)), list(MARKS.values()))
        strip.get_xticklabels()[0].set_horizontalalignment("left")
        strip.set_yticks(*([0, top], ["0", f"{top:.0%}"]) if share.any() else ([0], ["0"]))
        plot_cursor(strip, float(self.times[frame]), theme)


def turned(jacobians: np.ndarray, tau: float) -> np.ndarray:
    """Which regions lie turned over at τ, bool (regions,), of the embedding's Jacobians (regions, 2, 2)."""
    return determinants((1 - tau) * np.eye(2) + tau * jacobians) < 0


def tau_at(time: ArrayLike) -> Any:
    """τ at a time from 0 to 1, slow at first: the same for all nets, so that panels can be compared."""
    time = np.asarray(time)
    return time / (time + (1 - time) * PACE)


def time_at(tau: ArrayLike) -> Any:
    """The inverse of `tau_at`."""
    tau = np.asarray(tau)
    return tau * PACE / (1 - tau + tau * PACE)


def film(member: Member, frames: int, window: float) -> Interpolation:
    """The film of one net with a 2-D embedding.

    Args:
      member: the net and its data.
      frames: how many; the first is the input, the last the embedding.
      window: half the side of the box whose linear regions are watched.
    """
    embed, points = member.embedding, member.points
    radius = radius_of(points)
    regions, lines = linear_regions(embed, window), disc_grid(radius)
    (slopes, offsets), polygons = regions.affine, regions.polygons()
    near = np.array([i for i, p in enumerate(polygons) if np.linalg.norm(p.mean(0)) < radius], int)
    pieces = [polygons[i] for i in near]
    mapped = [polygons[i] @ slopes[i].T + offsets[i] for i in near]
    images, moved = embed(points), embed(lines.reshape(-1, 2)).reshape(lines.shape)
    times = np.linspace(0, 1 + HOLD, frames)
    taus = tau_at(np.minimum(times, 1))
    before, after = np.concatenate([points, *lines, *pieces]), np.concatenate([images, *moved, *mapped])
    reach = np.array([extent(interpolate(before, after, tau)) for tau in taus])
    folds = fold_times(slopes)
    when = tau_at(np.linspace(0, 1, 401))

    def turned_share(tau: float) -> float:
        return float(regions.area[turned(slopes, tau)].sum() / regions.area.sum())

    return Interpolation(
        times,
        points,
        images,
        member.labels,
        lines,
        moved,
        slopes,
        near,
        pieces,
        mapped,
        (when, np.array([turned_share(tau) for tau in when])),
        np.array([turned_share(tau) for tau in taus]),
        np.sort(folds[~np.isnan(folds)]),
        member.network.layers[-1],
        windows(reach, calm=frames // 50),
    )
