"""Draws many features as one picture, whose size does not grow with the layer. Runs in worker threads."""

from __future__ import annotations

import base64
import io
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
from PIL import Image, ImageColor, ImageDraw

from arcgis_export_widgets.model.area import WGS84
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal import Envelope, FeatureLayer, LayerQuery
from arcgis_export_widgets.portal.layers.page_reader import LARGE_PAGE, PageReader, page_size
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.preview.antimeridian import shifted
from arcgis_export_widgets.preview.viewport import Viewport, mercator

BUDGET_S = 1.2
"""Most seconds to spend on fetching the features of one picture."""
_STEP_S = 0.4
"""Seconds of fetching in one step; after each step, the features fetched so far are shown."""
_AT_ONCE = 4
_MOST_PIXELS = 2048
SKETCH = 2000
"""Number of features in the first picture: enough to show where most are, and few enough for one response."""
_POINT, _LINE, _OUTLINE, _FILL = 170, 220, 150, 60
_POINTS, _LINES, _POLYGONS = (0, 4), (1, 2, 5), (3, 6)  # shapely's type ids, single and multi


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of the features in one part of the world; it stores opacity only, and gets its colour when shown."""

    alpha: NDArray[np.uint8]
    """Opacity of each pixel (0 where there is no feature); the rows run from north to south in web Mercator."""
    envelope: Envelope
    """The part of the world in the picture, in longitude and latitude."""
    drawn: int
    """Number of features in the picture."""

    def to_data_url(self, colour: str) -> str:
        """The picture in one colour, as a data URL that a browser can show.

        A palette of one colour in 256 strengths takes a quarter of the bytes of a full-colour picture.
        """
        image = Image.fromarray(self.alpha).convert("L")
        indexed = Image.frombytes("P", image.size, image.tobytes())
        indexed.putpalette(list(ImageColor.getrgb(colour)[:3]) * 256)
        png = io.BytesIO()
        indexed.save(png, format="PNG", transparency=bytes(range(256)), compress_level=3)
        return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")


class Painting:
    """Draws a picture in steps, and returns an intermediate picture after each.

    If time runs out before all features are drawn, those drawn are an even sample by object id. `stop` ends the
    drawing, to spare the server useless work.

    Parameters
    ----------
    matched
        Number of features that match `where` in the view, by the server's count.
    most
        Draw an even sample of about this many features; None for all.
    """

    def __init__(
        self, layer: FeatureLayer, where: str, viewport: Viewport, matched: int, *, most: int | None = None
    ) -> None:
        oid, self._size = layer.definition.object_id_field or "", page_size(layer.definition, LARGE_PAGE)
        if most is not None:
            self._size = min(self._size, most)
        query = LayerQuery(
            where,
            area=viewport.area,
            fields=(oid,),
            out_sr=SpatialReference(WGS84),
            tolerance=viewport.degrees_per_pixel,
        )
        self._reader = PageReader(layer.session, layer.url, layer.definition, query)
        wanted = [part.where for part in query.partitions(oid, matched, self._size)]
        self._wanted = deque(wanted if most is None else wanted[: min(math.ceil(most / self._size), _AT_ONCE)])
        self._canvas = _Canvas(viewport)
        self._spent_s = 0.0

    @property
    def is_finished(self) -> bool:
        """Whether all features are drawn or the time is up."""
        return not self._wanted or self._spent_s >= BUDGET_S

    def go_on(self) -> Picture:
        """Fetch and draw features for one step; returns the picture so far.

        Raises
        ------
        PortalError
            If the server refuses.
        """
        begun = time.monotonic()
        for page in self._pages(begun + min(_STEP_S, BUDGET_S - self._spent_s)):
            self._canvas.draw(page)
        self._spent_s += time.monotonic() - begun
        return self._canvas.picture()

    def stop(self) -> None:
        """Stop requesting features. May be called from any thread."""
        self._wanted.clear()

    def _pages(self, until: float) -> Iterator[FeaturePage]:
        """Fetch pages of features, several at once: the first few always, further ones only before the time `until`."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="arcgis-picture") as pool:
            running: set[Future[FeaturePage]] = set()

            def ask(most: int) -> None:
                with suppress(IndexError):  # no page is left to request
                    for _ in range(most):
                        running.add(pool.submit(self._reader.read, self._wanted.popleft(), self._size))

            ask(_AT_ONCE)
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
                    if time.monotonic() < until:
                        ask(1)


class _Canvas:
    """The pixels that features are drawn on."""

    def __init__(self, viewport: Viewport) -> None:
        self._middle = viewport.middle
        seen = viewport.envelope
        west, east = (seen.xmin, seen.xmax) if self._middle is None else (viewport.west, viewport.east)
        self.envelope = Envelope(west, max(seen.ymin, -85.0), east, min(seen.ymax, 85.0))
        self._low, self._high = mercator(self.envelope.ymin), mercator(self.envelope.ymax)
        width = (east - west) / viewport.degrees_per_pixel
        height = (self._high - self._low) * 360 / viewport.degrees_per_pixel
        shrink = min(_MOST_PIXELS / max(width, height), 1.0)
        self._width, self._height = max(round(width * shrink), 1), max(round(height * shrink), 1)
        self._points, self._specks = np.zeros((2, self._height, self._width), dtype=np.uint8)
        self._image = Image.new("L", (self._width, self._height))
        self._draw = ImageDraw.Draw(self._image)
        self.drawn = 0

    def draw(self, page: FeaturePage) -> None:
        """Draw the features of a page."""
        self.drawn += len(page)
        shapes = page.geometry if page.geometry is not None else np.empty(0, dtype=object)
        if self._middle is not None:
            shapes = shifted(shapes, self._middle)
        kinds = shapely.get_type_id(shapes)
        self._mark(self._points, shapely.get_coordinates(shapes[np.isin(kinds, _POINTS)]), _POINT)
        polygons = self._without_specks(shapes[np.isin(kinds, _POLYGONS)], _OUTLINE)
        for pixels in self._paths(shapely.get_rings(shapely.get_parts(polygons))):
            self._draw.polygon(pixels, fill=_FILL, outline=_OUTLINE)
        lines = self._without_specks(shapes[np.isin(kinds, _LINES)], _LINE)
        for pixels in self._paths(shapely.get_parts(lines)):
            self._draw.line(pixels, fill=_LINE, width=2)

    def picture(self) -> Picture:
        """A picture of everything drawn so far."""
        dots = self._points
        spread = dots.copy()
        for rows, columns in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
            spread[rows] = np.maximum(spread[rows], dots[columns])
            spread[:, rows] = np.maximum(spread[:, rows], dots[:, columns])
        covered = np.maximum(np.maximum(spread, self._specks), np.asarray(self._image))
        return Picture(covered, self.envelope, self.drawn)

    def _without_specks(self, shapes: Any, strength: int) -> Any:
        """Draw the shapes that are smaller than a pixel, all in one operation; returns the other shapes."""
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

    def _paths(self, lines: Any) -> Iterator[list[float]]:
        places, owners = shapely.get_coordinates(lines, return_index=True)
        columns, rows = self._pixels(places)
        pixels = np.column_stack((columns, rows))
        for path in np.split(pixels, np.flatnonzero(np.diff(owners)) + 1) if len(pixels) else ():
            if len(path) > 1:
                yield path.ravel().tolist()

    def _pixels(self, places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        seen = self.envelope
        latitudes = np.radians(np.clip(places[:, 1], -85.0, 85.0))
        heights = np.log(np.tan(np.pi / 4 + latitudes / 2)) / (2 * np.pi)
        columns = (places[:, 0] - seen.xmin) / (seen.xmax - seen.xmin) * self._width
        return columns, (self._high - heights) / (self._high - self._low) * self._height
