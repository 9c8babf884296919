"""One page of features, as columns: the same from whichever format it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcgis_export_widgets.errors import RequestError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages.esri_geometry import read_geometries


@dataclass(frozen=True)
class Column:
    """The values of one field: numbers, or objects where they are text or of several kinds.

    Dates are milliseconds since 1970 UTC, coded values codes, as the server has them. What a missing value's place
    holds means nothing.
    """

    data: NDArray[Any]
    missing: NDArray[np.bool_]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Column:
        """Make a column of JSON values: whole numbers as int64, numbers as float64, all else as objects."""
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
        """Several columns of the same field one after the other, also where one has whole numbers and one fractions."""
        missing = np.concatenate([part.missing for part in parts])
        kinds = {part.data.dtype for part in parts if not part.missing.all()}
        objects = np.dtype(object)
        kind = objects if objects in kinds or not kinds else np.result_type(*kinds)
        data = np.full(len(missing), None if kind == objects else 0, dtype=kind)
        start = 0
        for part in parts:
            there = ~part.missing
            data[start : start + len(there)][there] = part.data[there]
            start += len(there)
        if kind.kind == "f":
            data[missing] = np.nan
        return cls(data, missing)

    def where(self, kept: NDArray[np.bool_]) -> Column:
        """Only the rows that are `kept`."""
        return Column(self.data[kept], self.missing[kept])


@dataclass(frozen=True)
class FeaturePage:
    """Some rows of a layer.

    Attributes
    ----------
    object_ids
        Of each row.
    columns
        By the name of their field, in the answer's order.
    geometry
        A shapely geometry for each row, x (longitude, easting) first, None where it has none; None altogether where
        no geometry was asked for or the layer is a table.
    spatial_reference
        Of the geometry; None if the server did not tell.
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

    def where(self, kept: NDArray[np.bool_]) -> FeaturePage:
        """Only the rows that are `kept`."""
        return FeaturePage(
            self.object_ids[kept],
            {name: column.where(kept) for name, column in self.columns.items()},
            None if self.geometry is None else self.geometry[kept],
            self.spatial_reference,
            self.exceeded,
        )

    @classmethod
    def joined(cls, pages: Sequence[FeaturePage]) -> FeaturePage:
        """Make one page of one or several, in their order; where one lacks a field, its values are missing."""
        names = dict.fromkeys(name for page in pages for name in page.columns)
        geometries = [page.geometry for page in pages if page.geometry is not None]
        return cls(
            np.concatenate([page.object_ids for page in pages]),
            {
                name: Column.joined([page.columns.get(name) or Column.of([None] * len(page)) for page in pages])
                for name in names
            },
            np.concatenate(geometries) if len(geometries) == len(pages) else None,
            next((page.spatial_reference for page in pages if page.spatial_reference), None),
            pages[-1].exceeded,
        )

    @classmethod
    def from_json(cls, answer: Mapping[str, Any], object_id_field: str, *, has_geometry: bool) -> FeaturePage:
        """Read an answer of the query operation in ``f=json``.

        Raises
        ------
        ResponseError
            If it is none, or rows have no object id.
        LoadError
            If a geometry makes no sense.
        """
        rows = answer.get("features")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ResponseError(say("The server answered a page without features."))
        told = [field["name"] for field in answer.get("fields") or () if isinstance(field, dict) and "name" in field]
        return page_of(
            [row.get("attributes") or {} for row in rows],
            object_id_field,
            names=told,
            geometry=read_geometries([row.get("geometry") for row in rows]) if has_geometry else None,
            reference=reference_of(answer.get("spatialReference")),
            exceeded=bool(answer.get("exceededTransferLimit")),
        )


def page_of(
    rows: Sequence[Mapping[str, Any]],
    object_id_field: str,
    *,
    names: Sequence[str] = (),
    geometry: NDArray[np.object_] | None,
    reference: SpatialReference | None,
    exceeded: bool,
) -> FeaturePage:
    """Make a page of the attributes of its rows.

    Parameters
    ----------
    names
        Of the fields, as far as they are told; those of the rows are added.

    Raises
    ------
    ResponseError
        If rows have no object id.
    """
    columns = columns_of(rows, names)
    ids = ids_in(columns, object_id_field, len(rows))
    return FeaturePage(ids, columns, geometry, reference, exceeded)


def columns_of(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, Column]:
    """Make a column of each attribute: first of those called `names`, then of what else the rows have."""
    known = dict.fromkeys(chain(names, chain.from_iterable(rows)))
    return {name: Column.of([row.get(name) for row in rows]) for name in known}


def ids_in(columns: Mapping[str, Column], object_id_field: str, row_count: int) -> NDArray[np.int64]:
    """The object ids among `columns`, whatever the case of their name.

    Raises
    ------
    ResponseError
        If they are not there, or not whole numbers.
    """
    if row_count == 0:
        return np.empty(0, dtype=np.int64)
    by_name = {name.lower(): column for name, column in columns.items()}
    column = by_name.get(object_id_field.lower())
    if column is None or column.data.dtype != np.int64 or column.missing.any():
        raise ResponseError(say("The server sent rows without their object id ({field}).", field=object_id_field))
    return column.data


def reference_of(json: Any) -> SpatialReference | None:
    """The coordinate system an answer names; None for none, and for one that nobody knows."""
    if not json:
        return None
    try:
        return SpatialReference.of(json)
    except RequestError:
        return None
