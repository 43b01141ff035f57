"""Linear regions for other tools: a labelled array, or GeoJSON."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nlpfeat.geometry.regions import Regions


def to_xarray(regions: "Regions") -> Any:
    """An xarray Dataset: areas, centroids, maps and patterns by region; ends, sides and units by edge; vertices.

    `side` is -1 outside the box, and `unit` is -1 on it. `dataset.to_netcdf(...)` writes it.
    """
    import xarray as xr

    slopes, offsets = regions.affine
    cells = regions.cells
    return xr.Dataset(
        {
            "area": ("region", regions.area),
            "centroid": (("region", "axis"), regions.centroid),
            "slope": (("region", "output", "axis"), slopes),
            "offset": (("region", "output"), offsets),
            "on": (("region", "unit"), regions.patterns()),
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


def to_geojson(regions: "Regions") -> dict[str, Any]:
    """A GeoJSON FeatureCollection of plain Python values: a polygon a region, with its area, map and units on."""
    slopes, offsets = regions.affine
    patterns = regions.patterns()
    features = [
        {
            "type": "Feature",
            "id": place,
            "geometry": {"type": "Polygon", "coordinates": [[*corners.tolist(), corners[0].tolist()]]},
            "properties": {
                "area": float(area),
                "slope": slope.tolist(),
                "offset": offset.tolist(),
                "on": np.flatnonzero(on).tolist(),
            },
        }
        for place, (corners, area, slope, offset, on) in enumerate(
            zip(regions.polygons(), regions.area, slopes, offsets, patterns, strict=True)
        )
    ]
    return {"type": "FeatureCollection", "features": features}
