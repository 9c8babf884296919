"""Layers as dask frames, for work that does not fit into memory."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.geoparquet import count_rows, read_rows
from arcgis_export_widgets.loading.parquet import ParquetFiles


def require_dask(npartitions: int) -> None:
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


def make_folder(folder: str | Path | None) -> Path:
    """`folder`, or a temporary one that goes away when Python ends: frames read from it whenever they are computed."""
    if folder is not None:
        return Path(folder).expanduser()
    temporary = tempfile.mkdtemp(prefix="arcgis-partitions-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return Path(temporary)


def as_dask(files: ParquetFiles, npartitions: int) -> dict[str, Any]:
    """Make a dask-geopandas GeoDataFrame (dask DataFrame of a table) of each file, of at most `npartitions` pieces.

    Each piece reads its own rows when it is computed, in whichever process of whichever machine that sees the file.
    """
    import dask_geopandas  # noqa: F401, PLC0415  so that dask knows what to make of GeoDataFrames
    from dask import dataframe as dd  # noqa: PLC0415  an extra

    frames = {}
    for name, path in files.items():
        rows = count_rows(path)
        pieces = max(1, min(npartitions, rows))
        edges = [rows * number // pieces for number in range(pieces + 1)]
        ranges = [range(start, stop) for start, stop in pairwise(edges)]
        read = partial(read_rows, path=path.resolve())
        divisions = (*edges[:-1], max(rows - 1, 0))
        options: dict[str, Any] = {"meta": read(range(0)), "divisions": divisions, "label": "arcgis-layer"}
        frames[name] = dd.from_map(read, ranges, **options)  # type: ignore[no-untyped-call, unused-ignore]
    return frames
