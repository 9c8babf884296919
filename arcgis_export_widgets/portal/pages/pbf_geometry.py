"""Decoding the geometries of a PBF response (delta-encoded integers on a grid) into arrays of shapely geometries.

Source: https://github.com/Esri/arcgis-pbf (FeatureCollection.proto). The first vertex of a part is absolute; the others
have x and y as differences from the vertex before, but absolute z and m.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arcgis_export_widgets.model.definition import GeometryType
from arcgis_export_widgets.portal.pages import wire
from arcgis_export_widgets.portal.pages.assemble import Geometries, assemble
from arcgis_export_widgets.portal.pages.wire import Bytes, Positions, WireError

_POINT = 0
_KINDS = dict(enumerate((GeometryType.POINT, GeometryType.MULTIPOINT, GeometryType.POLYLINE, GeometryType.POLYGON)))
# a coarser grid rounds more than layers do: 1 mm, and 1 mm at the equator in degrees
_COARSE_UNITS, _COARSE_DEGREES = 1e-3, 1e-8
_KEY_LENGTHS, _KEY_COORDINATES, _KEY_TYPE = 0x12, 0x1A, 0x08


@dataclass(frozen=True)
class Transform:
    """Converts grid cells to coordinates: ``x = column * scale + translate``; rows are counted downwards."""

    scale: tuple[float, float, float]
    """Scales of x, y and z."""
    translate: tuple[float, float, float]
    upper_left: bool = True

    @classmethod
    def read(cls, content: bytes, start: int, end: int) -> Transform:
        """Read a Transform message; note that m is its third number and z its fourth."""
        numbers = {2: [1.0, 1.0, 1.0, 1.0], 3: [0.0, 0.0, 0.0, 0.0]}
        upper_left = True
        for number, kind, first, last in wire.entries(content, start, end):
            if number == 1 and kind == wire.VARINT:
                upper_left = wire.varint_at(content, first)[0] == 0
            elif number in numbers:
                for axis, axis_kind, at, _ in wire.entries(content, first, last):
                    if axis_kind == wire.FIXED64 and 1 <= axis <= 4:  # noqa: PLR2004
                        numbers[number][axis - 1] = struct.unpack_from("<d", content, at)[0]
        (sx, sy, _, sz), (tx, ty, _, tz) = numbers[2], numbers[3]
        return cls((sx, sy, sz), (tx, ty, tz), upper_left)

    def is_coarse(self, *, is_geographic: bool) -> bool:
        """Whether coordinates on this grid are less precise than a layer stores them."""
        return max(self.scale[:2]) > (_COARSE_DEGREES if is_geographic else _COARSE_UNITS)

    def apply(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Coordinates of grid cells, given as column, row (and height)."""
        signs = np.array([1.0, -1.0 if self.upper_left else 1.0, 1.0])[: cells.shape[1]]
        scale, translate = np.array(self.scale)[: cells.shape[1]], np.array(self.translate)[: cells.shape[1]]
        placed: NDArray[np.float64] = cells * (scale * signs) + translate
        # rounding removes floating-point noise beyond the grid: 47.545163299 comes out as ...32990000002
        return np.round(placed, 2 - math.floor(math.log10(min(self.scale[:2]))))


def read_geometries(
    data: Bytes,
    starts: Positions,
    ends: Positions,
    *,
    geometry_type: int,
    transform: Transform,
    dimensions: int,
    has_z: bool,
) -> Geometries:
    """Make the geometries of many Geometry messages; None for a message without coordinates.

    Parameters
    ----------
    starts, ends
        Where each message begins and ends in `data`.
    geometry_type
        0 point, 1 multipoint, 2 polyline, 3 polygon.
    dimensions
        Number of values per vertex: 2, plus 1 if there is z, plus 1 if there is m.

    Raises
    ------
    WireError
        If the messages are malformed.
    """
    lengths, length_counts, coordinate_starts = _read_lengths(data, starts, ends)
    sizes, bodies = _packed(data, coordinate_starts, ends, _KEY_COORDINATES)
    numbers = wire.unfold(wire.read_varints(wire.joined(data, bodies, bodies + sizes)))
    if len(numbers) % dimensions:
        raise WireError("coordinates that do not come in tuples")
    cells = numbers.reshape(-1, dimensions)[:, : 3 if has_z else 2]
    if geometry_type == _POINT:
        # most servers omit the single length of a point
        length_counts = (sizes > 0).astype(np.int64)
        lengths = np.ones(int(length_counts.sum()), dtype=np.int64)
    kind = _KINDS.get(geometry_type)
    if kind is None:
        raise WireError(f"geometry type {geometry_type}")
    if int(lengths.sum()) != len(cells):
        raise WireError("parts that do not fit their coordinates")
    coordinates = transform.apply(_summed(cells, lengths))
    return assemble(kind, coordinates, lengths, length_counts)


def _read_lengths(data: Bytes, starts: Positions, ends: Positions) -> tuple[Positions, Positions, Positions]:
    """Return the vertex count of each part, the part count of each geometry, and where the coordinates begin."""
    positions = starts.copy()
    typed = positions < ends
    typed[typed] = data[positions[typed]] == _KEY_TYPE
    positions[typed] += 2  # geometryType, always less than 128
    sizes, bodies = _packed(data, positions, ends, _KEY_LENGTHS)
    content = wire.joined(data, bodies, bodies + sizes)
    per_geometry = np.zeros(len(starts), dtype=np.int64)
    owners = np.repeat(np.arange(len(starts)), sizes)
    np.add.at(per_geometry, owners[content < 128], 1)  # noqa: PLR2004  only the last byte of a number is below 128
    return wire.read_varints(content).astype(np.int64), per_geometry, bodies + sizes


def _packed(data: Bytes, positions: Positions, ends: Positions, key: int) -> tuple[Positions, Positions]:
    """Return size and start of the packed numbers with this `key` at each position; size 0 if there are none."""
    sizes = np.zeros(len(positions), dtype=np.int64)
    bodies = positions.copy()
    present = positions < ends
    present[present] = data[positions[present]] == key
    if present.any():
        found, first = wire.varints_at(data, positions[present] + 1)
        sizes[present], bodies[present] = found.astype(np.int64), first
    if (bodies + sizes > ends).any():
        raise WireError("a geometry ends too early")
    return sizes, bodies


def _summed(cells: NDArray[np.int64], lengths: Positions) -> NDArray[np.int64]:
    """Sum up the differences of x and y within each part, which gives the absolute grid cell of each vertex."""
    summed = cells.copy()
    totals = np.cumsum(cells[:, :2], axis=0)
    filled = lengths[lengths > 0]
    first = np.cumsum(filled) - filled
    before = totals[first] - cells[first, :2]
    summed[:, :2] = totals - np.repeat(before, filled, axis=0)
    return summed
