"""Convert coordinates to columns and rows of a grid, for ``quantizationParameters`` and PBF.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/ and the published
FeatureCollection.proto. A part consists of its first vertex and the differences from each vertex to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from arcgis_export_widgets.localportal.geometry.geometry_json import Parts, offsets, split_geometries
from arcgis_export_widgets.localportal.geometry.spatial_reference import Geometries

_VIEW_CELLS = 10_000
_LEAST_POINTS = {"esriGeometryPolyline": 2, "esriGeometryPolygon": 4}
HEIGHT_SCALE, HEIGHT_TRANSLATE = 1e-4, -100_000.0


@dataclass(frozen=True)
class Grid:
    """A grid: x is ``translate_x + column * scale_x``, y is ``translate_y + row * scale_y`` (minus if `upper_left`).

    With `collapse`, consecutive vertices in one cell are merged, and parts left with too few vertices are dropped.
    """

    scale_x: float
    scale_y: float
    translate_x: float
    translate_y: float
    upper_left: bool = True
    collapse: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the grid as the value of ``transform`` in a JSON response."""
        return {
            "originPosition": "upperLeft" if self.upper_left else "lowerLeft",
            "scale": [self.scale_x, self.scale_y],
            "translate": [self.translate_x, self.translate_y],
        }

    def place(self, coordinates: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the column and row of each x, y; a z becomes a number of tenths of a millimetre."""
        columns = (coordinates[:, 0] - self.translate_x) / self.scale_x
        rows = (coordinates[:, 1] - self.translate_y) / self.scale_y
        parts = [columns, -rows if self.upper_left else rows]
        if coordinates.shape[1] > 2:  # noqa: PLR2004
            parts.append((np.nan_to_num(coordinates[:, 2]) - HEIGHT_TRANSLATE) / HEIGHT_SCALE)
        return np.rint(np.nan_to_num(np.column_stack(parts), posinf=0, neginf=0)).astype(np.int64)


def finest_grid(crs: CRS | None) -> Grid:
    """Return the grid that ArcGIS Online uses by default, with cells of 0.1 mm or 1e-9 degrees."""
    if crs is not None and crs.is_geographic:
        return Grid(1e-9, 1e-9, -400.0, -400.0)
    return Grid(1e-4, 1e-4, -20037700.0, -30241100.0)


def parse_grid(value: Any, crs: CRS | None) -> Grid:
    """Return the grid that ``quantizationParameters`` describe."""
    upper_left = str(value.get("originPosition", "upperLeft")).lower().replace("-", "") == "upperleft"
    extent = value.get("extent")
    if not isinstance(extent, dict):
        return replace(finest_grid(crs), upper_left=upper_left)
    xmin, ymin, xmax, ymax = (float(extent[key]) for key in ("xmin", "ymin", "xmax", "ymax"))
    is_view = str(value.get("mode", "view")).lower() != "edit"
    tolerance = float(value.get("tolerance") or 0)
    if not is_view or tolerance <= 0:
        fine = finest_grid(crs).scale_x
        tolerance = max((xmax - xmin) / _VIEW_CELLS, (ymax - ymin) / _VIEW_CELLS, fine) if is_view else fine
    if not np.isfinite([xmin, ymin, xmax, ymax, tolerance]).all():
        raise ValueError("not finite")
    return Grid(tolerance, tolerance, xmin, ymax if upper_left else ymin, upper_left, is_view)


def to_grid(geometries: Geometries, geometry_type: str, grid: Grid, *, include_z: bool = False) -> Parts:
    """Return geometries of one Esri type on `grid`: the first vertex of each part, then the differences."""
    parts = split_geometries(geometries, geometry_type, include_z=include_z)
    parts = replace(parts, coordinates=grid.place(parts.coordinates))
    if grid.collapse and geometry_type in _LEAST_POINTS:
        parts = _collapse(parts, _LEAST_POINTS[geometry_type])
    cells = parts.coordinates
    differences = cells.copy()
    differences[1:, :2] -= cells[:-1, :2]
    starts = parts.part_offsets[:-1][np.diff(parts.part_offsets) > 0]
    differences[starts, :2] = cells[starts, :2]
    return replace(parts, coordinates=differences)


def _collapse(parts: Parts, least: int) -> Parts:
    """Drop each vertex in the same cell as the previous vertex, then parts with fewer than `least` vertices."""
    cells = parts.coordinates
    part_of = np.repeat(np.arange(len(parts.part_offsets) - 1), np.diff(parts.part_offsets))
    keep = np.ones(len(cells), dtype=bool)
    keep[1:] = (cells[1:, :2] != cells[:-1, :2]).any(axis=1) | (part_of[1:] != part_of[:-1])
    counts = np.bincount(part_of[keep], minlength=len(parts.part_offsets) - 1)
    alive = counts >= least
    keep &= alive[part_of]
    geometry_of = np.repeat(np.arange(len(parts.geometry_offsets) - 1), np.diff(parts.geometry_offsets))
    per_geometry = np.bincount(geometry_of[alive], minlength=len(parts.geometry_offsets) - 1)
    return Parts(cells[keep], offsets(counts[alive]), offsets(per_geometry), parts.part_is_hole[alive], parts.missing)
