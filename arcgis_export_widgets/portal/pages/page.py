"""Turning one page of features, in whichever format the server sent it, into columns.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from arcgis_export_widgets.errors import RequestError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages.esri_geometry import read_geometries

_MULTIPOINT = 4  # shapely's type id; those of the other collections are greater


@dataclass(frozen=True)
class Column:
    """The values of one field: an array of numbers, or of objects for text or mixed types.

    As in the response, dates are milliseconds since 1970 UTC, and coded values are codes. Where a value is missing,
    the array contains an arbitrary value.
    """

    data: NDArray[Any]
    missing: NDArray[np.bool_]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Column:
        """Make a column of JSON values: integers as int64, other numbers as float64, all else as objects."""
        missing = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
        kinds = {type(value) for value in values} - {type(None)}
        if kinds == {int}:
            try:
                return cls(np.array([value or 0 for value in values], dtype=np.int64), missing)
            except OverflowError:
                pass
        if kinds and kinds <= {int, float}:
            return cls(np.array([np.nan if value is None else value for value in values], dtype=np.float64), missing)
        return cls(np.fromiter(values, dtype=object, count=len(values)), missing)

    @classmethod
    def joined(cls, parts: Sequence[Column]) -> Column:
        """Concatenate columns of the same field, even if some contain integers and others floats."""
        missing = np.concatenate([part.missing for part in parts])
        kinds = {part.data.dtype for part in parts if not part.missing.all()}
        objects = np.dtype(object)
        kind = objects if objects in kinds or not kinds else np.result_type(*kinds)
        data = np.full(len(missing), None if kind == objects else 0, dtype=kind)
        start = 0
        for part in parts:
            present = ~part.missing
            data[start : start + len(present)][present] = part.data[present]
            start += len(present)
        if kind.kind == "f":
            data[missing] = np.nan
        return cls(data, missing)

    def where(self, chosen: NDArray[np.bool_]) -> Column:
        """A column with only the `chosen` rows."""
        return Column(self.data[chosen], self.missing[chosen])


@dataclass(frozen=True)
class FeaturePage:
    """Some rows of a layer.

    Attributes
    ----------
    object_ids
        Object id of each row.
    columns
        Columns by field name, in the order of the response.
    geometry
        A shapely geometry for each row, x (longitude, easting) first; None for a row without geometry. There is no
        array, only None, if no geometry was requested or the layer is a table.
    spatial_reference
        Coordinate system of `geometry`; None if the server did not say.
    exceeded
        Whether the server says that there are more rows than it sent.
    """

    object_ids: NDArray[np.int64]
    columns: dict[str, Column]
    geometry: NDArray[np.object_] | None = None
    spatial_reference: SpatialReference | None = None
    exceeded: bool = False

    def __len__(self) -> int:
        return len(self.object_ids)

    def where(self, chosen: NDArray[np.bool_]) -> FeaturePage:
        """A page with only the `chosen` rows."""
        columns = {name: column.where(chosen) for name, column in self.columns.items()}
        geometry = None if self.geometry is None else self.geometry[chosen]
        return replace(self, object_ids=self.object_ids[chosen], columns=columns, geometry=geometry)

    @classmethod
    def joined(cls, pages: Sequence[FeaturePage]) -> FeaturePage:
        """Concatenate one or more pages; if a page lacks a field, its rows have missing values there."""
        names = dict.fromkeys(name for page in pages for name in page.columns)
        geometries = [page.geometry for page in pages if page.geometry is not None]
        columns = {
            name: Column.joined([page.columns.get(name) or Column.of([None] * len(page)) for page in pages])
            for name in names
        }
        return cls(
            np.concatenate([page.object_ids for page in pages]),
            columns,
            np.concatenate(geometries) if len(geometries) == len(pages) else None,
            next((page.spatial_reference for page in pages if page.spatial_reference), None),
            pages[-1].exceeded,
        )

    @classmethod
    def from_json(cls, answer: Mapping[str, Any], object_id_field: str, *, has_geometry: bool) -> FeaturePage:
        """Read a response of the query operation in ``f=json``; raises LoadError for an invalid geometry."""
        rows = _rows(answer)
        fields = [field for field in answer.get("fields") or () if isinstance(field, dict)]
        columns = columns_of(
            [row.get("attributes") or {} for row in rows], [field["name"] for field in fields if "name" in field]
        )
        return cls(
            ids_in(columns, object_id_field, len(rows)),
            columns,
            read_geometries([row.get("geometry") for row in rows]) if has_geometry else None,
            reference_of(answer.get("spatialReference")),
            bool(answer.get("exceededTransferLimit")),
        )

    @classmethod
    def from_geojson(
        cls, answer: Mapping[str, Any], object_id_field: str, *, has_geometry: bool, reference: SpatialReference | None
    ) -> FeaturePage:
        """Read a response of the query operation in ``f=geojson``.

        `reference` is the ``outSR`` of the request; None for WGS 84.
        """
        rows = _rows(answer)
        columns = columns_of([row.get("properties") or {} for row in rows])
        return cls(
            ids_in(columns, object_id_field, len(rows)),
            columns,
            _geojson_shapes([row.get("geometry") for row in rows]) if has_geometry else None,
            reference or SpatialReference(4326),
            is_exceeded(answer),
        )


def is_exceeded(answer: Mapping[str, Any]) -> bool:
    """Whether a GeoJSON response says that there are more rows; hosted layers say so inside ``properties``."""
    return bool(answer.get("exceededTransferLimit") or (answer.get("properties") or {}).get("exceededTransferLimit"))


def _rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = answer.get("features")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ResponseError(say("The server returned a page without features."))
    return rows


def _geojson_shapes(geometries: Sequence[Mapping[str, Any] | None]) -> NDArray[np.object_]:
    """Convert GeoJSON as if it were ArcGIS JSON: clockwise shells, and multi-part types only for several parts."""
    shapes = np.full(len(geometries), None, dtype=object)
    try:
        shapes[:] = [shape(geometry) if geometry else None for geometry in geometries]
    except (TypeError, ValueError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ResponseError(say("The server returned an invalid geometry: {error}.", error=error)) from error
    shapes[shapely.is_empty(shapes)] = None
    shapes[:] = shapely.orient_polygons(shapes, exterior_cw=True)
    is_single = (shapely.get_num_geometries(shapes) == 1) & (shapely.get_type_id(shapes) > _MULTIPOINT)
    shapes[is_single] = shapely.get_geometry(shapes[is_single], 0)
    return shapes


def columns_of(rows: Sequence[Mapping[str, Any]], names: Iterable[str] = ()) -> dict[str, Column]:
    """Make a column for each attribute: first those in `names`, then the rows' other attributes."""
    known = dict.fromkeys(chain(names, chain.from_iterable(rows)))
    return {name: Column.of([row.get(name) for row in rows]) for name in known}


def ids_in(columns: Mapping[str, Column], object_id_field: str, row_count: int) -> NDArray[np.int64]:
    """The object ids in `columns` (the field's case is ignored); ResponseError if any is missing or no integer."""
    if row_count == 0:
        return np.empty(0, dtype=np.int64)
    by_name = {name.lower(): column for name, column in columns.items()}
    column = by_name.get(object_id_field.lower())
    if column is None or column.data.dtype != np.int64 or column.missing.any():
        raise ResponseError(say("The server sent rows without their object id ({field}).", field=object_id_field))
    return column.data


def reference_of(json: Any) -> SpatialReference | None:
    """The coordinate system in a response; None if it is absent or unknown."""
    if not json:
        return None
    try:
        return SpatialReference.of(json)
    except RequestError:
        return None
