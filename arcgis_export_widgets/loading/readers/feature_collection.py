"""Reading a Feature Collection: layer definitions and feature sets in one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages.esri_geometry import to_shapely


def layers_in(path: Path) -> list[dict[str, Any]]:
    """List the layers of the file, each with ``layerDefinition`` and ``featureSet``.

    Raises
    ------
    LoadError
        If it is no Feature Collection, or a damaged one.
    """
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise LoadError(
            say("{file} cannot be read as Feature Collection: {error}. Download it again.", file=path.name, error=error)
        ) from error
    layers = document.get("layers", [document]) if isinstance(document, dict) else None
    if not isinstance(layers, list) or not all(_is_layer(layer) for layer in layers):
        raise LoadError(
            say(
                "{file} is no Feature Collection: its layers lack 'featureSet' with 'features', or their fields lack "
                "names.",
                file=path.name,
            )
        )
    return layers


def _is_layer(layer: Any) -> bool:
    if not isinstance(layer, dict) or not isinstance(layer.get("layerDefinition", {}), dict):
        return False
    fields = (layer.get("layerDefinition") or {}).get("fields") or []
    if not isinstance(fields, list) or not all(isinstance(field, dict) and "name" in field for field in fields):
        return False
    feature_set = layer.get("featureSet")
    features = feature_set.get("features") if isinstance(feature_set, dict) else None
    return isinstance(features, list) and all(isinstance(feature, dict) for feature in features)


def definition_of(layer: dict[str, Any]) -> LayerDefinition | None:
    """What the file says of the layer itself; None if it says nothing of its fields."""
    definition = layer.get("layerDefinition") or {}
    if not definition.get("fields"):
        return None
    try:
        return LayerDefinition.from_json({"id": 0} | definition)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise LoadError(
            say("The Feature Collection describes its fields in no way ArcGIS does: {error}.", error=error)
        ) from error


def to_frame(layer: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of one layer: a GeoDataFrame if it has a geometry type, else a DataFrame.

    Values are as the file has them: dates in milliseconds since 1970, codes as codes.

    Raises
    ------
    LoadError
        If attributes, geometry or coordinate system are in no way ArcGIS writes them.
    """
    try:
        return _to_frame(layer["featureSet"], layer.get("layerDefinition") or {})
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise LoadError(
            say("The Feature Collection holds features in no way ArcGIS writes them: {error}.", error=error)
        ) from error


def _to_frame(feature_set: dict[str, Any], definition: dict[str, Any]) -> pd.DataFrame:
    features = feature_set["features"]
    rows = [feature.get("attributes") or {} for feature in features]
    names = dict.fromkeys(field["name"] for field in definition.get("fields") or ())
    names |= dict.fromkeys(name for row in rows for name in row)
    # by column and as they came, because pandas would make floating-point numbers of big integers beside a null
    columns = {name: pd.Series([row.get(name) for row in rows], dtype="object") for name in names}
    frame = pd.DataFrame(columns)
    if not (feature_set.get("geometryType") or definition.get("geometryType")):
        return frame
    if "geometry" in names:
        raise LoadError(
            say("The layer has a field called 'geometry', where GeoPandas has the shapes. Export it as CSV.")
        )
    geometry = gpd.GeoSeries([to_shapely(feature.get("geometry")) for feature in features], index=frame.index)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=_crs(feature_set, definition))


def _crs(feature_set: dict[str, Any], definition: dict[str, Any]) -> Any:
    extent = definition.get("extent") or {}
    for reference in (
        feature_set.get("spatialReference"),
        definition.get("spatialReference"),
        extent.get("spatialReference"),
    ):
        if reference:
            try:
                return SpatialReference.of(reference).crs
            except RequestError as error:
                raise LoadError(
                    say("The Feature Collection is in a coordinate system nobody knows: {error}", error=error)
                ) from error
    return None
