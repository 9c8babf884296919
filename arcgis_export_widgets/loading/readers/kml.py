"""Read KML without the columns and heights that KML adds to every feature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.source import Reading
from arcgis_export_widgets.loading.restore import full_names

_KML_PARTS = frozenset({
    "id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "heading", "tilt", "roll", "snippet",
})  # fmt: skip
"""Columns that GDAL adds to every KML layer, whatever fields the layer has."""


class KmlSource(GdalSource):
    """A layer in a KML or KMZ."""

    reads_columns: ClassVar[bool] = False  # which columns are fields is known only after reading

    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer in batches; if its definition is known, drop the columns and heights that KML adds."""
        for frame in super().batches(reading):
            yield _without_kml_parts(frame, reading.expected) if reading.expected else frame


def _without_kml_parts(frame: pd.DataFrame, expected: ExpectedLayer) -> pd.DataFrame:
    """Drop the columns that KML adds, and the heights of 0 that KML gives to layers without heights."""
    fields = expected.definition.fields
    own = {field.name for field in fields}
    by_lower = {part.lower(): part for part in _KML_PARTS}
    for field in fields:  # GDAL numbers a field that is called like one of KML's columns (``NAME2``)
        part, twin = by_lower.get(field.name.lower()), f"{field.name}2"
        if part in frame.columns and twin in frame.columns and twin not in own:
            frame = frame.drop(columns=part).rename(columns={twin: field.name})
    names = full_names(map(str, frame.columns), fields)
    frame = frame.drop(columns=[c for c in frame.columns if c in _KML_PARTS and names.get(c, c) not in own])
    if isinstance(frame, gpd.GeoDataFrame) and not expected.definition.has_z:
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame
