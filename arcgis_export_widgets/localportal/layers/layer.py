"""A layer or table: attributes in DuckDB and pandas, geometries in a numpy array of shapely objects."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.localportal.layers.fields import DUCKDB_TYPES, OID, STRING, Field, to_json_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyproj import CRS

OBJECT_ID = "OBJECTID"
# blanks keep these apart from every field name, so that no where clause can name them
BOUNDS = ('"layer xmin"', '"layer ymin"', '"layer xmax"', '"layer ymax"')


def quote_name(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class Layer:
    """One layer or table of a service.

    Parameters
    ----------
    layer_id
        Number in the service's URL.
    fields
        Definitions, the object id first.
    attributes
        One column per field, in the types of `fields.to_held_values`, with index 0..n-1.
    geometries
        shapely objects in x, y order, None for null; None for a table.
    crs
        Of the geometries; None when the source has none or for a table.
    geometry_type
        Such as ``esriGeometryPoint``; None for a table.
    definition
        Further keys of the layer's JSON: displayField, drawingInfo, description ...
    """

    def __init__(
        self,
        layer_id: int,
        name: str,
        *,
        fields: Sequence[Field],
        attributes: pd.DataFrame,
        geometries: NDArray[np.object_] | None = None,
        crs: CRS | None = None,
        geometry_type: str | None = None,
        definition: dict[str, Any] | None = None,
        last_edit_ms: int = 0,
    ) -> None:
        self.layer_id = layer_id
        self.name = name
        self.fields = list(fields)
        self.attributes = attributes
        self.geometries = geometries
        self.crs = crs
        self.geometry_type = geometry_type
        self.definition = definition or {}
        self.last_edit_ms = last_edit_ms
        self.has_z = geometries is not None and bool(shapely.has_z(geometries).any())
        self.bounds = None if geometries is None else shapely.bounds(geometries)
        self._by_name = {field.name.lower(): field for field in fields}
        self._database = self._load()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.attributes)

    @property
    def is_table(self) -> bool:
        """Whether there is no geometry."""
        return self.geometries is None

    @property
    def object_id_field(self) -> str:
        """Name of the object id field."""
        return next(field.name for field in self.fields if field.esri_type == OID)

    @property
    def display_field(self) -> str:
        """Name of the field that names a feature to people: as defined, or the first visible text."""
        texts = (field.name for field in self.fields if field.esri_type == STRING and field.visible)
        return str(self.definition.get("displayField") or next(texts, self.object_id_field))

    @cached_property
    def extent(self) -> NDArray[np.float64]:
        """Smallest x, y and largest x, y; not-a-number when there is nothing."""
        return total_bounds(self.geometries)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index over all geometries."""
        return shapely.STRtree(self.geometries)

    def field(self, name: str) -> Field | None:
        """Return the field of that name in any case, or None."""
        return self._by_name.get(name.strip().strip('"`').lower())

    def _load(self) -> duckdb.DuckDBPyConnection:
        """Put attributes and bounds in a DuckDB of their own, which then can reach nothing else."""
        database = duckdb.connect(":memory:", config={"threads": 2, "preserve_insertion_order": True})
        database.execute("SET pandas_analyze_sample = 0; SET python_enable_replacements = false")
        source = self.attributes.copy(deep=False)
        columns = [
            f"CAST({quote_name(field.name)} AS {DUCKDB_TYPES.get(field.esri_type, 'VARCHAR')})"
            f" AS {quote_name(field.name)}"
            for field in self.fields
        ]
        if self.bounds is not None:
            for position, name in enumerate(BOUNDS):
                source[name.strip('"')] = np.ascontiguousarray(self.bounds[:, position])
                columns.append(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}")
        database.register("source", source)
        database.execute(f"CREATE TABLE layer AS SELECT {', '.join(columns)} FROM source")  # noqa: S608
        database.unregister("source")
        database.execute("SET enable_external_access = false; SET lock_configuration = true")
        return database

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run `sql` on this layer's own database, safe to call from several threads."""
        with self._lock:
            cursor = self._database.cursor()
        return cursor.execute(sql, parameters or None)

    def values(self, field: Field, rows: NDArray[np.int64]) -> list[Any]:
        """Return a field's values at `rows` as JSON has them."""
        return to_json_values(self.attributes[field.name].take(rows), field.esri_type)

    def object_ids(self, rows: NDArray[np.int64]) -> list[int]:
        """Return the object ids at `rows`."""
        ids: list[int] = self.attributes[self.object_id_field].to_numpy(np.int64)[rows].tolist()
        return ids


def total_bounds(geometries: NDArray[np.object_] | None) -> NDArray[np.float64]:
    """Return smallest x, y and largest x, y of all; not-a-number when there is nothing."""
    if geometries is None or len(geometries) == 0:
        return np.full(4, np.nan)
    bounds: NDArray[np.float64] = shapely.total_bounds(geometries)
    return bounds


def number_rows(attributes: pd.DataFrame) -> tuple[Field, pd.DataFrame]:
    """Return the object id field and `attributes` with it as first column, numbered from 1 in order."""
    name = OBJECT_ID
    while name.lower() in {str(column).lower() for column in attributes.columns}:
        name += "_1"
    numbered = attributes.reset_index(drop=True)
    numbered.insert(0, name, pd.Series(np.arange(1, len(numbered) + 1), dtype="Int64"))
    return Field(name, OID, name, nullable=False), numbered
