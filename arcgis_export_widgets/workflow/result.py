"""What came of a job, by whichever route: the answer as a table, the file, the frames."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from arcgis_export_widgets.events import EventHandler, LayerLoaded, ignore
from arcgis_export_widgets.loading import Box, Domains, Frames, ParquetFiles, load, to_parquet, write_sidecar
from arcgis_export_widgets.portal.items.download import download
from arcgis_export_widgets.workflow.folder import usable_folder
from arcgis_export_widgets.workflow.progress import ProgressBar

if TYPE_CHECKING:
    from arcgis_export_widgets.request.request import ExportRequest
    from arcgis_export_widgets.workflow.job import FileJob, Job


def file_stem(title: str) -> str:
    """A title as portals make names of files of it: without blanks."""
    return "_".join(title.split())


class Result(ABC):
    """What a job brought.

    Attributes
    ----------
    job
        The job it came from.
    seconds
        From start to completion.
    path
        The file; None until `download` or, where the features come as a file, `load`.
    frames
        What `load` made; None until then.
    deleted
        Whether the exported item was deleted from the portal.
    """

    def __init__(self, job: Job, seconds: float) -> None:
        self.job = job
        self.seconds = seconds
        self.path: Path | None = None
        self.frames: Frames | None = None
        self.deleted = False
        self._temporary: str | None = None

    @property
    def request(self) -> ExportRequest:
        """What was asked for."""
        return self.job.request

    @property
    def summary(self) -> pd.DataFrame:
        """The server's answer as a table of one row, under the answer's own names.

        Columns: title, exportFormat, type (of the item made), size (bytes, as told at submission), jobId,
        exportItemId, serviceItemId, status, seconds (from start to completion). What a route has nothing of is None.
        """
        row = {"title": self.request.title, "exportFormat": self.request.export_format.value}
        return pd.DataFrame([row | self._answer() | {"status": "completed", "seconds": round(self.seconds, 1)}])

    @abstractmethod
    def download(
        self,
        folder: str | Path | None = None,
        *,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Path:
        """Have the features as a file."""

    @abstractmethod
    def load(
        self,
        *,
        folder: str | Path | None = None,
        domains: Domains = "codes",
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Frames:
        """Have the features as frames."""

    def delete(self, *, on_event: EventHandler = ignore) -> None:  # noqa: B027  where there is nothing, nothing is done
        """Delete what the job left in the portal; the file and the frames stay."""

    @abstractmethod
    def _answer(self) -> dict[str, Any]:
        """What the server said of type, size, jobId, exportItemId and serviceItemId."""

    @abstractmethod
    def _where(self) -> str:
        """Where the features lie at the server, in a few words."""

    def _folder(self, folder: str | Path | None) -> Path:
        """`folder`, or a temporary one that goes away with this result; made if need be."""
        if folder is not None:
            return usable_folder(folder)
        if self._temporary is None:
            self._temporary = tempfile.mkdtemp(prefix="arcgis-export-")
            weakref.finalize(self, shutil.rmtree, self._temporary, ignore_errors=True)
        return Path(self._temporary)

    def __repr__(self) -> str:
        loaded = "not loaded" if self.frames is None else self.frames.receipt.verdict
        kind, wanted = type(self).__name__, self.request.export_format.value
        return f"<{kind} {self.request.title!r}, {wanted}, {self._where()}: {loaded}>"

    def _repr_html_(self) -> str:
        return str(self.summary.T.to_html(header=False))


class FileResult(Result):
    """A file at the server, to be fetched and read."""

    job: FileJob

    def download(
        self,
        folder: str | Path | None = None,
        *,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Path:
        """Fetch the file, and keep what the portal told of its layers beside it, so that `load` restores it any time.

        Parameters
        ----------
        folder
            Where to put it, made if need be; None for a temporary one that goes away with this result.
        on_event
            Told of each piece, in this thread; None shows a progress bar.
        cancel
            Setting this stops the download and leaves nothing behind.

        Raises
        ------
        RequestError
            If nothing can be put into `folder`.
        DownloadError
            If the file cannot be had whole.
        """
        if on_event is None:
            with ProgressBar() as show:
                return self.download(folder, on_event=show, cancel=cancel)
        target = self._folder(folder)
        address, name, size_bytes = self._source()
        self.path = download(
            self.job.portal.session,
            address,
            target,
            file_name=self.request.export_format.file_name(name, len(self.job.order.expected)),
            expected_bytes=size_bytes,
            on_event=on_event,
            cancel=cancel,
        )
        if folder is not None and self.request.export_format.facts.loadable:
            write_sidecar(self.path, self.job.order.expected, self.request, self.request.export_format)
        return self.path

    def load(
        self,
        *,
        folder: str | Path | None = None,
        columns: Iterable[str] | None = None,
        bbox: Box | None = None,
        domains: Domains = "codes",
        npartitions: int | None = None,
        partitions_folder: str | Path | None = None,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Frames:
        """Read the file, fetched first if it was not yet, with all that the layer's definition restores.

        Parameters
        ----------
        folder
            Where to put the file if it is fetched; see `download`.
        columns, bbox, domains, npartitions, partitions_folder
            See `arcgis_export_widgets.load`.
        on_event
            Told of each piece and each layer, in this thread; None shows a progress bar.
        cancel
            Setting this stops the download.

        Returns
        -------
        Frames
            GeoDataFrames (DataFrames for tables) by layer name, with a receipt of what the portal counted and what
            arrived. `Receipt.assert_complete` makes sure of it.

        Raises
        ------
        DownloadError, LoadError
            If the file cannot be had or read.
        """
        path = self.path or self.download(folder, on_event=on_event, cancel=cancel)
        expected = self.job.order.expected_now()
        self.frames = load(
            path,
            layers=expected,
            columns=columns,
            bbox=bbox,
            export_format=self.request.export_format,
            domains=domains,
            npartitions=npartitions,
            partitions_folder=partitions_folder,
        )
        for layer in self.frames.receipt.layers:
            if layer.layer in self.frames:
                (on_event or ignore)(LayerLoaded(layer.layer, layer.rows))
        return self.frames

    def to_parquet(
        self,
        target: str | Path,
        *,
        columns: Iterable[str] | None = None,
        bbox: Box | None = None,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> ParquetFiles:
        """Convert the file to GeoParquet in bounded memory, fetched first if it was not yet.

        Parameters
        ----------
        target, columns, bbox
            See `arcgis_export_widgets.to_parquet`.
        on_event
            Told of each piece, in this thread; None shows a progress bar.
        cancel
            Setting this stops the download.

        Raises
        ------
        DownloadError, LoadError
            If the file cannot be had or read, or pyarrow is missing.
        """
        path = self.path or self.download(on_event=on_event, cancel=cancel)
        return to_parquet(
            path,
            target,
            layers=self.job.order.expected_now(),
            columns=columns,
            bbox=bbox,
            export_format=self.request.export_format,
        )

    @abstractmethod
    def _source(self) -> tuple[str, str, int | None]:
        """Where to fetch the file, what it is called, and its size in bytes if the server told."""
