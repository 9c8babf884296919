"""Make layers from vector files and from DataFrames."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.localportal.layers.fields import (
    STRING,
    Field,
    infer_esri_type,
    text_length,
    to_stored_values,
)
from arcgis_export_widgets.localportal.layers.layer import Layer, number_rows
from arcgis_export_widgets.localportal.layers.opening import DataError, plainly_named

GEOMETRY_TYPES = {
    0: "esriGeometryPoint",
    1: "esriGeometryPolyline",
    2: "esriGeometryPolyline",
    3: "esriGeometryPolygon",
    4: "esriGeometryMultipoint",
    5: "esriGeometryPolyline",
    6: "esriGeometryPolygon",
}
_MANY_FEATURES = 100_000
# drivers whose timestamps are all in UTC; other files can have a UTC offset per row, which Arrow cannot express
_UTC_DRIVERS = {"GPKG", "OpenFileGDB"}

logger = logging.getLogger(__name__)


@contextmanager
def _gc_pause() -> Iterator[None]:
    """Pause the garbage collector in a ``with`` block; it would check geometries repeatedly while they are read."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_layers(path: Path, fields: Mapping[str, Mapping[str, Any]] | None = None) -> list[Layer]:
    """Return all layers and tables of a file, numbered from 0; for `fields`, see `read_layer`."""
    with plainly_named(path) as plain:
        try:
            names = [str(name) for name, _ in pyogrio.list_layers(plain)]
        except (pyogrio.errors.DataSourceError, OSError, ValueError) as error:
            raise DataError(f"{path.name} cannot be read: pyogrio cannot open this kind of file") from error
        if not names:
            raise DataError(f"{path.name} contains no layer")
        return [read_layer(plain, name, number, name, fields=fields) for number, name in enumerate(names)]


def read_layer(
    path: Path,
    source: str,
    layer_id: int,
    name: str,
    *,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    definition: dict[str, Any] | None = None,
) -> Layer:
    """Return the layer called `source` in a file; `definition` contains more keys for the layer's JSON.

    `fields` contains, by field name, what the file does not: alias, type, domain, description, length, visible.
    """
    try:
        info = pyogrio.read_info(path, layer=source)
        with _gc_pause():
            frame = _read_frame(path, source, info)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, ValueError) as error:
        raise DataError(f"layer {source!r} of {path.name} cannot be read") from error
    declared = dict(zip(info["fields"], info["dtypes"], strict=True))
    last_edit_ms = round(path.stat().st_mtime * 1000)
    return frame_to_layer(
        frame,
        layer_id,
        name,
        declared=declared,
        fields=fields,
        definition=definition,
        last_edit_ms=last_edit_ms,
    )


def _read_frame(path: Path, source: str, info: Mapping[str, Any]) -> pd.DataFrame:
    """Return a layer's features, read with `read_arrow` if there are many and Arrow can express them."""
    has_offsets = "datetime64[ms]" in list(info["dtypes"]) and info["driver"] not in _UTC_DRIVERS
    if info["features"] >= _MANY_FEATURES and not has_offsets:
        try:
            return read_arrow(path, source)
        except (duckdb.Error, shapely.errors.GEOSException, NotImplementedError) as error:
            # for example curves, which pyogrio converts to straight segments
            logger.info("layer %r of %s is read without Arrow: %s", source, path.name, error)
    frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=source)
    return frame


def read_arrow(path: Path, layer: str) -> pd.DataFrame:
    """Return a layer's features as a GeoDataFrame, or a table's rows as a DataFrame, in the file's order.

    DuckDB turns GDAL's Arrow stream into numpy arrays, so features do not pass through Python, other requests are not
    blocked, and pyarrow is not needed. Integers stay integers even with nulls; dates become UTC without a time zone.
    """
    with (
        duckdb.connect(":memory:", config={"threads": 2, "preserve_insertion_order": True}) as database,
        pyogrio.open_arrow(path, layer=layer, use_pyarrow=False) as (facts, stream),
    ):
        database.execute("SET TimeZone = 'UTC'")
        database.register("stream", stream)
        # match columns by position, as DuckDB renames columns that differ only in case
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
    """Return a pandas column from DuckDB's array, which is a masked array if there are nulls."""
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


def frame_to_layer(
    frame: pd.DataFrame,
    layer_id: int,
    name: str,
    *,
    declared: Mapping[str, str] | None = None,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    definition: dict[str, Any] | None = None,
    last_edit_ms: int = 0,
) -> Layer:
    """Return a DataFrame or GeoDataFrame as a layer; object ids are 1, 2, 3 ... in the order of its rows."""
    crs = geometries = geometry_type = None
    attributes = pd.DataFrame(frame)
    if isinstance(frame, gpd.GeoDataFrame):
        crs = frame.crs
        attributes = attributes.drop(columns=frame.geometry.name)
        geometries, geometry_type = normalise_geometries(np.asarray(frame.geometry.array), name)
    object_id, attributes = number_rows(attributes)
    definitions, columns = [object_id], {object_id.name: attributes[object_id.name]}
    for column in attributes.columns[1:]:
        facts = (fields or {}).get(str(column), {})
        field, values = _describe_column(attributes[column], str(column), facts, (declared or {}).get(str(column), ""))
        definitions.append(field)
        columns[field.name] = values
    return Layer(
        layer_id,
        name,
        fields=definitions,
        attributes=pd.DataFrame(columns),
        geometries=geometries,
        crs=crs,
        geometry_type=geometry_type,
        definition=definition or {},
        last_edit_ms=last_edit_ms,
    )


def _describe_column(
    column: pd.Series[Any], name: str, facts: Mapping[str, Any], declared: str
) -> tuple[Field, pd.Series[Any]]:
    esri_type = str(facts.get("type") or infer_esri_type(column, declared))
    try:
        values = to_stored_values(column, esri_type)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name!r} cannot be stored as {esri_type}: {error}") from error
    field = Field(
        name,
        esri_type,
        str(facts.get("alias", name)),
        length=int(facts.get("length") or text_length(values)) if esri_type == STRING else None,
        domain=facts.get("domain"),
        description=facts.get("description"),
        visible=bool(facts.get("visible", True)),
    )
    return field, values


def normalise_geometries(geometries: NDArray[np.object_], name: str) -> tuple[NDArray[np.object_], str]:
    """Return `geometries` with null for empty ones, and their Esri type; raise `DataError` if types are mixed."""
    geometries = geometries.copy()
    geometries[shapely.is_empty(geometries)] = None
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(geometries))} - {-1}
    types = {GEOMETRY_TYPES.get(kind, "") for kind in kinds}
    if types == {"esriGeometryPoint", "esriGeometryMultipoint"}:
        types = {"esriGeometryMultipoint"}
    if len(types) > 1 or "" in types:
        raise DataError(f"{name!r} mixes geometry types; a layer contains points, lines or polygons only")
    if bool(shapely.has_z(geometries).any()) and not bool(shapely.has_z(geometries)[geometries != None].all()):  # noqa: E711
        geometries = shapely.force_3d(geometries)
    return geometries, types.pop() if types else "esriGeometryPoint"
