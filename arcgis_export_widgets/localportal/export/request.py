"""Read an export request from its parameters, and select the features to export from each layer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pyproj import CRS

from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer, to_wkb
from arcgis_export_widgets.localportal.export.formats import FORMATS, ExportFormat
from arcgis_export_widgets.localportal.geometry.spatial_reference import (
    WGS84,
    SpatialReferenceError,
    parse_spatial_reference,
)
from arcgis_export_widgets.localportal.http.request import ArcGISError, Parameters
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery, parse_where
from arcgis_export_widgets.localportal.query.selection import reproject_or_refuse, select_rows
from arcgis_export_widgets.localportal.query.spatial_filter import parse_spatial_filter

_REFUSED = {"scene package": "scene layers", "vector tile package": "vector tile layers"}


@dataclass(frozen=True)
class LayerExport:
    """One entry of ``exportParameters.layers``."""

    layer_id: int
    where: str | None = None
    include_geometry: bool = True
    x_column: str = "x"
    y_column: str = "y"


@dataclass(frozen=True)
class ExportRequest:
    """One call of Export Item or createReplica, checked as far as possible before the job runs.

    If `target_crs` is None, layers are not reprojected. `spatial` contains the spatial filter of createReplica.
    """

    service: Service
    format: ExportFormat
    layers: tuple[LayerExport, ...]
    target_crs: CRS | None
    only_visible_fields: bool
    username: str
    spatial: Parameters | None = None


def parse_format(name: str) -> ExportFormat:
    """Return the export format called `name` (in any case); raise an error if feature layers have no such format."""
    wanted = name.strip().lower()
    if wanted in _REFUSED:
        detail = f"'{name}' is made from {_REFUSED[wanted]}; this portal exports hosted feature layers only."
        raise ArcGISError(400, "Unable to export item.", [detail])
    if wanted not in FORMATS:
        raise ArcGISError(400, "Invalid export format.", [f"'exportFormat' parameter is invalid: {name}"])
    return FORMATS[wanted]


def parse_export(parameters: Parameters, service: Service, username: str, *, is_owner: bool) -> ExportRequest:
    """Return the export request that `parameters` describe.

    Hidden fields of a view are exported only if `is_owner` is true and ``enforceFieldVisibility`` is not.
    """
    export_format = parse_format(parameters.required("exportFormat"))
    options = _object(parameters.json("exportParameters"))
    asked = options.get("layers")
    if asked is not None and not isinstance(asked, list):
        raise _invalid("layers")
    layers = [_parse_layer(one) for one in asked or []]
    if not layers:
        layers = [LayerExport(layer.layer_id) for layer in service.layers]
    target_crs = None
    if options.get("targetSR"):
        try:
            target_crs = parse_spatial_reference(options["targetSR"])
        except SpatialReferenceError as error:
            raise _invalid("targetSR") from error
    visible = options.get("enforceFieldVisibility", parameters.boolean("enforceFieldVisibility"))
    only_visible = str(visible).lower() == "true" or not is_owner
    return ExportRequest(service, export_format, tuple(layers), target_crs, only_visible, username)


def _invalid(name: str) -> ArcGISError:
    return ArcGISError(400, "Unable to export item.", [f"'exportParameters' parameter is invalid: {name}"])


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise _invalid("not JSON") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _invalid("not an object")
    return value


def _parse_layer(value: Any) -> LayerExport:
    try:
        return LayerExport(
            int(value["id"]),
            value.get("where") or None,
            str(value.get("includeGeometry", True)).lower() != "false",
            str(value.get("xColumnName") or "x"),
            str(value.get("yColumnName") or "y"),
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise _invalid("layers") from error


def select_layer(request: ExportRequest, part: LayerExport) -> ExportedLayer:
    """Return those features of one layer that the request selects."""
    layer = request.service.layer(part.layer_id)
    if layer is None:
        raise ArcGISError(400, f"Layer {part.layer_id} does not exist in the service.")
    query = LayerQuery(
        where=parse_where(part.where, layer, username=request.username),
        spatial=parse_spatial_filter(request.spatial, layer) if request.spatial else None,
    )
    rows = select_rows(layer, query)
    fields = [field for field in layer.fields if field.visible or not request.only_visible_fields]
    attributes = layer.attributes[[field.name for field in fields]].take(rows).reset_index(drop=True)
    target = request.target_crs if request.format.honours_target_sr else WGS84
    crs = layer.crs if layer.crs is None or target is None else target
    wkb = None
    if layer.geometries is not None and part.include_geometry:
        wkb = to_wkb(reproject_or_refuse(layer.geometries[rows], layer.crs, crs))
    return ExportedLayer(
        layer.layer_id,
        layer.name,
        fields,
        attributes,
        wkb,
        layer.geometry_type,
        crs,
        part.x_column,
        part.y_column,
        layer.definition,
        layer.display_field,
        layer.has_z and wkb is not None,
    )
