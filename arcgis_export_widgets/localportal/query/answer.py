"""The answer to a layer's query: features, count, ids or extent, in the format asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.responses import Response

from arcgis_export_widgets.localportal.query import pbf
from arcgis_export_widgets.localportal.query.feature_set import (
    describe_extent,
    esri_features,
    geojson_features,
    pbf_features,
    shape_geometries,
)
from arcgis_export_widgets.localportal.query.selection import count_rows, select_rows
from arcgis_export_widgets.localportal.query.statistics import aggregate, parse_statistics

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.faults.faults import QueryFaults
    from arcgis_export_widgets.localportal.http.parameters import Parameters
    from arcgis_export_widgets.localportal.layers.layer import Layer
    from arcgis_export_widgets.localportal.query.layer_query import LayerQuery


def answer_query(
    layer: Layer, query: LayerQuery, parameters: Parameters, faults: QueryFaults
) -> dict[str, Any] | Response:
    """Return what ``{layer}/query`` answers to `query`.

    Parameters
    ----------
    parameters
        Of the same request: statistics, groups and ``having`` are read from them.
    """
    statistics = parse_statistics(parameters, layer)
    if statistics or query.return_distinct or "groupByFieldsForStatistics" in parameters:
        return aggregate(layer, query, parameters, statistics)
    if query.return_extent:
        return _extent(layer, query)
    if query.return_count:
        return _count(query, count_rows(layer, query) + faults.drift)
    if query.return_ids:
        return _ids(layer, query, [] if faults.null_ids else layer.object_ids(select_rows(layer, query)))
    rows = select_rows(layer, query, limit=query.limit + 1, offset=query.offset)
    exceeded = len(rows) > query.limit
    rows = rows[: query.limit] if query.return_exceeded or not exceeded else rows[:0]
    if faults.repeats and len(rows) > 1:
        rows = np.append(rows[:-1], rows[0])
    exceeded = exceeded and not faults.hides_rest
    if query.format == "pbf":
        return _pbf(pbf_features(layer, query, rows, exceeded=exceeded))
    write = geojson_features if query.format == "geojson" else esri_features
    return write(layer, query, rows, exceeded=exceeded)


def _pbf(content: bytes) -> Response:
    headers = {"Content-Disposition": "inline;filename=results.pbf"}
    return Response(content, media_type="application/x-protobuf", headers=headers)


def _count(query: LayerQuery, count: int) -> dict[str, Any] | Response:
    if query.format == "pbf":
        return _pbf(pbf.encode_count(count))
    if query.format == "geojson":
        return {"type": "FeatureCollection", "properties": {"count": count}, "features": []}
    return {"count": count}


def _ids(layer: Layer, query: LayerQuery, ids: list[int]) -> dict[str, Any] | Response:
    if query.format == "pbf":
        return _pbf(pbf.encode_ids(layer.object_id_field, ids))
    if query.format == "geojson":
        return {"type": "FeatureCollection", "properties": {"objectIds": ids}, "features": []}
    return {"objectIdFieldName": layer.object_id_field, "objectIds": ids or None}


def _extent(layer: Layer, query: LayerQuery) -> dict[str, Any] | Response:
    rows = select_rows(layer, query)
    geometries = None if layer.is_table else shape_geometries(layer, query, rows)
    extent = describe_extent(geometries, query.out_crs)
    if query.format == "pbf":
        bounds = [extent[key] for key in ("xmin", "ymin", "xmax", "ymax")]
        count = len(rows) if query.return_count else None
        return _pbf(pbf.encode_extent(bounds, extent["spatialReference"], count))
    return {"count": len(rows), "extent": extent} if query.return_count else {"extent": extent}
