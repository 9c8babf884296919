"""Drawing around an area of the map with the mouse button held down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import ipyleaflet

Rings: TypeAlias = Sequence[Sequence[Sequence[float]]]
_SHOWN_EVERY = 4  # points; not every one, because the complete outline is sent each time
_LEAST_PLACES = 3


class Lasso:
    """Follows the mouse over a map while its button is held down.

    The map already reports mouse events to the kernel, so no code in the browser is needed. From `start` to `stop`,
    dragging does not move the map.

    `show` gets the outline so far, as rings of longitude and latitude; `done` gets the area as a GeoJSON geometry.
    """

    def __init__(self, on: ipyleaflet.Map, show: Callable[[Rings], None], done: Callable[[Any], None]) -> None:
        self._map, self._show, self._done = on, show, done
        self._places: list[tuple[float, float]] | None = None
        self.is_waiting = False

    def start(self) -> None:
        """Start following the mouse once its button is pressed."""
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
            if len(ring) > _LEAST_PLACES:  # else it was a click
                self.stop()
                self._done({"type": "Polygon", "coordinates": [ring]})
