"""A picture of many features: as large as the screen, however large the layer. Runs in workers."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from arcgis_export_widgets.portal import Envelope, FeatureLayer
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.portal.pages.reader import PageReader
from arcgis_export_widgets.preview.antimeridian import turned_parts
from arcgis_export_widgets.preview.partitions import parts
from arcgis_export_widgets.preview.viewport import Viewport, mercator
from arcgis_export_widgets.where.sql import EVERYTHING

BUDGET_S = 1.2
"""How long features are fetched for one picture."""
_STEP_S = 0.4
"""How long until what came so far is shown."""
_AT_ONCE = 4
_MOST_PIXELS = 2048
_SKETCH = 2000  # features: enough to tell where the many are, and one answer of nearly every server
_LARGEST_PAGE = 8000  # larger ones come too late for the budget
_POINT, _LINE, _OUTLINE, _FILL = 170, 220, 150, 60
_POINTS, _LINES, _POLYGONS = (0, 4), (1, 2, 5), (3, 6)  # shapely's type ids, of one and of many


@dataclass(frozen=True, eq=False)
class Picture:
    """How strongly each pixel of an area is covered."""

    alpha: NDArray[np.uint8]
    """Rows from north to south, in web Mercator; 0 where nothing is."""
    bounds: Envelope
    """What it covers, in longitude and latitude."""
    drawn: int
    """Features in it."""


def sketch(layer: FeatureLayer, where: str, area: Viewport, there: int) -> Picture:
    """Draw an even part of a fixed number of features, so that something is seen as soon in every layer.

    Parameters
    ----------
    there
        How many features there are, by the server's count.

    Raises
    ------
    PortalError
        If the server refuses.
    """
    size = min(_page_size(layer), _SKETCH)
    wanted = parts(layer, where, there, size=size)[: min(math.ceil(_SKETCH / size), _AT_ONCE)]
    canvas = _Canvas(area)
    for page in _pages(_reader(layer, area, size), deque(wanted), size, 0.0):
        canvas.draw(page)
    return canvas.picture()


class Painting:
    """A picture that grows: of all features, or of an even part by object ids once the time is up.

    It is made in steps, each of which can be shown, and can be stopped, so that a server has no work for nothing.

    Parameters
    ----------
    there
        How many features there are, by the server's count.
    """

    def __init__(self, layer: FeatureLayer, where: str, area: Viewport, there: int) -> None:
        self._size = _page_size(layer)
        self._reader = _reader(layer, area, self._size)
        self._wanted = deque(parts(layer, where, there, size=self._size))
        self._canvas = _Canvas(area)
        self._spent_s = 0.0

    @property
    def is_finished(self) -> bool:
        """Whether everything is drawn, or the time is up."""
        return not self._wanted or self._spent_s >= BUDGET_S

    def go_on(self) -> Picture:
        """Fetch and draw for a while, or until all is drawn.

        Raises
        ------
        PortalError
            If the server refuses.
        """
        begun = time.monotonic()
        for page in _pages(self._reader, self._wanted, self._size, min(_STEP_S, BUDGET_S - self._spent_s)):
            self._canvas.draw(page)
        self._spent_s += time.monotonic() - begun
        return self._canvas.picture()

    def stop(self) -> None:
        """Ask for nothing more; from any thread."""
        self._wanted.clear()


def _pages(reader: PageReader, wanted: deque[str], size: int, budget_s: float) -> Iterator[FeaturePage]:
    """Pages of the `wanted` clauses, which are taken, until the time is up; a few fetched at once, always those."""
    until = time.monotonic() + budget_s
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="arcgis-picture") as pool:
        running: set[Future[FeaturePage]] = set()

        def ask(most: int) -> None:
            with suppress(IndexError):  # until none is left
                for _ in range(most):
                    running.add(pool.submit(reader.read, wanted.popleft() or EVERYTHING, size))

        ask(_AT_ONCE)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                running.remove(future)
                yield _result(future, running)
                if time.monotonic() < until:
                    ask(1)


def _reader(layer: FeatureLayer, area: Viewport, size: int) -> PageReader:
    oid = layer.definition.object_id_field or ""
    return PageReader(
        layer.session,
        layer.url,
        {
            **area.place.to_query(),
            "outFields": oid,
            "outSR": 4326,
            "maxAllowableOffset": area.degrees_per_pixel,
            "resultType": "standard" if size > layer.definition.max_record_count else None,
        },
        object_id_field=oid,
        has_geometry=True,
        formats=layer.definition.query_formats,
    )


def _page_size(layer: FeatureLayer) -> int:
    """Rows to ask for at once: those of ``resultType=standard``, which are more, where the server has it."""
    json = layer.definition.definition
    offered = (json.get("advancedQueryCapabilities") or {}).get("supportsQueryWithResultType")
    standard = int(json.get("standardMaxRecordCount") or 0) if offered else 0
    return max(min(standard, _LARGEST_PAGE), layer.definition.max_record_count)


def _result(future: Future[FeaturePage], others: set[Future[FeaturePage]]) -> FeaturePage:
    try:
        return future.result()
    except Exception:
        for other in others:
            other.cancel()
        raise


class _Canvas:
    """Where features are drawn."""

    def __init__(self, area: Viewport) -> None:
        self._middle = area.middle
        box = area.envelope
        west, east = (box.xmin, box.xmax) if self._middle is None else (area.west, area.east)
        self.bounds = Envelope(west, max(box.ymin, -85.0), east, min(box.ymax, 85.0))
        self._low, self._high = mercator(self.bounds.ymin), mercator(self.bounds.ymax)
        width = (self.bounds.xmax - self.bounds.xmin) / area.degrees_per_pixel
        height = (self._high - self._low) * 360 / area.degrees_per_pixel
        shrink = min(_MOST_PIXELS / max(width, height), 1.0)
        self._width, self._height = max(round(width * shrink), 1), max(round(height * shrink), 1)
        self._points, self._specks = np.zeros((2, self._height, self._width), dtype=np.uint8)
        self._image = Image.new("L", (self._width, self._height))
        self._draw = ImageDraw.Draw(self._image)
        self.drawn = 0

    def draw(self, page: FeaturePage) -> None:
        """Add a page's features."""
        self.drawn += len(page)
        there = page.geometry if page.geometry is not None else np.empty(0, dtype=object)
        if self._middle is not None:
            there = turned_parts(there, self._middle)
        kinds = shapely.get_type_id(there)
        self._mark(self._points, shapely.get_coordinates(there[np.isin(kinds, _POINTS)]), _POINT)
        polygons = self._without_specks(there[np.isin(kinds, _POLYGONS)], _OUTLINE)
        for pixels in self._paths(shapely.get_rings(shapely.get_parts(polygons))):
            self._draw.polygon(pixels, fill=_FILL, outline=_OUTLINE)
        lines = self._without_specks(there[np.isin(kinds, _LINES)], _LINE)
        for pixels in self._paths(shapely.get_parts(lines)):
            self._draw.line(pixels, fill=_LINE, width=2)

    def picture(self) -> Picture:
        """All that was drawn."""
        dots = self._points
        spread = dots.copy()
        for rows, columns in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
            spread[rows] = np.maximum(spread[rows], dots[columns])
            spread[:, rows] = np.maximum(spread[:, rows], dots[:, columns])
        covered = np.maximum(np.maximum(spread, self._specks), np.asarray(self._image))
        return Picture(covered, self.bounds, self.drawn)

    def _without_specks(self, shapes: Any, strength: int) -> Any:
        """Draw those smaller than a pixel, all at once; return the others."""
        west, south, east, north = shapely.bounds(shapes).T
        corners = self._pixels(np.column_stack((west, north))), self._pixels(np.column_stack((east, south)))
        are_specks = np.all(np.subtract(corners[1], corners[0]) < 1, axis=0)
        middles = np.column_stack((west + east, south + north))[are_specks] / 2
        self._mark(self._specks, middles, strength)
        return shapes[~are_specks]

    def _mark(self, dots: NDArray[np.uint8], places: NDArray[np.float64], strength: int) -> None:
        columns, rows = (np.floor(axis).astype(np.int64) for axis in self._pixels(places))
        inside = (columns >= 0) & (columns < self._width) & (rows >= 0) & (rows < self._height)
        dots[rows[inside], columns[inside]] = strength

    def _paths(self, lines: Any) -> Iterator[list[tuple[float, float]]]:
        places, owners = shapely.get_coordinates(lines, return_index=True)
        columns, rows = self._pixels(places)
        pixels = np.column_stack((columns, rows))
        for path in np.split(pixels, np.flatnonzero(np.diff(owners)) + 1) if len(pixels) else ():
            if len(path) > 1:
                yield [(float(x), float(y)) for x, y in path]

    def _pixels(self, places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        box = self.bounds
        latitudes = np.radians(np.clip(places[:, 1], -85.0, 85.0))
        heights = np.log(np.tan(np.pi / 4 + latitudes / 2)) / (2 * np.pi)
        columns = (places[:, 0] - box.xmin) / (box.xmax - box.xmin) * self._width
        return columns, (self._high - heights) / (self._high - self._low) * self._height
