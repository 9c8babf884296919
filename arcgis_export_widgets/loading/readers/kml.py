"""Reading KML: columns and heights that every placemark has, and the layer had not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.source import Reading
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore.column_names import full_names
from arcgis_export_widgets.model.fields import Field

KML_PARTS = frozenset({
    "id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "heading", "tilt", "roll", "snippet",
})  # fmt: skip
"""Columns that KML has for every placemark, as GDAL names them."""


class KmlSource(GdalSource):
    """A layer in a KML or KMZ."""

    reads_columns: ClassVar[bool] = False  # which columns are fields is known only after reading

    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer; of one that is known, only what is its own."""
        for frame in super().batches(reading):
            yield _without_kml_parts(frame, reading.expected) if reading.expected else frame


def _without_kml_parts(frame: pd.DataFrame, expected: ExpectedLayer) -> pd.DataFrame:
    """Drop the columns of KML, and heights of 0 that the layer never had."""
    fields = expected.definition.fields
    twins = kml_twins(map(str, frame.columns), fields)
    frame = frame.drop(columns=list(twins.values())).rename(columns={twin: twin[:-1] for twin in twins})
    names = full_names(map(str, frame.columns), fields)
    own = {field.name for field in fields}
    frame = frame.drop(columns=[c for c in frame.columns if c in KML_PARTS and names.get(c, c) not in own])
    if isinstance(frame, gpd.GeoDataFrame) and not expected.definition.has_z:
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame


def kml_twins(columns: Iterable[str], fields: Sequence[Field]) -> dict[str, str]:
    """The column of KML for each column that GDAL numbered (``NAME2``) because a field has the same name."""
    columns = set(columns)
    by_lower = {part.lower(): part for part in KML_PARTS}
    names = {field.name for field in fields}
    twins = {}
    for field in fields:
        part, twin = by_lower.get(field.name.lower()), f"{field.name}2"
        if part in columns and twin in columns and twin not in names:
            twins[twin] = str(part)
    return twins
