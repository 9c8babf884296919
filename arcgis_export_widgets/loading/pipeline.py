"""The one way from a file, or from pages, to frames: reading, restoring, selecting and counting.

`load`, `to_parquet` and dask differ only in how many rows they take at a time, and what they do with them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.frames import Frames, free_name
from arcgis_export_widgets.loading.opening import Opened, Part, open_export
from arcgis_export_widgets.loading.readers.esri_json import series_of
from arcgis_export_widgets.loading.readers.source import Reading
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.receipt.counts import Counts, receipt_of
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.restore.values import Domains, check_domains
from arcgis_export_widgets.loading.selection import Box, Selection
from arcgis_export_widgets.portal.pages.page import FeaturePage


class Pipeline:
    """Reads the layers of an opened file, restores them, and counts what it gives.

    Attributes
    ----------
    parts
        The layers that are wanted.
    """

    def __init__(self, opened: Opened, selection: Selection, domains: Domains) -> None:
        self.parts = opened.parts
        self._opened = opened
        self._selection = selection
        self._domains = domains
        self._counts: dict[str, Counts] = {}
        self._outside: dict[str, str] = {}

    def batches(
        self, part: Part, rows: int | None = None, as_text: frozenset[str] = frozenset()
    ) -> Iterator[pd.DataFrame]:
        """Give a layer in batches of `rows` rows, or as one; at least one, which has no rows if the layer has none.

        The receipt counts the batches of the last call.

        Parameters
        ----------
        as_text
            Columns whose values stay the texts they are in the file, as far as the layer's definition says nothing.

        Raises
        ------
        LoadError
            If the file is damaged, or there is no such column.
        """
        counts = self._counts[part.name] = Counts(part.id_field)
        everywhere = Counts(None)
        crs: CRS | None = None
        for read in part.source.batches(Reading(part.known, self._selection, rows, as_text)):
            frame = restore(read, part.known, part.source.export_format, self._domains) if part.known else read
            if self._selection.box is not None:
                everywhere.add(frame)
                crs = getattr(frame, "crs", None)
                frame = self._selection.inside(frame)
            counts.add(frame)
            yield self._selection.only_columns(frame, part.name, part.field_names)
        if self._selection.box is not None and not counts.rows:
            extent, file_crs = part.source.extent() or (everywhere.extent, crs)
            if sentence := self._selection.misses(part.name, extent, file_crs or crs):
                self._outside[part.name] = sentence

    def receipt(self) -> Receipt:
        """The receipt of what was given."""
        return receipt_of(
            self._counts,
            self._opened.wanted,
            file=self._opened.facts,
            export_format=self._opened.export_format,
            note=self._opened.note,
            in_box=self._selection.box is not None,
            outside=tuple(self._outside.values()),
        )


@contextmanager
def open_pipeline(
    path: str | Path,
    *,
    layers: Sequence[ExpectedLayer],
    layer: str | int | None,
    columns: Iterable[str] | None,
    bbox: Box | None,
    export_format: ExportFormat | str | None,
    domains: Domains,
) -> Iterator[Pipeline]:
    """Open what `load` was given; what must be unpacked is gone at the end.

    Raises
    ------
    LoadError, RequestError
        As `load` says.
    """
    check_domains(domains)
    selection = Selection.of(columns, bbox)
    with tempfile.TemporaryDirectory(prefix="arcgis-load-", ignore_cleanup_errors=True) as scratch:
        yield Pipeline(open_export(path, Path(scratch), layers, layer, export_format), selection, domains)


def frame_from_pages(pages: Iterable[FeaturePage], expected: ExpectedLayer, domains: Domains = "codes") -> pd.DataFrame:
    """Make one frame of a layer's pages, with the types, names and order of the layer.

    Parameters
    ----------
    pages
        As `FeatureLayer.pages` gives them; they are taken as the frame is made. None of them for no rows.
    expected
        The layer they are of.
    domains
        Coded values as ``codes``, as their ``labels``, or as ordered ``categories``.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame in the pages' coordinate system (x, longitude or easting, first), a DataFrame without geometry
        for a table; as `restore` says.

    Raises
    ------
    LoadError
        If a field holds what its type cannot be.
    PortalError
        Whatever taking the next page raises.
    """
    return restore(_frame(list(pages), expected), expected, domains=domains)


def frames_of(pages: Sequence[tuple[ExpectedLayer, Iterable[FeaturePage]]], domains: Domains = "codes") -> Frames:
    """Make the frames of several layers; see `frame_from_pages`.

    Returns
    -------
    Frames
        By layer name, with a receipt of what was counted and what arrived.
    """
    check_domains(domains)
    frames: dict[str, pd.DataFrame] = {}
    expected: dict[str, ExpectedLayer] = {}
    counts: dict[str, Counts] = {}
    for layer, its_pages in pages:
        name = free_name(layer.name, frames)
        frames[name] = frame_from_pages(its_pages, layer, domains)
        counts[name] = Counts.of(frames[name], layer.definition.object_id_field)
        expected[name] = layer
    return Frames(frames, receipt_of(counts, expected))


def _frame(pages: Sequence[FeaturePage], expected: ExpectedLayer) -> pd.DataFrame:
    if not pages:
        empty = pd.DataFrame({field.name: pd.Series(dtype="object") for field in expected.definition.fields})
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([])) if expected.has_geometry else empty
    page = FeaturePage.joined(pages)
    frame = pd.DataFrame({name: series_of(column) for name, column in page.columns.items()})
    if page.geometry is None:
        return frame
    reference = page.spatial_reference or expected.target_sr or expected.definition.spatial_reference
    return gpd.GeoDataFrame(frame, geometry=page.geometry, crs=reference.crs if reference else None)
