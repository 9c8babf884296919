"""Remembers the last exports of this session, so that their results can be shown again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traitlets import Any, HasTraits, Tuple

from arcgis_export_widgets.language import say
from arcgis_export_widgets.preview.sample import Drawing
from arcgis_export_widgets.workflow import Result

MOST = 10
"""Number of exports remembered; more would take too much memory, because the frames of each are kept."""


@dataclass(frozen=True, eq=False)
class PastExport:
    """An export that ended with a result."""

    number: int
    """Number of this export in the session; the first export is 1."""
    result: Result
    drawings: tuple[Drawing, ...]
    ended: datetime

    @property
    def label(self) -> str:
        """One line of text with the export's number, time, layers, row counts and format."""
        number, time, label = self.number, f"{self.ended:%H:%M:%S}", self.result.request.export_format.facts.label
        if not self.result.frames:
            return say("{number}. {time}: a file as {format}", number=number, time=time, format=label)
        counts = {name: len(frame) for name, frame in self.result.frames.items()}
        layers = ", ".join(say("{layer} ({count:,})", layer=name, count=count) for name, count in counts.items())
        return say("{number}. {time}: {layers} as {format}", number=number, time=time, layers=layers, format=label)


class History(HasTraits):
    """The last exports of this session, and which of them is shown."""

    exports = Tuple()
    """`PastExport` objects, newest first."""
    shown = Any(None, allow_none=True)
    """The `PastExport` that is shown; None before the first export."""

    def add(self, result: Result, drawings: tuple[Drawing, ...]) -> None:
        """Add a finished export, and show it."""
        number = self.exports[0].number + 1 if self.exports else 1
        newest = PastExport(number, result, drawings, datetime.now().astimezone())
        self.exports = (newest, *self.exports)[:MOST]
        self.shown = newest
