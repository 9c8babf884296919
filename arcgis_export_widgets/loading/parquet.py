"""Convert an exported file to GeoParquet in bounded memory, and make dask-geopandas frames of the result."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import pairwise, starmap
from pathlib import Path
from typing import Any

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.geoparquet import count_rows, read_rows, write_geoparquet
from arcgis_export_widgets.loading.pipeline import Part, open_pipeline
from arcgis_export_widgets.loading.readers.source import Box
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.values import Domains
from arcgis_export_widgets.portal.items.file_names import file_errors, safe_name

_BATCH_ROWS = 65_536


class ParquetFiles(dict[str, Path]):
    """A dict of the paths of Parquet files by layer name.

    Attributes
    ----------
    receipt
        Says whether the rows that were written are those that the portal counted.
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
    """Convert an exported file of any size to GeoParquet, restoring names and types as `load` does.

    Only one batch of rows is in memory at a time, except for Excel, Feature Collection and KML, which cannot be read
    in parts. Each column has the same type in all batches: if a later batch needs another type, the file is
    read again. What Parquet cannot store becomes text: nested JSON, and columns of mixed types. Needs
    pyarrow: ``pip install "arcgis-export-widgets[arrow]"``.

    Parameters
    ----------
    target
        A folder, created if missing, for a ``<layer name>.parquet`` per layer; or the path of a ``.parquet`` file for
        a single layer. A file of the same name is replaced once the new one is complete.
    path, layers, layer, columns, bbox, export_format
        See `load`.
    domains
        How to return coded values: as ``codes``, as their ``labels``, or as ordered ``categories`` of the labels.

    Returns
    -------
    ParquetFiles
        Paths by layer name, with a receipt. Read them with `geopandas.read_parquet`, tables with `pandas.read_parquet`.

    Raises
    ------
    LoadError
        If the file cannot be loaded, or pyarrow is missing.
    """
    if find_spec("pyarrow") is None:
        raise LoadError(say('This needs pyarrow: pip install "arcgis-export-widgets[arrow]"'))
    target = Path(target).expanduser()
    with open_pipeline(
        path, layers=layers, layer=layer, columns=columns, bbox=bbox, export_format=export_format, domains=domains
    ) as pipeline:
        files = dict(zip((part.name for part in pipeline.parts), _targets(target, pipeline.parts), strict=True))
        for part in pipeline.parts:
            write_geoparquet(partial(pipeline.batches, part, _BATCH_ROWS), files[part.name], part.name, _BATCH_ROWS)
        return ParquetFiles(files, pipeline.receipt())


def _targets(target: Path, parts: Sequence[Part]) -> list[Path]:
    """The file of each layer, in a folder that exists."""
    with file_errors(LoadError, target):
        return _files_for(target, parts)


def _files_for(target: Path, parts: Sequence[Part]) -> list[Path]:
    if target.suffix.lower() == ".parquet":
        if len(parts) != 1:
            raise LoadError(
                say_count(
                    "{count} layer cannot be written to one file ({file}). Give a folder, or choose one layer.",
                    "{count} layers cannot be written to one file ({file}). Give a folder, or choose one layer.",
                    len(parts),
                    file=target.name,
                )
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        return [target]
    target.mkdir(parents=True, exist_ok=True)
    return [target / safe_name(f"{part.name}.parquet") for part in parts]


def make_dask_frames(
    path: str | Path, npartitions: int, folder: str | Path | None, **options: Any
) -> tuple[dict[str, Any], Receipt]:
    """Convert a file with `to_parquet`, and make a dask-geopandas frame of up to `npartitions` pieces for each layer.

    Each piece reads its own rows when it is computed, on any machine that can read `folder`. If that is None, a
    temporary folder is used and deleted when Python ends. `options` are those of `to_parquet`.
    """
    if find_spec("dask_geopandas") is None:
        raise LoadError(say('This needs dask-geopandas: pip install "arcgis-export-widgets[dask]"'))
    if isinstance(npartitions, bool) or not isinstance(npartitions, int) or npartitions < 1:
        raise LoadError(
            say("npartitions is a number of pieces, 1 or more, not {npartitions!r}.", npartitions=npartitions)
        )
    import dask  # noqa: PLC0415  an extra
    import dask_geopandas  # noqa: F401, PLC0415  registers GeoDataFrames with dask
    from dask import dataframe as dd  # noqa: PLC0415

    if folder is None:
        with file_errors(LoadError, tempfile.gettempdir()):
            folder = tempfile.mkdtemp(prefix="arcgis-partitions-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = to_parquet(path, folder, **options)
    frames = {}
    for name, file in files.items():
        rows = count_rows(file)
        pieces = max(1, min(npartitions, rows))
        edges = [rows * number // pieces for number in range(pieces + 1)]
        read = partial(read_rows, path=file.resolve())
        divisions = (*edges[:-1], max(rows - 1, 0))
        how: dict[str, Any] = {"meta": read(range(0)), "divisions": divisions, "label": "arcgis-layer"}
        with dask.config.set({"dataframe.convert-string": False}):  # keeps strings in the type that load() gives them
            frames[name] = dd.from_map(read, list(starmap(range, pairwise(edges))), **how)  # type: ignore[no-untyped-call, unused-ignore]
    return frames, files.receipt
