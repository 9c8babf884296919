"""A page of features in GeoJSON, for servers that offer nothing better, made the same as from ArcGIS's own formats.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/ (f=geojson); dates
are milliseconds there, too, and coordinates in the ``outSR`` that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Polygon, shape
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry
from shapely.geometry.polygon import orient

from arcgis_export_widgets.errors import ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages.page import FeaturePage, page_of


def read_geojson_page(
    answer: Mapping[str, Any], object_id_field: str, *, has_geometry: bool, reference: SpatialReference | None
) -> FeaturePage:
    """Read an answer of the query operation in ``f=geojson``.

    Parameters
    ----------
    reference
        What was asked for as ``outSR``; None for nothing, which means WGS 84.

    Raises
    ------
    ResponseError
        If it is none, if rows have no object id, or a geometry makes no sense.
    """
    rows = answer.get("features")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ResponseError(say("The server returned a page without features."))
    told = answer.get("exceededTransferLimit") or (answer.get("properties") or {}).get("exceededTransferLimit")
    geometry = None
    if has_geometry:
        geometry = np.full(len(rows), None, dtype=object)
        geometry[:] = [_geometry(row.get("geometry")) for row in rows]
    return page_of(
        [row.get("properties") or {} for row in rows],
        object_id_field,
        geometry=geometry,
        reference=reference or SpatialReference(4326),
        exceeded=bool(told),
    )


def _geometry(json: Mapping[str, Any] | None) -> BaseGeometry | None:
    """As ArcGIS's own JSON would have it: outer rings clockwise, the single kind for a single part."""
    if not json:
        return None
    try:
        made = shape(json)
    except (TypeError, ValueError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ResponseError(say("The server returned an invalid geometry: {error}.", error=error)) from error
    if made.is_empty:
        return None
    parts = list(made.geoms) if isinstance(made, BaseMultipartGeometry) else [made]
    if made.geom_type == "MultiPoint":
        return made
    parts = [orient(part, -1.0) if isinstance(part, Polygon) else part for part in parts]
    return parts[0] if len(parts) == 1 else type(made)(parts)
