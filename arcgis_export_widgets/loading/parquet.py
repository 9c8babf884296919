"""From an exported file to GeoParquet, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.loading.batches import batches
from arcgis_export_widgets.loading.bounds_check import told_outside
from arcgis_export_widgets.loading.geoparquet import write_geoparquet
from arcgis_export_widgets.loading.matching import Part, match
from arcgis_export_widgets.loading.opening import open_export
from arcgis_export_widgets.loading.readers.gdal import names_in
from arcgis_export_widgets.loading.receipt.counts import Tally
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.receipt.make import receipt_of
from arcgis_export_widgets.loading.receipt.receipt import Receipt
from arcgis_export_widgets.loading.restore.domains import Domains, check_domains
from arcgis_export_widgets.loading.selection import Box, Selection
from arcgis_export_widgets.portal.items.file_names import safe_name

_BATCH_ROWS = 65_536


class ParquetFiles(dict[str, Path]):
    """Parquet files by layer name.

    Attributes
    ----------
    receipt
        What the portal counted against what was written.
    """

    def __init__(self, files: Mapping[str, Path], receipt: Receipt) -> None:
        super().__init__(files)
        self.receipt = receipt

    def __repr__(self) -> str:
        lines = [f"  {name!r}: {path}" for name, path in self.items()]
        return "\n".join(["ParquetFiles", *lines, f"  {self.receipt.verdict}"])


def to_parquet(
    path: str | Path,
    target: str | Path,
    *,
    layers: Sequence[ExpectedLayer] = (),
    layer: str | int | None = None,
    columns: Iterable[str] | None = None,
    bbox: Box | None = None,
    export_format: ExportFormat | str | None = None,
    domains: Domains = "codes",
) -> ParquetFiles:
    """Convert an exported file to GeoParquet, restored as `load` restores it, however large it is.

    A batch of rows is in memory at a time, except for Excel, Feature Collection and KML, which cannot be read in
    parts. Needs pyarrow: ``pip install "arcgis-export-widgets[arrow]"``.

    Parameters
    ----------
    target
        A folder, made if need be, for one ``<layer name>.parquet`` each; or the path of a ``.parquet`` file where
        there is only one layer. Files of the same name are replaced, once the new one is whole.
    path, layers, layer, columns, bbox, export_format
        As `load` takes them.
    domains
        Coded values as ``codes`` or as ``labels``.

    Returns
    -------
    ParquetFiles
        Paths by layer name, with a receipt. `geopandas.read_parquet` reads them, `pandas.read_parquet` the tables.

    Raises
    ------
    LoadError
        If the file cannot be loaded, or pyarrow is missing.
    """
    if find_spec("pyarrow") is None:
        raise LoadError(say('This needs pyarrow: pip install "arcgis-export-widgets[arrow]"'))
    check_domains(domains)
    if domains == "categories":
        raise LoadError(say("A batch does not know the categories of the next: domains is 'codes' or 'labels' here."))
    target = Path(target).expanduser()
    selection = Selection.of(columns, bbox)
    files: dict[str, Path] = {}
    tallies: dict[str, Tally] = {}
    outside: list[str | None] = []
    with tempfile.TemporaryDirectory(prefix="arcgis-load-", ignore_cleanup_errors=True) as scratch:
        opened = open_export(path, Path(scratch), layers, export_format)
        parts = match(opened.sources, opened.layers, layer)
        for part, file in zip(parts, _targets(target, parts), strict=True):
            tallies[part.name] = Tally(part.id_field)
            frames = batches(part, selection, domains, _BATCH_ROWS)
            write_geoparquet(_counted(frames, part, selection, tallies[part.name]), file, part.name)
            files[part.name] = file
            if selection.box is not None and not tallies[part.name].rows:
                outside.append(told_outside(part, selection))
    wanted = {one.name: one for one in opened.layers if layer is None or one.name in files}
    receipt = receipt_of(tallies, wanted, opened, in_box=selection.box is not None, outside=outside)
    return ParquetFiles(files, receipt)


def _counted(frames: Iterable[pd.DataFrame], part: Part, selection: Selection, tally: Tally) -> Iterator[pd.DataFrame]:
    for frame in frames:
        tally.add(frame)
        yield selection.only_columns(frame, part.name, partial(names_in, part))


def _targets(target: Path, parts: Sequence[Part]) -> list[Path]:
    if target.suffix.lower() == ".parquet":
        if len(parts) != 1:
            raise LoadError(
                say_count(
                    "{count} layer does not fit into one file {file}: name a folder, or one layer.",
                    "{count} layers do not fit into one file {file}: name a folder, or one layer.",
                    len(parts),
                    file=target.name,
                )
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        return [target]
    target.mkdir(parents=True, exist_ok=True)
    return [target / safe_name(f"{part.name}.parquet") for part in parts]
