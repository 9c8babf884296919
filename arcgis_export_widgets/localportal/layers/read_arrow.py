"""A layer of a file as a frame: GDAL streams Arrow, DuckDB makes numpy arrays of it.

No feature passes through Python, others can be answered meanwhile, and no pyarrow is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_arrow(path: Path, layer: str) -> pd.DataFrame:
    """Return a layer's features as a GeoDataFrame, or a table's rows as a DataFrame, in the file's order.

    Whole numbers stay whole beside nulls (pandas' nullable types), dates become naive UTC.

    Raises
    ------
    duckdb.Error, shapely.errors.GEOSException, NotImplementedError
        For what Arrow cannot carry, such as curves; `pyogrio.read_dataframe` may still read it.
    """
    with (
        duckdb.connect(":memory:", config={"threads": 2, "preserve_insertion_order": True}) as database,
        pyogrio.open_arrow(path, layer=layer, use_pyarrow=False) as (facts, stream),
    ):
        database.execute("SET TimeZone = 'UTC'")
        database.register("stream", stream)
        # by place, for DuckDB tells names apart by more than their case
        arrays = list(database.execute("SELECT * FROM stream").fetchnumpy().values())
    return _to_frame(facts, arrays)


def _to_frame(facts: dict[str, Any], arrays: Sequence[Any]) -> pd.DataFrame:
    names = [str(name) for name in facts["fields"]]
    frame = pd.DataFrame({name: _to_column(values) for name, values in zip(names, arrays, strict=False)})
    if len(arrays) == len(names):
        return frame
    geometries = shapely.from_wkb([None if one is None else bytes(one) for one in _to_column(arrays[-1])])
    crs = facts["crs"]
    with_geometry: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=geometries, crs=crs)
    return with_geometry


def _to_column(values: Any) -> Any:
    """Return DuckDB's values, a masked array where there are nulls, as what pandas holds them in."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    missing = np.ma.getmaskarray(values)
    if values.dtype.kind in "iu":
        return pd.arrays.IntegerArray(values.data, missing)
    if values.dtype.kind == "b":
        return pd.arrays.BooleanArray(values.data, missing)
    column = values.data.copy()
    column[missing] = {"f": np.nan, "M": np.datetime64("NaT")}.get(values.dtype.kind)
    return column
