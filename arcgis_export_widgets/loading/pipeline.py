"""The one way from an exported file to frames: `load`, `to_parquet` and dask differ only in what they make of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.opening import Opened, Part, open_export
from arcgis_export_widgets.loading.readers.source import NO_NAMES
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.receipt.counts import Counts, receipt_of
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.restore.domains import Domains, check_domains
from arcgis_export_widgets.loading.selection import Box, Selection


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
        self, part: Part, rows: int | None = None, as_text: frozenset[str] = NO_NAMES
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
        for read in part.source.batches(part.known, self._selection, rows, as_text):
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
