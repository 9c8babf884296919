"""The steps of an export as small frozen records, named in the past tense.

The caller passes ``on_event``, a callable that takes one of these. It is called in the thread that does the work, so a
user interface hands them over to its own loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class RoutePlanned:
    """The route was chosen."""

    route: str
    """``export``, ``replica`` or ``query``."""
    reason: str
    """Why, in a sentence for people."""


@dataclass(frozen=True)
class ExportSubmitted:
    """The portal accepted the export and named the job."""

    job_id: str
    export_item_id: str | None
    """None where no item is made."""


@dataclass(frozen=True)
class StatusReceived:
    """The portal reported the job's status."""

    status: str
    """The portal's word in lower case: ``processing``, ``completed``, ``failed`` or an undocumented one."""
    message: str
    """The portal's further words; often empty."""
    elapsed_s: float
    """Seconds since waiting began."""


@dataclass(frozen=True)
class ExportCompleted:
    """The job is done and its file can be fetched."""

    elapsed_s: float


@dataclass(frozen=True)
class ChunkReceived:
    """A piece of the file arrived."""

    received_bytes: int
    """Bytes so far, counted from the beginning of the file."""
    size_bytes: int | None
    """Size of the complete file; None if the server does not say."""


@dataclass(frozen=True)
class DownloadFinished:
    """The file is complete, checked and under its final name."""

    path: Path
    size_bytes: int


@dataclass(frozen=True)
class ExportItemDeleted:
    """The item that held the exported file was deleted from the portal."""

    export_item_id: str


@dataclass(frozen=True)
class PageReceived:
    """More rows of a layer arrived, on the route page by page."""

    layer: str
    received_rows: int
    """Rows of all layers so far."""
    total_rows: int
    """Rows the portal counted, of all layers."""


@dataclass(frozen=True)
class LayerLoaded:
    """One layer of the file became a frame."""

    name: str
    rows: int


Event: TypeAlias = (
    RoutePlanned
    | ExportSubmitted
    | StatusReceived
    | ExportCompleted
    | ChunkReceived
    | DownloadFinished
    | ExportItemDeleted
    | PageReceived
    | LayerLoaded
)
EventHandler: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Do nothing with `event`: the handler for callers that want no events."""
