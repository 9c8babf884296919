"""Lets the user draw around an area of the map with the mouse button held down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import ipyleaflet

Rings: TypeAlias = Sequence[Sequence[Sequence[float]]]
_SHOWN_EVERY = 4  # points; not after every point, because the complete outline is sent each time
_LEAST_PLACES = 3


class Lasso:
    """Follows the mouse over a map while the mouse button is held down.

    ipyleaflet already reports mouse events to the kernel, so no code in the browser is needed. Between `start` and
    `stop`, dragging the mouse does not move the map.

    `show` is called with the outline so far, as rings of (longitude, latitude); `done` with a GeoJSON polygon.
    """

    def __init__(self, on: ipyleaflet.Map, show: Callable[[Rings], None], done: Callable[[Any], None]) -> None:
        self._map, self._show, self._done = on, show, done
        self._places: list[tuple[float, float]] | None = None
        self.is_waiting = False

    def start(self) -> None:
        """Wait for the mouse button to be pressed, then follow the mouse."""
        if not self.is_waiting:
            self.is_waiting, self._places = True, None
            self._map.dragging = False
            self._map.on_interaction(self._moved)

    def stop(self) -> None:
        """Stop following the mouse, and let the user drag the map again."""
        if self.is_waiting:
            self.is_waiting = False
            self._map.on_interaction(self._moved, remove=True)
            self._map.dragging = True

    def _moved(self, **message: Any) -> None:
        kind, (latitude, longitude) = message["type"], message["coordinates"]
        if kind == "mousedown":
            self._places = [(longitude, latitude)]
        elif self._places is None:
            return
        elif kind == "mousemove":
            self._places.append((longitude, latitude))
            if len(self._places) % _SHOWN_EVERY == 0:
                self._show([[*self._places, self._places[0]]])
        elif kind == "mouseup":
            ring, self._places = [*self._places, self._places[0]], None
            if len(ring) > _LEAST_PLACES:  # fewer points mean a click, not a drawn area
                self.stop()
                self._done({"type": "Polygon", "coordinates": [ring]})
