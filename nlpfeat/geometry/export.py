"""Linear regions for other tools: a labelled array, or GeoJSON."""

import numpy as np
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.geometry.regions import Regions


def to_xarray(regions: Regions) -> xr.Dataset:
    """The regions as one Dataset, which `dataset.to_netcdf(...)` writes.

    Per region: area, centroid, the affine map (jacobian, offset) and the active units; per edge: its ends, the regions on
    its sides (-1 outside the box) and its unit (-1 on the box); and the vertices.
    """
    jacobians, offsets = regions.affine
    cells = regions.cells
    return xr.Dataset(
        {
            "area": ("region", regions.area),
            "centroid": (("region", "axis"), regions.centroid),
            "jacobian": (("region", "output", "axis"), jacobians),
            "offset": (("region", "output"), offsets),
            "active": (("region", "unit"), regions.patterns()),
            "vertex_at": (("vertex", "axis"), cells.points),
            "edge_ends": (("edge", "end"), cells.ends),
            "edge_side": (("edge", "side"), cells.sides),
            "edge_unit": ("edge", cells.tags),
        },
        {"axis": ["x", "y"], "end": ["from", "to"], "side": ["left", "right"]},
        {
            "box": list(regions.box),
            "coincidences": regions.coincidences,
            "unclear": regions.unclear,
            "slivers": regions.slivers,
        },
    )


def to_geojson(regions: Regions) -> dict[str, PyTree]:
    """The regions as a GeoJSON FeatureCollection of plain Python values.

    Each region is a polygon with its area, its affine map (jacobian, offset) and the indices of its active units.
    """
    jacobians, offsets = regions.affine
    features = [
        {
            "type": "Feature",
            "id": number,
            "geometry": {"type": "Polygon", "coordinates": [[*corners.tolist(), corners[0].tolist()]]},
            "properties": {
                "area": float(area),
                "jacobian": jacobian.tolist(),
                "offset": offset.tolist(),
                "active": np.flatnonzero(active).tolist(),
            },
        }
        for number, (corners, area, jacobian, offset, active) in enumerate(
            zip(regions.polygons(), regions.area, jacobians, offsets, regions.patterns(), strict=True)
        )
    ]
    return {"type": "FeatureCollection", "features": features}
