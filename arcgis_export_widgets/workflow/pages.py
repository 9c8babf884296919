"""The route ``query``: fetch features page by page and make frames of them, without a file or a job on the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from arcgis_export_widgets.errors import DownloadError, ExportCancelledError, ExportTimeoutError
from arcgis_export_widgets.events import (
    DownloadFinished,
    EventHandler,
    ExportCompleted,
    LayerLoaded,
    PageReceived,
    ignore,
)
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading import Domains, ExpectedLayer, Frames, frames_of, write_sidecar
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.cancellation import AnyOf, Cancellation, Deadline, is_cancelled, waits_end_with
from arcgis_export_widgets.portal.items.file_names import file_errors, file_stem, free_name, safe_name
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.request.request import ExportLayer
from arcgis_export_widgets.workflow.job import Job
from arcgis_export_widgets.workflow.result import Result

SAVED_AS = ExportFormat.GEOPACKAGE
"""The format in which pages of features are saved: it loses least."""
_WGS84 = SpatialReference.of(4326)
_GEOMETRIES = {
    "esriGeometryPoint": "Point",
    "esriGeometryMultipoint": "MultiPoint",
    "esriGeometryPolyline": "MultiLineString",
    "esriGeometryPolygon": "MultiPolygon",
}


class QueryJob(Job["QueryResult"]):
    """An export that fetches features page by page. No job runs on the server: `wait` does the work."""

    def _wait(self, timeout_s: float, on_event: EventHandler) -> QueryResult:
        deadline = Deadline(timeout_s)
        received, total = 0, sum(layer.count or 0 for layer in self.checked.expected)
        pages: list[list[FeaturePage]] = []
        try:
            for part, layer in zip(self.checked.layers, self.checked.expected, strict=True):
                pages.append([])
                with waits_end_with(deadline):
                    for page in self._pages_of(part, layer):
                        pages[-1].append(page)
                        received += len(page)
                        on_event(PageReceived(layer.name, received, total))
        except ExportCancelledError:
            if is_cancelled() or not deadline.is_set():
                raise
            raise ExportTimeoutError(
                say(
                    "After {seconds:.0f} s {received:,} of {total:,} rows had arrived. Give it more time, or "
                    "take another route.",
                    seconds=timeout_s,
                    received=received,
                    total=total,
                )
            ) from None
        seconds = time.time() - self.started_s
        on_event(ExportCompleted(seconds))
        return QueryResult(self, seconds, pages)

    def _pages_of(self, part: ExportLayer, layer: ExpectedLayer) -> Iterator[FeaturePage]:
        # the coordinate system that a file of the requested format would have
        out_sr = layer.target_sr if self.request.export_format.facts.honours_target_sr else _WGS84
        source = self.service.layer(part.id)
        query = LayerQuery.of(self.checked.cut, where=part.where)
        return source.pages(query, out_sr=out_sr, return_geometry=layer.has_geometry)

    def __repr__(self) -> str:
        layers = ", ".join(layer.name for layer in self.checked.expected)
        return f"<QueryJob of {layers}, page by page>"


class QueryResult(Result):
    """Features that were fetched page by page. Returned by `QueryJob.wait`; nothing is left in the portal."""

    def __init__(self, job: QueryJob, seconds: float, pages: list[list[FeaturePage]]) -> None:
        super().__init__(job, seconds)
        self._pages = pages
        self._as_codes = True

    def load(
        self,
        *,
        folder: str | Path | None = None,
        domains: Domains = "codes",
        on_event: EventHandler | None = None,
        cancel: Cancellation | None = None,
    ) -> Frames:
        """Make frames of the pages, as if loaded from a file; if `folder` is given, save the features there as well."""
        expected = self.job.checked.expected_now()
        self._as_codes = domains == "codes"
        self.frames = frames_of(list(zip(expected, self._pages, strict=True)), domains)
        for name, frame in self.frames.items():
            (on_event or ignore)(LayerLoaded(name, len(frame)))
        if folder is not None:
            self.download(folder, on_event=on_event, cancel=cancel)
        return self.frames

    def _save(self, target: Path, on_event: EventHandler, cancel: Cancellation | None) -> Path:
        """Save the features as a GeoPackage, whatever the requested format, because it loses least."""
        frames = self.frames if self.frames is not None else self.load()
        path = free_name(target / safe_name(f"{file_stem(self.request.title or self.job.item.title)}.gpkg"))
        part = path.with_name(f"{path.name}.part.gpkg")
        try:
            for layer, name in zip(self.job.checked.expected, frames, strict=True):
                if AnyOf(cancel).is_set():
                    raise ExportCancelledError(say("Saving was cancelled; nothing was saved."))
                with file_errors(DownloadError, path):
                    _add(frames[name], name, layer, part)
            with file_errors(DownloadError, path):
                part.rename(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        on_event(DownloadFinished(path, path.stat().st_size))
        return path

    def _save_sidecar(self, path: Path) -> None:
        if self._as_codes:  # a file with labels does not match the layers' definitions
            write_sidecar(path, self.job.checked.expected, self.request, None)

    def _where(self) -> str:
        return "page by page"


def _add(frame: pd.DataFrame, name: str, layer: ExpectedLayer, path: Path) -> None:
    """Write a frame as one more layer of the GeoPackage at `path`, which is created if missing."""
    options: dict[str, Any] = {}
    if layer.definition.object_id_field in frame.columns:
        # object ids are saved as row ids, which GDAL preserves; it refuses a second column of that name
        options["layer_options"] = {"FID": layer.definition.object_id_field}
    labels = {str(column): frame[column].astype("object") for column in frame if frame[column].dtype == "category"}
    if labels:
        frame = frame.assign(**labels)
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.isna().all():
        options["geometry_type"] = _GEOMETRIES.get(layer.definition.geometry_type or "", "Unknown")
    try:
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.GeometryError) as error:
        raise DownloadError(
            say("{layer} cannot be saved in {folder}: {error}", layer=name, folder=path.parent, error=error)
        ) from error
