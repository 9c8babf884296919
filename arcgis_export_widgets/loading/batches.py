"""A layer some rows at a time, for layers that do not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from arcgis_export_widgets.loading.detect import Kind
from arcgis_export_widgets.loading.matching import Part
from arcgis_export_widgets.loading.readers.csv import csv_batches
from arcgis_export_widgets.loading.readers.gdal import (
    gdal_errors,
    gdal_options,
    in_two_dimensions,
    no_garbage_collection,
    read,
)
from arcgis_export_widgets.loading.restore.domains import Domains
from arcgis_export_widgets.loading.restore.restore import restore
from arcgis_export_widgets.loading.selection import Selection

_READ_WHOLE = {Kind.FEATURE_COLLECTION, Kind.EXCEL}
"""Their readers hold all of the file anyway; both are small by their nature."""
_NULLABLE = {
    "bool": pd.BooleanDtype(),
    **{f"int{bits}": pd.api.types.pandas_dtype(f"Int{bits}") for bits in (8, 16, 32, 64)},
}


def batches(part: Part, selection: Selection, domains: Domains, batch_rows: int) -> Iterator[pd.DataFrame]:
    """Give a layer `batch_rows` rows at a time, restored; one frame without rows of an empty layer.

    Every frame has the same columns, of the same types.

    Raises
    ------
    LoadError
        If the file is damaged.
    """
    known = part.known
    given = False
    for frame in _as_in_file(part, selection, batch_rows):
        whole = restore(frame, known, part.source.kind, domains) if known else frame
        yield selection.inside(whole)
        given = True
    if not given:
        frame = read(part.source, known, selection)
        yield restore(frame, known, part.source.kind, domains) if known else frame


def _as_in_file(part: Part, selection: Selection, batch_rows: int) -> Iterator[pd.DataFrame]:
    source, known = part.source, part.known
    if source.kind in _READ_WHOLE:
        whole = read(source, known, selection)
        for start in range(0, len(whole), batch_rows):
            yield whole.iloc[start : start + batch_rows].reset_index(drop=True)
    elif source.kind is Kind.CSV:
        yield from csv_batches(source, known, selection, batch_rows)
    else:
        yield from _gdal_batches(part, selection, batch_rows)


def _gdal_batches(part: Part, selection: Selection, batch_rows: int) -> Iterator[pd.DataFrame]:
    import pyarrow as pa  # noqa: PLC0415  an extra

    source = part.source
    with gdal_errors(source):
        options = gdal_options(source, part.known, selection)
        id_field = options.pop("id_field", None)
        options["return_fids"] = options.pop("fid_as_index", False)
        with pyogrio.open_arrow(source.path, batch_size=batch_rows, use_pyarrow=True, **options) as (meta, reader):
            for batch in reader:
                if not batch.num_rows:
                    continue
                with no_garbage_collection():
                    frame = pa.Table.from_batches([batch]).to_pandas(types_mapper=nullable_types)
                    frame = _with_id(frame, meta["fid_column"] or "OGC_FID", id_field)
                    yield _with_geometry(frame, meta["geometry_name"] or "wkb_geometry", meta["crs"])


def nullable_types(arrow_type: Any) -> Any:
    """The pandas type that holds an Arrow type with gaps and without, so that all batches agree."""
    return _NULLABLE.get(str(arrow_type))


def _with_id(frame: pd.DataFrame, column: str, id_field: str | None) -> pd.DataFrame:
    if id_field is None or column == id_field or column not in frame.columns:
        return frame
    return frame.drop(columns=column) if id_field in frame.columns else frame.rename(columns={column: id_field})


def _with_geometry(frame: pd.DataFrame, column: str, crs: Any) -> pd.DataFrame:
    if column not in frame.columns:
        return frame
    wkb = frame.pop(column).to_numpy(dtype="object")
    return in_two_dimensions(gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(wkb), crs=crs))
