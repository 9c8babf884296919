"""Layers that hold all a format may lose: each field type, each kind of geometry, and the awkward values of each.

Served by the local portal, exported to each format and loaded again, they show what each format keeps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

LONGEST_TEXT = 1000
BEYOND_EXACT = 2**53 + 1
"""The first whole number that a floating-point number cannot hold."""


def _field(esri_type: str, **more: Any) -> dict[str, Any]:
    return {"type": f"esriFieldType{esri_type}", **more}


STATES = {
    "type": "codedValue",
    "name": "States",
    "codedValues": [{"code": 2, "name": "closed"}, {"code": 1, "name": "open"}],
}
FIELDS: dict[str, dict[str, Any]] = {
    "SMALL": _field("SmallInteger"),
    "WHOLE": _field("Integer"),
    "BIG": _field("BigInteger"),
    "SINGLE": _field("Single"),
    "DOUBLE": _field("Double"),
    "TEXT": _field("String", length=256),
    "EMPTY_TEXT": _field("String", length=256),
    "DIGITS": _field("String", length=256),
    "LONG_TEXT": _field("String", length=LONGEST_TEXT),
    "MOMENT": _field("Date"),
    "MILLIS": _field("Date"),
    "DAY": _field("DateOnly"),
    "CLOCK": _field("TimeOnly"),
    "WITH_ZONE": _field("TimestampOffset"),
    "GUID": _field("GUID"),
    "GLOBALID": _field("GlobalID", nullable=False),
    "STATE": _field("SmallInteger", domain=STATES),
    "POPULATION_1990": _field("Integer"),
    "POPULATION_2000": _field("Integer"),
    "Fläche_in_Hektar": _field("Double"),
    "name": _field("String", length=256),
}
_MOMENTS = pd.Series(
    pd.to_datetime(
        ["2018-01-31 01:49:59", "1899-12-31 23:00:00", None, "2026-06-30 12:00:00"], utc=True, format="ISO8601"
    )
)
_IDENTIFIERS = [f"0d9b3f2e-5c1a-4e47-9f5c-0a7d2b6c8e{number:02}" for number in range(4)]

VALUES = pd.DataFrame({
    "SMALL": pd.array([-32768, 32767, None, 0], dtype="Int16"),
    "WHOLE": pd.array([-(2**31), 2**31 - 1, None, 0], dtype="Int32"),
    "BIG": [-BEYOND_EXACT, BEYOND_EXACT, 2**62 + 1, 0],
    "SINGLE": pd.Series([0.1, -1.25e-20, None, 0.0], dtype="float32"),
    "DOUBLE": [0.1, -1.23456789012345e-7, None, 0.0],
    "TEXT": ['Zürich, "Altstadt"\nKreis 1', "日本 🗾", None, "NA"],
    "EMPTY_TEXT": ["", " padded ", "x", "null"],
    "DIGITS": ["007", "1e5", None, "12"],
    "LONG_TEXT": ["ü" * LONGEST_TEXT, "short", None, "a" * 255],
    "MOMENT": _MOMENTS,
    "MILLIS": _MOMENTS + pd.to_timedelta([123, 1, 0, 999], unit="ms"),
    "DAY": _MOMENTS.dt.tz_localize(None).dt.normalize(),
    "CLOCK": ["12:30:15", "00:00:00", None, "23:59:59"],
    "WITH_ZONE": ["2020-02-01T14:30:15+02:00", "2020-02-01T00:00:00-11:00", None, "2020-02-01T12:30:15+00:00"],
    "GUID": [_IDENTIFIERS[0], _IDENTIFIERS[1], None, _IDENTIFIERS[3]],
    "GLOBALID": _IDENTIFIERS,
    "STATE": pd.array([1, 2, None, 1], dtype="Int16"),
    "POPULATION_1990": pd.array([10, 20, None, 0], dtype="Int32"),
    "POPULATION_2000": pd.array([11, 21, 31, 41], dtype="Int32"),
    "Fläche_in_Hektar": [1.5, 2.5, None, 0.0],
    "name": ["a", "b", None, "d"],
})  # fmt: skip
"""One column for each of `FIELDS`."""

_SQUARE, _HOLE = "(0 0, 0 9, 9 9, 9 0, 0 0)", "(1 1, 2 1, 2 2, 1 2, 1 1)"
_ISLAND = "(20 0, 20 1, 21 1, 21 0, 20 0)"
PLANE = "the layer's own coordinate system"
SHAPES: dict[str, list[str | None]] = {
    "points": ["POINT (8.5417 47.3769)", "POINT (-179.5 -89.5)", "POINT (0 0)"],
    "points with z": ["POINT Z (8.5417 47.3769 408.25)", "POINT Z (0 0 0)", "POINT Z (1 1 -400.5)"],
    "multipoints": ["MULTIPOINT (1 2, 3 4)", "MULTIPOINT (5 6)", "MULTIPOINT (7 8, 9 10, 11 12)"],
    "lines": ["LINESTRING (0 0, 1 1, 2 0)", "MULTILINESTRING ((0 0, 1 1), (5 5, 6 6))", "LINESTRING (9 9, 8 8)"],
    "lines with z": ["LINESTRING Z (0 0 1, 1 1 2)", "MULTILINESTRING Z ((0 0 1, 1 1 2), (5 5 3, 6 6 4))"],
    "polygons": [f"POLYGON ({_SQUARE})", f"POLYGON ({_ISLAND})"],
    "polygons with holes": [f"POLYGON ({_SQUARE}, {_HOLE})", f"POLYGON ({_ISLAND})"],
    "multi-part polygons": [f"MULTIPOLYGON (({_SQUARE}, {_HOLE}), ({_ISLAND}))", f"POLYGON ({_ISLAND})"],
    "polygons with z": ["POLYGON Z ((0 0 1, 0 9 2, 9 9 3, 9 0 4, 0 0 1))", "POLYGON Z ((0 0 5, 0 1 5, 1 1 5, 0 0 5))"],
    "missing points": ["POINT (1 2)", None, "POINT EMPTY"],
    "missing polygons": [f"POLYGON ({_SQUARE})", None, "POLYGON EMPTY"],
}


def attributes_layer() -> gpd.GeoDataFrame:
    """Points with a column for each field type."""
    points = gpd.points_from_xy([8.5, 139.7, -3.0, 0.0], [47.4, 35.7, 0.0, 0.0])
    return gpd.GeoDataFrame(VALUES, geometry=points, crs=4326)


def shapes_layer(name: str) -> gpd.GeoDataFrame:
    """One kind of geometry, with a number for each row."""
    shapes = [None if wkt is None else shapely.from_wkt(wkt) for wkt in SHAPES[name]]
    return gpd.GeoDataFrame({"NUMBER": range(1, len(shapes) + 1)}, geometry=shapes, crs=4326)


def plane_layer() -> gpd.GeoDataFrame:
    """Points in Web Mercator, to see which formats keep a layer's own coordinates."""
    return gpd.GeoDataFrame({"NUMBER": [1]}, geometry=gpd.points_from_xy([950_000.25], [6_000_000.5]), crs=3857)


def write_shapes(path: Path) -> None:
    """Write all layers but the one of attributes into one GeoPackage."""
    layers = {name: shapes_layer(name) for name in SHAPES} | {PLANE: plane_layer()}
    for number, (name, layer) in enumerate(layers.items()):
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=number > 0)
