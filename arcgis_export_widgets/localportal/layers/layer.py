"""A feature service and its layers, whose attributes are in DuckDB and pandas and whose geometries are in shapely."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import duckdb
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from arcgis_export_widgets.localportal.geometry.geometry_json import total_bounds
from arcgis_export_widgets.localportal.geometry.spatial_reference import SpatialReferenceError, reproject
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.http.responses import FIXED_KEYS
from arcgis_export_widgets.localportal.http.time_limit import interrupted_after, took_too_long
from arcgis_export_widgets.localportal.layers.fields import OID, STRING, Field, quote_name, to_json_values

Rows = NDArray[np.int64]
_Fetched = TypeVar("_Fetched")
OBJECT_ID = "OBJECTID"
MOST_SECONDS = 20.0
"""Time after which a query is ended."""
# for a layer's queries: so many bytes, and so many times as many as its data has
_QUERY_BYTES, _QUERY_SHARE = 1_000_000_000, 2
# columns for the bounding box: a where clause cannot use these, as no field name contains a space
BOUNDS = ('"layer xmin"', '"layer ymin"', '"layer xmax"', '"layer ymax"')


@dataclass(eq=False, repr=False)
class Layer:
    """One layer or table of a service.

    Parameters
    ----------
    layer_id
        The layer's number, as in the URL ``FeatureServer/0``.
    fields
        The layer's fields, the object id field first.
    attributes
        One column per field, of the type that `to_stored_values` returns; the index is 0 to n - 1.
    geometries
        Array of shapely objects in x, y order, with None for a null geometry; None instead of an array for a table.
    crs
        Coordinate system of the geometries; None if it is unknown, or for a table.
    geometry_type
        Esri's name, such as ``esriGeometryPoint``; None for a table.
    definition
        More keys for the layer's JSON: displayField, drawingInfo, description ...
    """

    layer_id: int
    name: str
    fields: Sequence[Field]
    attributes: pd.DataFrame
    geometries: NDArray[np.object_] | None = None
    crs: CRS | None = None
    geometry_type: str | None = None
    definition: dict[str, Any] = dataclasses.field(default_factory=dict)
    last_edit_ms: int = 0

    def __post_init__(self) -> None:
        self.has_z = self.geometries is not None and bool(shapely.has_z(self.geometries).any())
        self.bounds = None if self.geometries is None else shapely.bounds(self.geometries)
        self._by_name = {field.name.lower(): field for field in self.fields}
        self._database = self._load()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.attributes)

    @property
    def is_table(self) -> bool:
        """Whether this is a table, which has no geometries."""
        return self.geometries is None

    @property
    def object_id_field(self) -> str:
        """Name of the object id field."""
        return next(field.name for field in self.fields if field.esri_type == OID)

    @property
    def id_fields(self) -> dict[str, Any]:
        """The part of a query's response that names the layer's id fields."""
        return {
            "objectIdFieldName": self.object_id_field,
            "uniqueIdField": {"name": self.object_id_field, "isSystemMaintained": True},
            "globalIdFieldName": "",
        }

    @property
    def display_field(self) -> str:
        """Name of the field that labels features: from `definition`, else the first visible text field, else the id."""
        texts = (field.name for field in self.fields if field.esri_type == STRING and field.visible)
        return str(self.definition.get("displayField") or next(texts, self.object_id_field))

    @cached_property
    def extent(self) -> NDArray[np.float64]:
        """Array of xmin, ymin, xmax, ymax of all features together; not-a-number if there are none."""
        return total_bounds(self.geometries)

    def field(self, name: str) -> Field | None:
        """Return the field called `name` (in any case), or None if there is none."""
        return self._by_name.get(name.strip().strip('"`').lower())

    def _load(self) -> duckdb.DuckDBPyConnection:
        """Load attributes and bounding boxes into a new DuckDB database, which cannot read anything else afterwards."""
        database = duckdb.connect(":memory:", config={"threads": 2, "preserve_insertion_order": True})
        database.execute("SET pandas_analyze_sample = 0; SET python_enable_replacements = false")
        source = self.attributes.copy(deep=False)
        columns = [f"{field.sql} AS {quote_name(field.name)}" for field in self.fields]
        if self.bounds is not None:
            for position, name in enumerate(BOUNDS):
                source[name.strip('"')] = np.ascontiguousarray(self.bounds[:, position])
                columns.append(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}")
        database.register("source", source)
        database.execute(f"CREATE TABLE layer AS SELECT {', '.join(columns)} FROM source")  # noqa: S608
        database.unregister("source")
        row = database.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchone()
        most_bytes = _QUERY_BYTES + (1 + _QUERY_SHARE) * int(row[0] if row else 0)
        database.execute(f"SET memory_limit = '{most_bytes}B'; SET temp_directory = ''")
        database.execute("SET enable_external_access = false; SET lock_configuration = true")
        return database

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run `sql` up to its first rows; for more rows, and for errors, see `fetch`."""
        return self.fetch(sql, parameters, lambda cursor: cursor)

    def fetch(
        self, sql: str, parameters: Sequence[Any], read: Callable[[duckdb.DuckDBPyConnection], _Fetched]
    ) -> _Fetched:
        """Run `sql` on the layer's own DuckDB database, which computes rows when `read` fetches them; return these.

        Several threads may call this at once. Raises an error for the caller if that takes longer than `MOST_SECONDS`,
        or more memory than queries of this layer may use.
        """
        with self._lock:
            cursor = self._database.cursor()
        with interrupted_after(MOST_SECONDS, cursor.interrupt) as is_over:
            try:
                return read(cursor.execute(sql, parameters or None))
            except duckdb.InterruptException:
                if is_over.is_set():
                    raise took_too_long("The query", MOST_SECONDS) from None
                raise
            except (duckdb.OutOfMemoryException, MemoryError):
                detail = "The query needs more memory than the portal has for it."
                raise ArcGISError(400, "Unable to complete operation.", [detail]) from None

    def values(self, field: Field, rows: Rows) -> list[Any]:
        """Return the field's values in the rows with these numbers, as written in JSON."""
        return to_json_values(self.attributes[field.name].take(rows), field.esri_type)

    def object_ids(self, rows: Rows) -> list[int]:
        """Return the object ids of the rows with these numbers."""
        ids: list[int] = self.attributes[self.object_id_field].to_numpy(np.int64)[rows].tolist()
        return ids


def number_rows(attributes: pd.DataFrame) -> tuple[Field, pd.DataFrame]:
    """Return an object id field, and a copy of `attributes` with the ids (1, 2, 3 ...) as its first column."""
    name = OBJECT_ID
    while name.lower() in {str(column).lower() for column in attributes.columns}:
        name += "_1"
    numbered = attributes.reset_index(drop=True)
    numbered.insert(0, name, pd.Series(np.arange(1, len(numbered) + 1), dtype="Int64"))
    return Field(name, OID, name, nullable=False), numbered


def drawing_info(definition: dict[str, Any] | None, geometry_type: str | None) -> dict[str, Any]:
    """Return ``drawingInfo`` from `definition`, or else one plain symbol for this geometry type."""
    info: dict[str, Any] = (definition or {}).get("drawingInfo") or FIXED_KEYS["drawingInfo"][geometry_type or ""]
    return info


@dataclass
class Service:
    """A hosted feature service: its layers, capabilities and limits."""

    name: str
    item_id: str
    layers: list[Layer]
    capabilities: str = "Query"
    max_record_count: int = 2000
    description: str = ""
    copyright_text: str = ""
    is_view: bool = False

    def layer(self, layer_id: int) -> Layer | None:
        """Return the layer or table with this number, or None if there is none."""
        return next((layer for layer in self.layers if layer.layer_id == layer_id), None)

    def url(self, base_url: str) -> str:
        """Return the service's URL; `base_url` is the portal's scheme and host."""
        return f"{base_url}/arcgis/rest/services/{self.name}/FeatureServer"

    @property
    def allows_extract(self) -> bool:
        """Whether people other than the owner may export the service."""
        return "Extract" in self.capabilities.split(",")

    def record_limits(self, layer: Layer) -> dict[str, int]:
        """Return the maximum number of features in one response, by ``resultType``."""
        is_point = layer.geometry_type == "esriGeometryPoint"
        return {
            "none": self.max_record_count,
            "standard": max(32000 if is_point else 4000, self.max_record_count),
            "tile": max(8000 if is_point else 4000, self.max_record_count),
        }

    def extent_in(self, crs: CRS | None) -> NDArray[np.float64]:
        """Return xmin, ymin, xmax, ymax in `crs` of all layers together, without those that cannot be transformed."""
        boxes = []
        for layer in self.layers:
            if layer.is_table or not np.isfinite(layer.extent).all():
                continue
            box = np.array([shapely.box(*layer.extent)], dtype=object)
            try:
                boxes.append(reproject(box, layer.crs, crs)[0])
            except SpatialReferenceError:
                continue  # a local coordinate system, such as a building site's
        return total_bounds(np.array(boxes, dtype=object))
