"""Loading an exported file into memory, or as dask frames that read it piece by piece."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.frames import Frames
from arcgis_export_widgets.loading.geoparquet import count_rows, read_rows
from arcgis_export_widgets.loading.parquet import ParquetFiles, to_parquet
from arcgis_export_widgets.loading.pipeline import open_pipeline
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore.values import Domains
from arcgis_export_widgets.loading.selection import Box


def load(
    path: str | Path,
    *,
    layers: Sequence[ExpectedLayer] = (),
    layer: str | int | None = None,
    columns: Iterable[str] | None = None,
    bbox: Box | None = None,
    export_format: ExportFormat | str | None = None,
    domains: Domains = "codes",
    npartitions: int | None = None,
    partitions_folder: str | Path | None = None,
) -> Frames:
    """Load an exported file, zipped or not, with one layer or many.

    The format is recognised by the content. Nothing is written next to the file; what must be unpacked goes to a
    temporary folder that is gone when this returns.

    Parameters
    ----------
    path
        Shapefile, CSV, GeoJSON, File Geodatabase, GeoPackage, KML, Excel or Feature Collection, or a zip of them, as
        ArcGIS exports it; or the folder of one that was unpacked.
    layers
        What the file should hold, in this order. From it names, types, dates and the coordinate system are restored
        and completeness is judged. If empty, it is taken from the ``<file>.layers.json`` that a download saves next to
        its file; if there is none (you may delete it), the file is loaded as it is.
    layer
        Name of the one layer to read, in any case, or its number in the service if `layers` or the document next to
        the file has numbers; None for all.
    columns
        Full names of the fields to load, in any case; None for all. The others are not even read, except for object
        ids, which prove that the rows are complete. The geometry is always loaded.
    bbox
        Only rows whose geometry meets ``(xmin, ymin, xmax, ymax)`` in the file's coordinates, or meets the bounds of a
        GeoDataFrame or GeoSeries in any; None for all rows. Tables have no geometry and come whole.
    export_format
        The format it was exported to, so that the receipt can say what it lost; None to take it from the document next
        to the file.
    domains
        Coded values as ``codes``, as their ``labels``, or as ordered ``categories``.
    npartitions
        Give dask-geopandas frames of this many pieces, for layers larger than memory: the file is converted to
        GeoParquet batch by batch, and each piece is read when it is computed, on a distributed cluster too. None for
        GeoPandas' own frames. Needs ``pip install "arcgis-export-widgets[dask]"``.
    partitions_folder
        Where that GeoParquet goes, a folder that all workers see; None for a temporary one on this machine that
        goes away when Python ends.

    Returns
    -------
    Frames
        By layer name; ``.only`` is the frame if there is only one. Coordinates are x (longitude, easting) first. Even
        without `layers`, whole numbers are nullable integers and moments with a zone are in UTC, except in a CSV.

    Raises
    ------
    LoadError
        If the file is missing, damaged, dangerous or not an export, or has no such layer or column.
    RequestError
        If `domains` is none of the three, or `layer` is a number and no numbers are known.
    """
    if npartitions is not None:
        _require_dask(npartitions)
        files = to_parquet(
            path, _make_folder(partitions_folder), layers=layers, layer=layer, columns=columns, bbox=bbox,
            export_format=export_format, domains=domains,
        )  # fmt: skip
        return Frames(_as_dask(files, npartitions), files.receipt)
    with open_pipeline(
        path, layers=layers, layer=layer, columns=columns, bbox=bbox, export_format=export_format, domains=domains
    ) as pipeline:
        frames = {part.name: frame for part in pipeline.parts for frame in pipeline.batches(part)}
        return Frames(frames, pipeline.receipt())


def _require_dask(npartitions: int) -> None:
    """Raise unless dask-geopandas is there and the number makes sense.

    Raises
    ------
    LoadError
    """
    if find_spec("dask_geopandas") is None:
        raise LoadError(say('This needs dask-geopandas: pip install "arcgis-export-widgets[dask]"'))
    if isinstance(npartitions, bool) or not isinstance(npartitions, int) or npartitions < 1:
        raise LoadError(
            say("npartitions is a number of pieces, 1 or more, not {npartitions!r}.", npartitions=npartitions)
        )


def _make_folder(folder: str | Path | None) -> Path:
    """`folder`, or a temporary one that goes away when Python ends: frames read from it whenever they are computed."""
    if folder is not None:
        return Path(folder).expanduser()
    temporary = tempfile.mkdtemp(prefix="arcgis-partitions-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return Path(temporary)


def _as_dask(files: ParquetFiles, npartitions: int) -> dict[str, Any]:
    """Make a dask-geopandas GeoDataFrame (dask DataFrame of a table) of each file, of at most `npartitions` pieces.

    Each piece reads its own rows when it is computed, in whichever process of whichever machine that sees the file.
    """
    import dask  # noqa: PLC0415  an extra
    import dask_geopandas  # noqa: F401, PLC0415  so that dask knows what to make of GeoDataFrames
    from dask import dataframe as dd  # noqa: PLC0415

    frames = {}
    for name, path in files.items():
        rows = count_rows(path)
        pieces = max(1, min(npartitions, rows))
        edges = [rows * number // pieces for number in range(pieces + 1)]
        ranges = [range(start, stop) for start, stop in pairwise(edges)]
        read = partial(read_rows, path=path.resolve())
        divisions = (*edges[:-1], max(rows - 1, 0))
        options: dict[str, Any] = {"meta": read(range(0)), "divisions": divisions, "label": "arcgis-layer"}
        with dask.config.set({"dataframe.convert-string": False}):  # texts stay of the type that load() gives them
            frames[name] = dd.from_map(read, ranges, **options)  # type: ignore[no-untyped-call, unused-ignore]
    return frames
