"""Read a Feature Collection, a JSON document that contains layer definitions and feature sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.readers.source import Reading, Source
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages.esri_geometry import read_geometries
from arcgis_export_widgets.portal.pages.page import Column, columns_of

if TYPE_CHECKING:
    from typing_extensions import Self

_ODD = (TypeError, ValueError, KeyError, AttributeError, OverflowError)


@dataclass(frozen=True, eq=False)
class FeatureCollectionSource(Source):
    """A layer in a Feature Collection."""

    content: dict[str, Any] = field(default_factory=dict, repr=False)
    """The layer's JSON, with ``layerDefinition`` and ``featureSet``."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the layers of a file, in file order."""
        file = path.name
        try:
            document = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise LoadError(
                say("{file} is not a valid Feature Collection: {error}. Download it again.", file=file, error=error)
            ) from error
        layers = document.get("layers", [document]) if isinstance(document, dict) else None
        if not isinstance(layers, list) or not all(map(_is_layer, layers)):
            raise LoadError(
                say(
                    "{file} is not a Feature Collection: its layers lack 'featureSet' with 'features', or "
                    "their fields lack names.",
                    file=file,
                )
            )
        return [
            cls(path, export_format, str((layer.get("layerDefinition") or {}).get("name") or path.stem), layer)
            for layer in layers
        ]

    @cached_property
    def definition(self) -> LayerDefinition | None:
        """The layer's definition in the file; None if that definition lists no fields."""
        definition = self.content.get("layerDefinition") or {}
        if not definition.get("fields"):
            return None
        try:
            return LayerDefinition.from_json({"id": 0} | definition)
        except _ODD as error:
            raise LoadError(
                say("The Feature Collection does not describe its fields as ArcGIS does: {error}.", error=error)
            ) from error

    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:  # noqa: ARG002  all of it is in memory already
        """Make one frame of the layer, with the values as in the file: dates in ms since 1970, codes not labels."""
        try:
            frame = _frame(self.content["featureSet"], self.content.get("layerDefinition") or {})
        except _ODD as error:
            raise LoadError(
                say(
                    "The features of the Feature Collection are not written as ArcGIS writes them: {error}.",
                    error=error,
                )
            ) from error
        yield frame

    def field_names(self) -> list[str]:
        """Names of the attributes in the file."""
        (frame,) = self.batches(Reading())
        return list(map(str, frame.columns))


def _is_layer(layer: Any) -> bool:
    if not isinstance(layer, dict) or not isinstance(layer.get("layerDefinition", {}), dict):
        return False
    fields = (layer.get("layerDefinition") or {}).get("fields") or []
    if not isinstance(fields, list) or not all(isinstance(field, dict) and "name" in field for field in fields):
        return False
    feature_set = layer.get("featureSet")
    features = feature_set.get("features") if isinstance(feature_set, dict) else None
    return isinstance(features, list) and all(isinstance(feature, dict) for feature in features)


def _frame(feature_set: dict[str, Any], definition: dict[str, Any]) -> pd.DataFrame:
    features = feature_set["features"]
    names = [field["name"] for field in definition.get("fields") or ()]
    columns = columns_of([feature.get("attributes") or {} for feature in features], names)
    frame = pd.DataFrame({name: series_of(column) for name, column in columns.items()})
    if not (feature_set.get("geometryType") or definition.get("geometryType")):
        return frame
    if "geometry" in columns:
        raise LoadError(
            say("The layer has a field called 'geometry', the name GeoPandas uses for shapes. Export the layer as CSV.")
        )
    geometry = read_geometries([feature.get("geometry") for feature in features])
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=_crs(feature_set, definition))


def series_of(column: Column) -> pd.Series:
    """Convert a column for pandas: integers become nullable, a missing floating-point number NaN, missing text None."""
    if column.data.dtype == "int64":
        return pd.Series(pd.arrays.IntegerArray(column.data, column.missing))
    return pd.Series(column.data)


def _crs(feature_set: dict[str, Any], definition: dict[str, Any]) -> Any:
    for place in (feature_set, definition, definition.get("extent") or {}):
        if reference := place.get("spatialReference"):
            try:
                return SpatialReference.of(reference).crs
            except RequestError as error:
                raise LoadError(
                    say("The coordinate system of the Feature Collection is unknown: {error}", error=error)
                ) from error
    return None
