"""A finished export: the answer as a table, the file, the frames."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from arcgis_export_widgets.events import EventHandler, ExportItemDeleted, LayerLoaded, ignore
from arcgis_export_widgets.loading import Frames, load
from arcgis_export_widgets.loading.domains import Domains
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.portal.download import download
from arcgis_export_widgets.portal.export_job import delete_item
from arcgis_export_widgets.workflow.progress import ProgressBar

if TYPE_CHECKING:
    from arcgis_export_widgets.request.parameters import ExportRequest
    from arcgis_export_widgets.workflow.job import ExportJob


# with one of these a name is a file's already; a title such as "Roads 2.0" has a dot, too
_SUFFIXES = {".csv", ".geojson", ".gpkg", ".json", ".kml", ".kmz", ".slpk", ".vtpk", ".xlsx", ".zip"}


@dataclass(eq=False, repr=False)
class ExportResult:
    """What an export made.

    Got from `ExportJob.wait`. The exported item stays in the portal until `delete`.
    """

    job: ExportJob
    seconds: float
    """From submitting to completion."""
    path: Path | None = field(default=None, init=False)
    """The downloaded file; None until `download` or `load`."""
    frames: Frames | None = field(default=None, init=False)
    """What `load` made; None until then."""
    deleted: bool = field(default=False, init=False)
    """Whether the exported item was deleted from the portal."""
    _temporary: str | None = field(default=None, init=False, repr=False)

    @property
    def request(self) -> ExportRequest:
        """What was asked for."""
        return self.job.request

    @property
    def summary(self) -> pd.DataFrame:
        """The portal's answer as a table of one row, under the answer's own names.

        Columns: title, exportFormat, type (of the item made), size (bytes, as told at submission), jobId,
        exportItemId, serviceItemId, status, seconds (from submission to completion).
        """
        answer = self.job.export.answer
        row = {
            "title": self.request.title,
            "exportFormat": answer.get("exportFormat", self.request.export_format.value),
            "type": answer.get("type"),
            "size": answer.get("size"),
            "jobId": self.job.job_id,
            "exportItemId": self.job.export_item_id,
            "serviceItemId": answer.get("serviceItemId", self.request.item_id),
            "status": "completed",
            "seconds": round(self.seconds, 1),
        }
        return pd.DataFrame([row])

    def download(
        self,
        folder: str | Path | None = None,
        *,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Path:
        """Fetch the exported file.

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
        DownloadError
            If the file cannot be had whole.
        """
        if on_event is None:
            with ProgressBar() as show:
                return self.download(folder, on_event=show, cancel=cancel)
        if folder is None:
            folder = self._temporary_folder()
        client = self.job.portal
        made = Item.from_json(client.session.ask(f"content/items/{self.job.export_item_id}"), client.url)
        self.path = download(
            client.session,
            f"content/items/{made.id}/data",
            Path(folder),
            file_name=self._file_name(made),
            expected_bytes=made.size_bytes,
            on_event=on_event,
            cancel=cancel,
        )
        return self.path

    def load(
        self,
        *,
        folder: str | Path | None = None,
        domains: Domains = "codes",
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Frames:
        """Read the exported file, fetched first if it was not yet, with all that the layer's definition restores.

        Parameters
        ----------
        folder
            Where to put the file if it is fetched; see `download`.
        domains
            Coded values as ``"codes"``, ``"labels"`` or ``"categories"``; see `arcgis_export_widgets.load`.
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
        expected = [
            replace(
                layer,
                last_edit_after_ms=self.job.service.layer(layer.definition.id).refreshed().definition.last_edit_ms,
            )
            for layer in self.job.expected
        ]
        self.frames = load(path, layers=expected, export_format=self.request.export_format, domains=domains)
        for name, frame in self.frames.items():
            (on_event or ignore)(LayerLoaded(name, len(frame)))
        return self.frames

    def delete(self, *, on_event: EventHandler = ignore) -> None:
        """Delete the exported item from the portal; the downloaded file and the frames stay."""
        if not self.deleted:
            delete_item(self.job.portal.session, self.job.export)
            self.deleted = True
            on_event(ExportItemDeleted(self.job.export_item_id))

    def _temporary_folder(self) -> str:
        if self._temporary is None:
            self._temporary = tempfile.mkdtemp(prefix="arcgis-export-")
            weakref.finalize(self, shutil.rmtree, self._temporary, ignore_errors=True)
        return self._temporary

    def _file_name(self, made: Item) -> str:
        """The item's own file name, or its title with the extension of what it should hold."""
        facts = self.request.export_format.facts
        several = len(self.job.expected) > 1
        extension = (several and facts.collection_extension) or facts.extension
        name = made.name or made.title
        return name if Path(name).suffix.lower() in _SUFFIXES else f"{name}{extension}"

    def __repr__(self) -> str:
        where = "deleted from the portal" if self.deleted else f"item {self.job.export_item_id}"
        loaded = "not loaded" if self.frames is None else self.frames.receipt.verdict
        return f"<ExportResult {self.request.title!r}, {self.request.export_format.value}, {where}: {loaded}>"

    def _repr_html_(self) -> str:
        return str(self.summary.T.to_html(header=False))
