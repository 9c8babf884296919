"""One layer of an export: its fields, rows and geometries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from arcgis_export_widgets.localportal.layers.fields import OID, Field

_LINE, _POLYGON = 1, 3
_VERTEX_BYTES = 16


@dataclass(frozen=True)
class ExportedLayer:
    """One layer of an export.

    `wkb` are the geometries in `crs` as well-known binary, which GDAL and another process can read; lines and polygons
    are multi-part, and a null geometry is ``b""``. `wkb` is None for a table or if geometries are not exported.
    """

    layer_id: int
    name: str
    fields: Sequence[Field]
    attributes: pd.DataFrame
    wkb: NDArray[np.object_] | None
    geometry_type: str | None
    crs: CRS | None
    x_column: str = "x"
    y_column: str = "y"
    definition: dict[str, Any] | None = None
    display_field: str = ""
    has_z: bool = False

    @cached_property
    def geometries(self) -> NDArray[np.object_] | None:
        """Array of shapely objects, with None for a null geometry; None instead of an array if `wkb` is None."""
        if self.wkb is None:
            return None
        geometries: NDArray[np.object_] = shapely.from_wkb([one or None for one in self.wkb])
        return geometries

    @property
    def size(self) -> int:
        """Number of features plus the approximate number of vertices."""
        size_bytes = 0 if self.wkb is None else sum(map(len, self.wkb))
        return len(self.attributes) + size_bytes // _VERTEX_BYTES

    @property
    def columns(self) -> dict[str, str]:
        """DuckDB expressions for the values of the fields, by field name."""
        return {field.name: field.sql for field in self.fields}

    @property
    def xy_columns(self) -> dict[str, NDArray[np.float64]]:
        """The points' x and y, by column name; empty if the layer has no points or geometries are not exported."""
        if self.geometries is None or self.geometry_type != "esriGeometryPoint":
            return {}
        return {self.x_column: shapely.get_x(self.geometries), self.y_column: shapely.get_y(self.geometries)}

    @property
    def object_id_name(self) -> str | None:
        """Name of the object id field; None if that field is not exported."""
        return next((field.name for field in self.fields if field.esri_type == OID), None)


def to_wkb(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries as well-known binary, null as ``b""``; single lines and polygons become multi-part."""
    kinds = shapely.get_type_id(geometries)
    geometries = geometries.copy()
    for kind, gather in ((_LINE, shapely.multilinestrings), (_POLYGON, shapely.multipolygons)):
        single = np.flatnonzero(kinds == kind)
        geometries[single] = gather(geometries[single], indices=np.arange(len(single)))
    wkb: NDArray[np.object_] = shapely.to_wkb(geometries)
    wkb[kinds < 0] = b""
    return wkb
