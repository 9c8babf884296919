"""Define the result of a job on any route, which gives the server's response, the file and the frames."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from arcgis_export_widgets.errors import DownloadError
from arcgis_export_widgets.events import EventHandler, LayerLoaded, ignore
from arcgis_export_widgets.loading import Box, Domains, Frames, ParquetFiles, load, to_parquet, write_sidecar
from arcgis_export_widgets.portal.http.cancellation import Cancellation
from arcgis_export_widgets.portal.items.download import download
from arcgis_export_widgets.portal.items.file_names import file_errors, usable_folder
from arcgis_export_widgets.workflow.job import FileJob, Job
from arcgis_export_widgets.workflow.progress import bar_unless


class Result(ABC):
    """The result of a completed job.

    Attributes
    ----------
    job
        The completed job.
    request
        The request of the job.
    seconds
        Number of seconds from the start of the job to its completion.
    path
        Path of the saved file; None until `download` saves it, or `load` on a route with a file.
    frames
        The frames that `load` returned; None before `load` is called.
    deleted
        Whether the exported item was deleted from the portal.
    """

    def __init__(self, job: Job[Any], seconds: float) -> None:
        self.job = job
        self.request = job.request
        self.seconds = seconds
        self.path: Path | None = None
        self.frames: Frames | None = None
        self.deleted = False

    @property
    def summary(self) -> pd.DataFrame:
        """The server's response as a table with one row, and with the server's names for the columns.

        Columns: title, exportFormat, type (of the exported item), size (in bytes, as reported at submission), jobId,
        exportItemId, serviceItemId, status, seconds (from start to completion). What a route lacks is None.
        """
        row = {
            "title": self.request.title,
            "exportFormat": self.request.export_format.value,
            **dict.fromkeys(("type", "size", "jobId", "exportItemId")),
            "serviceItemId": self.request.item_id,
        }
        return pd.DataFrame([row | self._response() | {"status": "completed", "seconds": round(self.seconds, 1)}])

    def download(
        self,
        folder: str | Path | None = None,
        *,
        on_event: EventHandler | None = None,
        cancel: Cancellation | None = None,
    ) -> Path:
        """Save the features as a file, and the layers' definitions in a second file, so that `load` can restore names.

        On the route ``query``, where the server makes no file, this writes a GeoPackage with a table for each layer,
        whatever the requested format.

        Parameters
        ----------
        folder
            Folder for the file, created if missing; None for a temporary one, deleted with this result.
        on_event
            Called in this thread with an event for each piece of the file that arrives; None shows a progress bar.
        cancel
            Event that, once set, stops the download; nothing is left on disk.

        Raises
        ------
        RequestError
            If `folder` cannot be written to.
        DownloadError
            If the file does not arrive complete.
        """
        if folder is not None:
            target = usable_folder(folder)
        else:
            with file_errors(DownloadError, tempfile.gettempdir()):
                target = Path(tempfile.mkdtemp(prefix="arcgis-export-"))
            weakref.finalize(self, shutil.rmtree, target, ignore_errors=True)
        with bar_unless(on_event) as show, self.job.handle_on_errors():
            self.path = self._save(target, show, cancel)
        if folder is not None:
            self._save_sidecar(self.path)
        return self.path

    @abstractmethod
    def load(
        self,
        *,
        folder: str | Path | None = None,
        domains: Domains = "codes",
        on_event: EventHandler | None = None,
        cancel: Cancellation | None = None,
    ) -> Frames:
        """Return the features as frames, one for each layer."""

    def delete(self, *, on_event: EventHandler = ignore) -> None:  # noqa: B027  most routes leave nothing
        """Delete the item that the job left in the portal, if any; the file and the frames stay."""

    @abstractmethod
    def _save(self, target: Path, on_event: EventHandler, cancel: Cancellation | None) -> Path:
        """Save the features as a file in the folder `target`, and return its path."""

    @abstractmethod
    def _save_sidecar(self, path: Path) -> None:
        """Save the layers' definitions next to the file, if `load` can use them."""

    def _response(self) -> dict[str, Any]:
        """The values for the `summary` that only this route has."""
        return {}

    @abstractmethod
    def _where(self) -> str:
        """A few words that say where the features are on the server, or how they were fetched."""

    def __repr__(self) -> str:
        loaded = "not loaded" if self.frames is None else self.frames.receipt.verdict
        wanted = self.request.export_format.value
        return f"<{type(self).__name__} {self.request.title!r}, {wanted}, {self._where()}: {loaded}>"

    def _repr_html_(self) -> str:
        return str(self.summary.T.to_html(header=False))


class FileResult(Result):
    """A result for which the server made a file, which can be downloaded and loaded."""

    job: FileJob[Any]

    def _save(self, target: Path, on_event: EventHandler, cancel: Cancellation | None) -> Path:
        address, name, size_bytes = self._source()
        return download(
            self.job.portal.session,
            address,
            target,
            file_name=self.request.export_format.file_name(name, len(self.job.checked.expected)),
            expected_bytes=size_bytes,
            on_event=on_event,
            cancel=cancel,
        )

    def _save_sidecar(self, path: Path) -> None:
        if self.request.export_format.facts.loadable:
            write_sidecar(path, self.job.checked.expected, self.request, self.request.export_format)

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
        cancel: Cancellation | None = None,
    ) -> Frames:
        """Load the file, downloading it first if necessary, and restore names and types from the layers' definitions.

        Parameters
        ----------
        columns, bbox, domains, npartitions, partitions_folder
            See `arcgis_export_widgets.load`.
        folder, on_event, cancel
            See `download`; `on_event` is also called with an event for each layer loaded.

        Returns
        -------
        Frames
            GeoDataFrames (DataFrames for tables) by layer name, with a receipt that compares what arrived with what
            the portal counted. `Receipt.assert_complete` raises an error if they differ.

        Raises
        ------
        DownloadError, LoadError
            If the file cannot be fetched or read.
        """
        path = self.path or self.download(folder, on_event=on_event, cancel=cancel)
        expected = self.job.checked.expected_now()
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
        cancel: Cancellation | None = None,
    ) -> ParquetFiles:
        """Convert the file to GeoParquet in bounded memory, downloading it first if necessary.

        Parameters
        ----------
        target, columns, bbox
            See `arcgis_export_widgets.to_parquet`.
        on_event, cancel
            See `download`.

        Raises
        ------
        DownloadError, LoadError
            If the file cannot be fetched or read, or pyarrow is missing.
        """
        path = self.path or self.download(on_event=on_event, cancel=cancel)
        return to_parquet(
            path,
            target,
            layers=self.job.checked.expected_now(),
            columns=columns,
            bbox=bbox,
            export_format=self.request.export_format,
        )

    @abstractmethod
    def _source(self) -> tuple[str, str, int | None]:
        """The file's address, its name, and its size in bytes (None if the server does not report it)."""
