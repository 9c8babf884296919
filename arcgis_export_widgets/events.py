"""What happens during an export: one small frozen dataclass for each kind of event, named in the past tense.

The caller passes ``on_event``, a callable that receives each event. It is called in the thread that runs the export,
so a user interface must pass events on to its own event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class RoutePlanned:
    """The route of the export was chosen."""

    route: str
    """``export``, ``replica`` or ``query``."""
    reason: str
    """Why this route was chosen, as a sentence for the user."""


@dataclass(frozen=True)
class ExportSubmitted:
    """The portal accepted the export and returned the id of the job that runs it."""

    job_id: str
    export_item_id: str | None
    """Id of the item that will contain the file; None on routes that create no item."""


@dataclass(frozen=True)
class StatusReceived:
    """The portal reported the job's status."""

    status: str
    """The portal's status in lower case: ``processing``, ``completed``, ``failed`` or an undocumented word."""
    message: str
    """The portal's message about the job; often empty."""
    elapsed_s: float
    """Seconds since the wait for the job began."""


@dataclass(frozen=True)
class ExportCompleted:
    """The job is done and its file can be fetched."""

    elapsed_s: float


@dataclass(frozen=True)
class ChunkReceived:
    """A piece of the exported file arrived."""

    received_bytes: int
    """Bytes received so far, counted from the beginning of the file."""
    size_bytes: int | None
    """Size of the complete file; None if the server does not say."""


@dataclass(frozen=True)
class DownloadFinished:
    """The exported file is complete, checked and under its final name."""

    path: Path
    size_bytes: int


@dataclass(frozen=True)
class ExportItemDeleted:
    """The item with the exported file was deleted from the portal."""

    export_item_id: str


@dataclass(frozen=True)
class PageReceived:
    """A page of rows arrived; only on the route ``query``."""

    layer: str
    received_rows: int
    """Number of rows received so far, over all layers."""
    total_rows: int
    """Number of rows to receive in total, over all layers, as counted by the portal."""


@dataclass(frozen=True)
class LayerLoaded:
    """One layer of the exported file was loaded into a data frame."""

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
    """Do nothing. This is the event handler used by default."""
