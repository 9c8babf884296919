"""Describe the progress of an export in words, and show it as a bar in notebooks and terminals."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

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
from arcgis_export_widgets.language import say, say_count

_USUAL_COLUMNS, _USUAL_ROWS = 80, 24


def describe(event: Event) -> str:
    """Describe an event in one line, for people and logs."""
    return _SENTENCES[type(event)](event)


_SENTENCES: dict[type[Event], Callable[[Any], str]] = {
    RoutePlanned: lambda event: say("route {route}: {reason}", route=event.route, reason=event.reason),
    ExportSubmitted: lambda event: say("the job {job_id} is under way", job_id=event.job_id),
    StatusReceived: lambda event: say(
        "{status} for {seconds:.0f} s {message}", status=event.status, seconds=event.elapsed_s, message=event.message
    ),
    ExportCompleted: lambda event: say("completed after {seconds:.0f} s", seconds=event.elapsed_s),
    ChunkReceived: lambda event: say_count(
        "{count:,} byte downloaded", "{count:,} bytes downloaded", event.received_bytes
    ),
    DownloadFinished: lambda event: say_count(
        "{name} has {count:,} byte", "{name} has {count:,} bytes", event.size_bytes, name=event.path.name
    ),
    PageReceived: lambda event: say_count(
        "{received:,} of {count:,} row has arrived",
        "{received:,} of {count:,} rows have arrived",
        event.total_rows,
        received=event.received_rows,
    ),
    LayerLoaded: lambda event: say_count(
        "{name}: {count:,} row loaded", "{name}: {count:,} rows loaded", event.rows, name=event.name
    ),
    ExportItemDeleted: lambda event: say(
        "the item {item_id} was deleted from the portal", item_id=event.export_item_id
    ),
}


def outcome(loaded: Sequence[tuple[str, int]], seconds: float) -> str:
    """A sentence that says what was loaded and how long it took. `loaded` has each layer's name and number of rows."""
    rows, layers = sum(count for _, count in loaded), len(loaded)
    if not loaded:
        return say("Done in {seconds:.1f} s: the file is downloaded.", seconds=seconds)
    if layers == 1:
        return say_count(
            "Done in {seconds:.1f} s: {count:,} row in 1 layer.",
            "Done in {seconds:.1f} s: {count:,} rows in 1 layer.",
            rows,
            seconds=seconds,
        )
    return say_count(
        "Done in {seconds:.1f} s: {count:,} row in {layers} layers.",
        "Done in {seconds:.1f} s: {count:,} rows in {layers} layers.",
        rows,
        seconds=seconds,
        layers=layers,
    )


def whereabouts(*, deleted: bool) -> str:
    """A sentence that says whether the exported item was deleted or stays in the portal."""
    return say("The exported item was deleted.") if deleted else say("The exported item stays in the portal.")


@contextmanager
def progress_bar() -> Iterator[EventHandler]:
    """Show events as a bar: first the time that the portal has taken, then the bytes or rows that have arrived.

    Only terminals and notebooks show the bar; nothing is written to a log file.
    """
    bar: tqdm[None] | None = None

    def bar_with(**options: object) -> tqdm[None]:
        nonlocal bar
        if bar is None:  # `not bar` would fail if the total is unknown
            bar = tqdm(disable=None, leave=True, **_usual_size_if_unknown(), **options)  # type: ignore[call-overload]
        return bar

    def end() -> None:
        nonlocal bar
        if bar is not None:
            bar.close()
        bar = None

    def show(event: Event) -> None:
        if isinstance(event, StatusReceived):
            bar_with(bar_format="{desc} {elapsed}").set_description_str(say("Portal: {status}", status=event.status))
        elif isinstance(event, ChunkReceived):
            drawn = bar_with(desc=say("Download"), total=event.size_bytes, unit="B", unit_scale=True)
            drawn.update(event.received_bytes - drawn.n)
        elif isinstance(event, PageReceived):
            drawn = bar_with(desc=say("Rows"), total=event.total_rows, unit=say("row"), unit_scale=True)
            drawn.update(event.received_rows - drawn.n)
        elif isinstance(event, ExportCompleted | DownloadFinished):
            end()

    try:
        yield show
    finally:
        end()


def bar_unless(on_event: EventHandler | None) -> AbstractContextManager[EventHandler]:
    """A context manager that gives `on_event`, or the handler of a progress bar if `on_event` is None."""
    return progress_bar() if on_event is None else nullcontext(on_event)


def _usual_size_if_unknown() -> dict[str, int]:
    """Options for tqdm that set a bar size if the terminal reports none, as in containers: it would draw nothing."""
    try:
        if not sys.stderr.isatty():  # a file, or a notebook, whose bars size themselves
            return {}
        size = os.get_terminal_size(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):
        return {}
    return {} if size.columns and size.lines else {"ncols": _USUAL_COLUMNS, "nrows": _USUAL_ROWS}
