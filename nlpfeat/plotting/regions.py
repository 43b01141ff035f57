"""The exact linear regions of any network on a box of the plane, which can be listed, exported and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from jaxtyping import PyTree
from matplotlib.axes import Axes

from nlpfeat.geometry.adapters import as_network
from nlpfeat.geometry.decision import DecisionRegions, decision_regions
from nlpfeat.geometry.export import to_geojson, to_xarray
from nlpfeat.geometry.network import slice_plane
from nlpfeat.geometry.regions import Regions, linear_regions
from nlpfeat.plotting.plane import plot_classes, plot_scale
from nlpfeat.plotting.style import STYLE


@dataclass(frozen=True, eq=False, repr=False)
class PlaneRegions(Regions):
    """Linear regions that can be drawn. `len` counts them, `affine` has the map of each, `area` and `centroid` its place."""

    def decision(self) -> DecisionRegions:
        """The regions of the box in which each class has the highest score."""
        return decision_regions(self.network, tuple(self.box))

    def to_xarray(self) -> xr.Dataset:
        """Regions, maps, edges and vertices as one labelled array."""
        return to_xarray(self)

    def to_geojson(self) -> dict[str, PyTree]:
        """Regions and maps as a GeoJSON FeatureCollection of plain Python values."""
        return to_geojson(self)

    def plot(self, ax: Axes | None = None, colour: str = "active") -> Axes:
        """Draw the regions.

        Args:
          ax: where; None for a new figure.
          colour: "active", by the number of active units, the lighter the more; "class", by the predicted class.

        Raises:
          ValueError: for another colour.
        """
        if colour not in ("active", "class"):
            raise ValueError(f"colour: {colour!r} is neither 'active' nor 'class'")
        plt.get_backend()  # or a notebook's, chosen within the context, would end interactive plotting with it
        with plt.style.context(STYLE):
            if ax is None:
                ax = plt.subplots(figsize=(5, 5))[1]
            if colour == "class":
                decision = self.decision()
                plot_classes(ax, decision.polygons(), decision.winner)
            else:
                plot_scale(ax, self.polygons(), self.patterns().sum(1), "viridis")
        # outside of the style, which moves titles to the left, where a title of the reader's own would stand beside it
        ax.set_title(f"{len(self):,} linear region{'s' if len(self) > 1 else ''}")
        return ax


def regions(
    net: object,
    box: float | Sequence[float] = 1.0,
    *,
    plane: tuple[np.ndarray, np.ndarray] | None = None,
) -> PlaneRegions:
    """The exact linear regions of a network on a box of the plane.

        regions = nlpfeat.regions(torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)), 1.0)
        len(regions), regions.area.sum(), regions.affine[0].shape
        regions.plot()

    Args:
      net: a member of a study, a `Sequential` of PyTorch, Equinox or Flax, or arrays: see `nlpfeat.geometry.adapters.as_network`.
      box: (left, bottom, right, top), or r for [-r, r]².
      plane: of a network with more than two inputs, (origin, two directions): the plane on which it is examined, see
        `nlpfeat.geometry.network.slice_plane`.

    Raises:
      ValueError: for a layer that is neither dense nor a (leaky) ReLU, for another number of inputs without a plane, and for an
        invalid box.
      UserError: for a member whose network is not piecewise linear.
    """
    network = as_network(net)
    if plane is not None:
        if len(plane) != 2:
            raise ValueError("plane: give (origin, two directions), as in (np.zeros(3), np.eye(3)[:2])")
        network = slice_plane(network, *plane)
    found = linear_regions(network, box)
    return PlaneRegions(found.network, found.box, found.cells, found.coincidences, found.unclear)
