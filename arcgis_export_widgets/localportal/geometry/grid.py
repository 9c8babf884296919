"""Coordinates on a grid of whole numbers, as ``quantizationParameters`` and PBF answers have them.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/ and the published
FeatureCollection.proto. The first vertex of a part is absolute, each further one the difference to the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from arcgis_export_widgets.localportal.geometry.esri_json import Geometries, Parts, take_apart

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

_VIEW_CELLS = 10_000
_LEAST_POINTS = {"esriGeometryPolyline": 2, "esriGeometryPolygon": 4}
_HEIGHT_SCALE, _HEIGHT_TRANSLATE = 1e-4, -100_000.0


@dataclass(frozen=True)
class Grid:
    """A grid: ``x = column * scale_x + translate_x``, ``y = translate_y -/+ row * scale_y`` from the upper/lower left.

    Parameters
    ----------
    collapse
        Whether neighbouring vertices in the same cell become one and parts too small for a cell vanish.
    """

    scale_x: float
    scale_y: float
    translate_x: float
    translate_y: float
    upper_left: bool = True
    collapse: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the ``transform`` of a JSON answer."""
        return {
            "originPosition": "upperLeft" if self.upper_left else "lowerLeft",
            "scale": [self.scale_x, self.scale_y],
            "translate": [self.translate_x, self.translate_y],
        }

    def place(self, coordinates: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return columns and rows (and heights in tenths of millimetres) of x, y (and z)."""
        columns = (coordinates[:, 0] - self.translate_x) / self.scale_x
        rows = (coordinates[:, 1] - self.translate_y) / self.scale_y
        parts = [columns, -rows if self.upper_left else rows]
        if coordinates.shape[1] > 2:  # noqa: PLR2004
            parts.append((np.nan_to_num(coordinates[:, 2]) - _HEIGHT_TRANSLATE) / _HEIGHT_SCALE)
        return np.rint(np.nan_to_num(np.column_stack(parts), posinf=0, neginf=0)).astype(np.int64)


def finest_grid(crs: CRS | None) -> Grid:
    """Return the grid of an answer for which none was asked, as ArcGIS Online chooses it: 0.1 mm, or 1e-9 degrees."""
    if crs is not None and crs.is_geographic:
        return Grid(1e-9, 1e-9, -400.0, -400.0)
    return Grid(1e-4, 1e-4, -20037700.0, -30241100.0)


def parse_grid(value: Any, crs: CRS | None) -> Grid:
    """Return the grid that ``quantizationParameters`` describe.

    Raises
    ------
    ValueError
        When they cannot be read.
    """
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a value of the caller's, not a type of ours
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


@dataclass(frozen=True)
class GridParts:
    """Many geometries on a grid; as `Parts`, with differences instead of coordinates."""

    differences: NDArray[np.int64]
    part_offsets: NDArray[np.int64]
    geometry_offsets: NDArray[np.int64]
    missing: NDArray[np.bool_]


def to_grid(geometries: Geometries, geometry_type: str, grid: Grid, *, include_z: bool = False) -> GridParts:
    """Return many geometries of one Esri type on `grid`."""
    parts = take_apart(geometries, geometry_type, include_z=include_z)
    cells = grid.place(parts.coordinates)
    part_offsets, geometry_offsets = parts.part_offsets, parts.geometry_offsets
    if grid.collapse and geometry_type in _LEAST_POINTS:
        cells, part_offsets, geometry_offsets = _collapse(cells, parts, _LEAST_POINTS[geometry_type])
    differences = cells.copy()
    differences[1:, :2] -= cells[:-1, :2]
    starts = part_offsets[:-1][np.diff(part_offsets) > 0]
    differences[starts, :2] = cells[starts, :2]
    return GridParts(differences, part_offsets, geometry_offsets, parts.missing)


def _collapse(
    cells: NDArray[np.int64], parts: Parts, least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Drop vertices in the cell of the one before, then parts with fewer than `least` vertices."""
    part_of = np.repeat(np.arange(len(parts.part_offsets) - 1), np.diff(parts.part_offsets))
    keep = np.ones(len(cells), dtype=bool)
    keep[1:] = (cells[1:, :2] != cells[:-1, :2]).any(axis=1) | (part_of[1:] != part_of[:-1])
    counts = np.bincount(part_of[keep], minlength=len(parts.part_offsets) - 1)
    alive = counts >= least
    keep &= alive[part_of]
    geometry_of = np.repeat(np.arange(len(parts.geometry_offsets) - 1), np.diff(parts.geometry_offsets))
    per_geometry = np.bincount(geometry_of[alive], minlength=len(parts.geometry_offsets) - 1)
    zero = np.zeros(1, dtype=np.int64)
    return (
        cells[keep],
        np.concatenate([zero, np.cumsum(counts[alive])]),
        np.concatenate([zero, np.cumsum(per_geometry)]),
    )


def to_grid_json(
    geometries: Geometries, geometry_type: str, grid: Grid, *, include_z: bool = False
) -> list[dict[str, Any] | None]:
    """Return Esri's JSON of each geometry with whole numbers and differences, None for null or vanished ones."""
    parts = to_grid(geometries, geometry_type, grid, include_z=include_z)
    values = parts.differences.tolist()
    bounds, owners = parts.part_offsets.tolist(), parts.geometry_offsets.tolist()
    pieces = [values[bounds[index] : bounds[index + 1]] for index in range(len(bounds) - 1)]
    written: list[dict[str, Any] | None] = []
    key = {"esriGeometryPolyline": "paths", "esriGeometryPolygon": "rings"}.get(geometry_type)
    for index in range(len(owners) - 1):
        own = pieces[owners[index] : owners[index + 1]]
        if parts.missing[index]:
            written.append(None)
        elif key:
            written.append({key: own})
        elif geometry_type == "esriGeometryPoint":
            written.append(dict(zip(("x", "y", "z"), own[0][0], strict=False)))
        else:
            written.append({"points": own[0]})
    return written
