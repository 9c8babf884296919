"""Making many geometries at once from arrays of coordinates.

Source of the rules: https://developers.arcgis.com/rest/services-reference/enterprise/geometry-objects/
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from arcgis_export_widgets.model.definition import GeometryType

Geometries = NDArray[np.object_]
Counts = NDArray[np.int64]
_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector, which would check the geometries made so far again and again.

    Making a million points then takes a ninth of the time. Several threads may pause the collector at once; it resumes
    when the last of them is done, if it was running before. Only make geometries inside the block, and never ``yield``:
    the caller would run without a collector.
    """
    global _pauses, _was_on  # noqa: PLW0603  the process has only one collector
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()


def assemble(kind: GeometryType, coordinates: NDArray[np.float64], lengths: Counts, part_counts: Counts) -> Geometries:
    """Make many geometries at once, with the same result as `esri_geometry.to_shapely` one by one.

    Parameters
    ----------
    kind
        Point, multipoint, polyline or polygon.
    coordinates
        One row of x, y (and z) per vertex, ordered by geometry and part.
    lengths
        Number of vertices of each part; points have one part of one vertex.
    part_counts
        Number of parts of each geometry; 0 for a missing geometry.

    Returns
    -------
    numpy.ndarray
        A shapely geometry for each entry of `part_counts`; None for a geometry without vertices.

    Raises
    ------
    shapely.errors.GEOSException, ValueError
        If a part has too few vertices.
    """
    made = np.full(len(part_counts), None, dtype=object)
    owners = np.repeat(np.arange(len(part_counts)), part_counts)
    if kind is GeometryType.POINT:
        made[part_counts > 0] = shapely.points(coordinates)
        return made
    vertex_part = np.repeat(np.arange(len(lengths)), lengths)
    if kind is GeometryType.MULTIPOINT:
        points = shapely.points(coordinates)
        return np.asarray(shapely.multipoints(points, indices=owners[vertex_part], out=made), dtype=object)
    alive = lengths > 0
    if not alive.all():
        renumbered = np.cumsum(alive) - 1
        owners, vertex_part = owners[alive], renumbered[vertex_part]
    if kind is GeometryType.POLYLINE:
        lines = shapely.linestrings(coordinates, indices=vertex_part)
        return _collected(lines, owners, made, shapely.multilinestrings)
    return _polygons(shapely.linearrings(coordinates, indices=vertex_part), owners, made)


def _collected(parts: Geometries, owners: Counts, made: Geometries, collect: Callable[..., Geometries]) -> Geometries:
    """Combine the parts of each geometry: one gives a single geometry (such as Point), several a multi-part one."""
    counts = np.bincount(owners, minlength=len(made))
    single = counts[owners] == 1
    made[owners[single]] = parts[single]
    if not single.all():
        collect(parts[~single], indices=owners[~single], out=made)
    return made


def _polygons(rings: Geometries, owners: Counts, made: Geometries) -> Geometries:
    """Make polygons of rings: clockwise rings are shells; each other ring is a hole in the shell around it."""
    is_hole = shapely.is_ccw(rings)
    counts = np.bincount(owners, minlength=len(made))
    is_hole &= counts[owners] > 1  # a single ring is a shell whichever way it runs
    with_holes = np.zeros(len(made), dtype=bool)
    with_holes[owners[is_hole]] = True
    plain = ~with_holes[owners]
    _collected(shapely.polygons(rings[plain]), owners[plain], made, shapely.multipolygons)
    if not with_holes.any():
        return made
    simple = _of_one_shell(rings, owners, is_hole, with_holes)
    chosen = np.flatnonzero(simple[owners])
    if len(chosen):
        chosen = chosen[np.lexsort((is_hole[chosen], owners[chosen]))]  # the shell first
        shapely.polygons(rings[chosen], indices=owners[chosen], out=made)
    for index in np.flatnonzero(with_holes & ~simple):
        first, last = np.searchsorted(owners, [index, index + 1])
        made[index] = polygon_of(list(rings[first:last]))
    return made


def _of_one_shell(
    rings: Geometries, owners: Counts, is_hole: NDArray[np.bool_], with_holes: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Mask of the geometries that have exactly one shell, with all holes inside that shell."""
    shells = np.flatnonzero(~is_hole & with_holes[owners])
    simple: NDArray[np.bool_] = with_holes & (np.bincount(owners[shells], minlength=len(with_holes)) == 1)
    shell_of = np.zeros(len(with_holes), dtype=np.int64)
    shell_of[owners[shells]] = shells
    holes = np.flatnonzero(is_hole & simple[owners])
    inside = shapely.point_on_surface(shapely.polygons(rings[holes]))
    around = shapely.contains(shapely.polygons(rings[shell_of[owners[holes]]]), inside)
    simple[owners[holes[~around]]] = False
    return simple


def polygon_of(rings: Sequence[shapely.LinearRing]) -> BaseGeometry | None:
    """Make one geometry, a polygon or multipolygon, of its rings; None if there are no rings.

    Clockwise rings are shells; the others are holes in the smallest shell around them. A single ring is a shell
    whichever way it runs.
    """
    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    shells = [shapely.Polygon(ring) for ring in rings if not shapely.is_ccw(ring)]
    holes: list[list[shapely.LinearRing]] = [[] for _ in shells]
    for ring in (ring for ring in rings if shapely.is_ccw(ring)):
        inside = shapely.Polygon(ring).representative_point()
        around = [i for i, shell in enumerate(shells) if shell.contains(inside)]
        if around:
            holes[min(around, key=lambda i: shells[i].area)].append(ring)
        else:  # a hole outside every shell is a shell with the wrong direction
            shells.append(shapely.Polygon(ring))
            holes.append([])
    parts = [shapely.Polygon(shell.exterior, cut) for shell, cut in zip(shells, holes, strict=True)]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
