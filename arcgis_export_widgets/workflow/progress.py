"""Progress as a bar, for notebooks and terminals."""

from __future__ import annotations

from types import TracebackType

from tqdm.auto import tqdm

from arcgis_export_widgets.events import (
    ChunkReceived,
    DownloadFinished,
    Event,
    EventHandler,
    ExportCompleted,
    ExportItemDeleted,
    ExportSubmitted,
    LayerLoaded,
    PageReceived,
    RoutePlanned,
    StatusReceived,
)


def describe(event: Event) -> str:
    """What happened, in a line for people and logs."""
    for kind, sentence in _SENTENCES.items():
        if isinstance(event, kind):
            return sentence.format(event=event)
    return str(event)


_SENTENCES: dict[type[Event], str] = {
    RoutePlanned: "route {event.route}: {event.reason}",
    ExportSubmitted: "the job {event.job_id} is under way",
    StatusReceived: "{event.status} for {event.elapsed_s:.0f} s {event.message}",
    ExportCompleted: "completed after {event.elapsed_s:.0f} s",
    ChunkReceived: "{event.received_bytes:,} bytes downloaded",
    DownloadFinished: "{event.path.name} has {event.size_bytes:,} bytes",
    PageReceived: "{event.received_rows:,} of {event.total_rows:,} rows have arrived",
    LayerLoaded: "{event.name}: {event.rows:,} rows loaded",
    ExportItemDeleted: "the item {event.export_item_id} was deleted from the portal",
}


class ProgressBar:
    """Shows events as a bar: first the time the portal takes, then the bytes that arrive.

    A context manager whose value is an event handler. Terminals that cannot draw bars, such as log files, get none.
    """

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> EventHandler:
        return self._show

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _show(self, event: Event) -> None:
        if isinstance(event, StatusReceived):
            bar = self._bar_with(bar_format="{desc} {elapsed}")
            bar.set_description_str(f"Portal: {event.status}")
        elif isinstance(event, ChunkReceived):
            bar = self._bar_with(desc="Download", total=event.size_bytes, unit="B", unit_scale=True)
            bar.update(event.received_bytes - bar.n)
        elif isinstance(event, PageReceived):
            bar = self._bar_with(desc="Rows", total=event.total_rows, unit="row", unit_scale=True)
            bar.update(event.received_rows - bar.n)
        elif isinstance(event, ExportCompleted | DownloadFinished):
            self._end()

    def _bar_with(self, **options: object) -> tqdm[None]:
        if self._bar is None:  # a bar of unknown total has no truth value
            self._bar = tqdm(disable=None, leave=True, **options)  # type: ignore[call-overload]
        return self._bar

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
