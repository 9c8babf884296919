"""Files and frames to layers."""

from __future__ import annotations

import gc
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from arcgis_export_widgets.localportal.layers.fields import (
    STRING,
    Field,
    infer_esri_type,
    text_length,
    to_held_values,
)
from arcgis_export_widgets.localportal.layers.layer import Layer, number_rows
from arcgis_export_widgets.localportal.layers.read_arrow import read_arrow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

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
# the others may give each moment an offset of its own, which Arrow has no place for
_UTC_DRIVERS = {"GPKG", "OpenFileGDB"}

logger = logging.getLogger(__name__)


class DataError(ValueError):
    """Data that cannot be served; the message says which and why."""


@contextmanager
def _garbage_collector_held() -> Iterator[None]:
    """Hold the collector off while many geometries are made: it would walk them all again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def list_layers(path: Path) -> list[str]:
    """Return the names of a file's layers and tables in order.

    Raises
    ------
    DataError
        When pyogrio cannot open the file.
    """
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except (pyogrio.errors.DataSourceError, OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read: it is no vector file that pyogrio opens") from error


def read_layer(
    path: Path,
    source: str,
    layer_id: int,
    name: str,
    *,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    definition: dict[str, Any] | None = None,
) -> Layer:
    """Return the layer called `source` in a file.

    Parameters
    ----------
    fields
        What is to be said of a field: ``alias``, ``type``, ``domain``, ``description``, ``length``,
        ``visible``.
    definition
        Further keys of the layer's JSON.
    """
    try:
        info = pyogrio.read_info(path, layer=source)
        with _garbage_collector_held():
            frame = _read_frame(path, source, info)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, ValueError) as error:
        raise DataError(f"layer {source!r} of {path.name} cannot be read") from error
    declared = dict(zip(info["fields"], info["dtypes"], strict=True))
    last_edit_ms = round(path.stat().st_mtime * 1000)
    return frame_to_layer(
        frame, layer_id, name,
        declared=declared, fields=fields, definition=definition, last_edit_ms=last_edit_ms,
    )  # fmt: skip


def _read_frame(path: Path, source: str, info: Mapping[str, Any]) -> pd.DataFrame:
    """Return a layer's features, many of them by Arrow, where that is as good."""
    has_offsets = "datetime64[ms]" in list(info["dtypes"]) and info["driver"] not in _UTC_DRIVERS
    if info["features"] >= _MANY_FEATURES and not has_offsets:
        try:
            return read_arrow(path, source)
        except (duckdb.Error, shapely.errors.GEOSException, NotImplementedError) as error:
            # curves, for example, which pyogrio can straighten
            logger.info("layer %r of %s is read feature by feature: %s", source, path.name, error)
    frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=source)
    return frame


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
    """Return a frame as a layer; object ids count from 1 in the frame's order.

    Raises
    ------
    DataError
        When the geometries are of several kinds, or a column cannot be held in its type.
    """
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
        layer_id, name,
        fields=definitions, attributes=pd.DataFrame(columns), geometries=geometries, crs=crs,
        geometry_type=geometry_type, definition=definition, last_edit_ms=last_edit_ms,
    )  # fmt: skip


def _describe_column(
    column: pd.Series[Any], name: str, facts: Mapping[str, Any], declared: str
) -> tuple[Field, pd.Series[Any]]:
    esri_type = str(facts.get("type") or infer_esri_type(column, declared))
    try:
        values = to_held_values(column, esri_type)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name!r} cannot be held as {esri_type}: {error}") from error
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
    """Return geometries of one Esri type and that type; empty ones become null.

    Raises
    ------
    DataError
        When kinds are mixed that one layer cannot hold.
    """
    geometries = geometries.copy()
    geometries[shapely.is_empty(geometries)] = None
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(geometries))} - {-1}
    types = {GEOMETRY_TYPES.get(kind, "") for kind in kinds}
    if types == {"esriGeometryPoint", "esriGeometryMultipoint"}:
        types = {"esriGeometryMultipoint"}
    if len(types) > 1 or "" in types:
        raise DataError(f"{name!r} mixes kinds of geometry; a layer holds points, lines or polygons")
    if bool(shapely.has_z(geometries).any()) and not bool(shapely.has_z(geometries)[geometries != None].all()):  # noqa: E711
        geometries = shapely.force_3d(geometries)
    return geometries, types.pop() if types else "esriGeometryPoint"
