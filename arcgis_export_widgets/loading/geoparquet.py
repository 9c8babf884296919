"""Write a layer to a GeoParquet file batch by batch, and read the file back in pieces.

Specification of the metadata: https://geoparquet.org/releases/v1.1.0/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.column_types import ColumnTypes
from arcgis_export_widgets.loading.counts import Counts
from arcgis_export_widgets.loading.expected import Bounds
from arcgis_export_widgets.portal.items.file_names import file_errors
from arcgis_export_widgets.portal.pages.assemble import gc_paused


def write_geoparquet(
    read: Callable[[frozenset[str]], Iterable[pd.DataFrame]], path: Path, name: str, group_rows: int
) -> None:
    """Write the batches that `read` returns to one file, in groups of `group_rows` rows. If it fails, no file is left.

    The column ``geometry`` contains WKB; a layer without geometry becomes plain Parquet. `read` takes the names of the
    columns to read as text, and returns at least one frame. If a later batch shows that a column needs another type
    than the first batch had, all batches are read and written again.
    """
    import pyarrow as pa  # noqa: PLC0415  an extra

    types = ColumnTypes()
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with file_errors(LoadError, path):
            while not _write(read(types.read_as_text), unfinished, types, group_rows):
                types.read_as_text = types.texts
            unfinished.replace(path)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise LoadError(
            say(
                "{layer} contains values that Parquet cannot store ({error}). Use load() without npartitions.",
                layer=name,
                error=error,
            )
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _write(frames: Iterable[pd.DataFrame], path: Path, types: ColumnTypes, group_rows: int) -> bool:
    """Write the frames; return False if a later frame changed `types`, so that the file must be written again."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    frames = iter(frames)
    first = next(frames)
    types.add(first)
    schema, counts = _schema(types.example()), Counts(None)
    kinds: set[str] = set()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for frame in chain([first], frames):
            if not types.add(frame):
                for unwritten in frames:
                    types.add(unwritten)
                return False
            typed = types.applied(frame)
            if isinstance(typed, gpd.GeoDataFrame):
                counts.add(typed)
                shapes = typed.geometry.dropna()
                kinds |= set(shapes.geom_type + np.where(shapes.has_z, " Z", ""))
            plain = typed.to_wkb(flavor="iso") if isinstance(typed, gpd.GeoDataFrame) else typed
            table = pa.Table.from_pandas(plain, schema, preserve_index=False, nthreads=1)
            del plain
            writer.write_table(table, row_group_size=group_rows)
        if isinstance(typed, gpd.GeoDataFrame):
            writer.add_key_value_metadata({"geo": _metadata(typed, kinds, counts.extent)})
    return True


def _schema(frame: pd.DataFrame) -> Any:
    """The Arrow schema of a frame, in which a column without any values has the type text."""
    import pyarrow as pa  # noqa: PLC0415

    plain, geometry = frame, None
    if isinstance(frame, gpd.GeoDataFrame):
        plain, geometry = frame.to_wkb(), frame.geometry.name
    schema = pa.Schema.from_pandas(plain, preserve_index=False)
    for position, field in enumerate(schema):
        if field.name == geometry:
            schema = schema.set(position, field.with_type(pa.binary()))
        elif pa.types.is_null(field.type):
            schema = schema.set(position, field.with_type(pa.string()))
    return schema


def _metadata(frame: gpd.GeoDataFrame, kinds: set[str], extent: Bounds | None) -> bytes:
    """GeoParquet metadata as JSON, with the geometry types and the extent of all rows."""
    crs = frame.crs.to_json_dict() if frame.crs else None
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": sorted(kinds), "crs": crs}
    if extent is not None:
        column["bbox"] = extent
    name = frame.geometry.name
    return json.dumps({"version": "1.1.0", "primary_column": name, "columns": {name: column}}).encode()


def count_rows(path: Path) -> int:
    """Number of rows in a Parquet file, read from its metadata."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    return int(pq.read_metadata(path).num_rows)


def read_rows(rows: range, path: Path) -> pd.DataFrame:
    """Read the given rows of a file that `write_geoparquet` made; the frame's index is the row numbers in the file."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(path) as file:
        groups: list[int] = []
        start = end = 0
        for group in range(file.num_row_groups):
            begin, end = end, end + file.metadata.row_group(group).num_rows
            if begin < rows.stop and end > rows.start:
                start = start if groups else begin
                groups.append(group)
        table = file.read_row_groups(groups).slice(rows.start - start, len(rows))
        geo = json.loads((file.metadata.metadata or {}).get(b"geo", b"null"))
    frame = table.to_pandas()
    frame.index = pd.RangeIndex(rows.start, rows.stop)
    if geo is None:
        return frame
    name = geo["primary_column"]
    wkb = frame[name].to_numpy(dtype="object")
    with gc_paused():
        geometry = shapely.from_wkb(wkb)
    frame[name] = gpd.GeoSeries(geometry, crs=geo["columns"][name]["crs"], index=frame.index)
    return gpd.GeoDataFrame(frame, geometry=name)
