"""One layer with what formats stumble over, and the files ArcGIS makes of it, made here by hand."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from arcgis_export_widgets.loading import ExpectedLayer
from arcgis_export_widgets.model.definition import LayerDefinition

FIELDS = [
    ("OBJECTID", "OID"),
    ("NAME", "String"),
    ("POPULATION_1990", "Integer"),
    ("POPULATION_2000", "Integer"),
    ("SMALL", "SmallInteger"),
    ("BIG", "BigInteger"),
    ("SHARE", "Double"),
    ("OPENED", "Date"),
    ("CODE", "String"),
]
OPENED = pd.to_datetime(["2018-01-31 01:49:59", None, "1899-12-31 23:00:00"], utc=True).as_unit("ms")
VALUES = pd.DataFrame(
    {
        "OBJECTID": [1, 2, 3],
        "NAME": ["Zürich", "日本", None],
        "POPULATION_1990": pd.array([10, None, 30], dtype="Int32"),
        "POPULATION_2000": pd.array([11, 22, 33], dtype="Int32"),
        "SMALL": pd.array([1, -2, None], dtype="Int16"),
        "BIG": pd.array([2**40, 5, None], dtype="Int64"),
        "SHARE": [0.5, None, -1.25],
        "OPENED": OPENED,
        "CODE": ["007", "8", None],
    }
)
POINTS = gpd.points_from_xy([8.5, 139.7, -3.0], [47.4, 35.7, 0.0])
SHORT = {"POPULATION_1990": "POPULATION", "POPULATION_2000": "POPULATI_1"}


@pytest.fixture
def expected() -> ExpectedLayer:
    definition = {
        "id": 4,
        "name": "Großstädte & Dörfer",
        "type": "Feature Layer",
        "geometryType": "esriGeometryPoint",
        "objectIdField": "OBJECTID",
        "extent": {"spatialReference": {"wkid": 4326}},
        "fields": [{"name": name, "type": f"esriFieldType{kind}", "alias": name.title()} for name, kind in FIELDS],
    }
    return ExpectedLayer(LayerDefinition.from_json(definition), count=3)


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(VALUES, geometry=POINTS, crs=4326)


def zip_folder(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return target


def shapefile(folder: Path, name: str = "Großstädte_Dörfer") -> Path:
    """As ArcGIS writes it: names of ten characters, dates without time, no ids."""
    contents = folder / "shp"
    contents.mkdir()
    short = frame().drop(columns="OBJECTID").rename(columns=SHORT)
    short["OPENED"] = short["OPENED"].dt.date.where(short["OPENED"].notna(), None)
    pyogrio.write_dataframe(short, contents / f"{name}.shp", driver="ESRI Shapefile", encoding="UTF-8")
    return zip_folder(contents, folder / "export.zip")


def csv(folder: Path) -> Path:
    """As ArcGIS writes it: a byte order mark, American dates, coordinates last."""
    table = VALUES.assign(OPENED=OPENED.strftime("%m/%d/%Y %I:%M:%S %p"), x=POINTS.x, y=POINTS.y)
    table.to_csv(folder / "export.csv", index=False, encoding="utf-8-sig")
    return folder / "export.csv"


def geojson(folder: Path) -> Path:
    """As ArcGIS writes it: dates in milliseconds since 1970."""
    milliseconds = [None if pd.isna(t) else int(t.timestamp() * 1000) for t in OPENED]
    features = [
        {
            "type": "Feature",
            "id": int(row.OBJECTID),
            "geometry": {"type": "Point", "coordinates": [point.x, point.y]},
            "properties": {
                key: None if pd.isna(value) else (value.item() if hasattr(value, "item") else value)
                for key, value in row._asdict().items()
            }
            | {"OPENED": opened},
        }
        for row, point, opened in zip(VALUES.itertuples(index=False), POINTS, milliseconds, strict=True)
    ]
    path = folder / "export.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def file_geodatabase(folder: Path) -> Path:
    """As ArcGIS writes it: one geodatabase of a random name in a zip."""
    contents = folder / "gdb"
    contents.mkdir()
    pyogrio.write_dataframe(
        frame().drop(columns="OBJECTID"),
        contents / f"{uuid.uuid4()}.gdb",
        layer="Grossstaedte",
        driver="OpenFileGDB",
        layer_options={"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"},
    )
    return zip_folder(contents, folder / "export.zip")


def geopackage(folder: Path) -> Path:
    pyogrio.write_dataframe(frame().drop(columns="OBJECTID"), folder / "export.gpkg", layer="main", driver="GPKG")
    return folder / "export.gpkg"


MAKERS = {
    "Shapefile": shapefile,
    "CSV": csv,
    "GeoJson": geojson,
    "File Geodatabase": file_geodatabase,
    "geoPackage": geopackage,
}


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[str], Path]:
    return lambda export_format: MAKERS[export_format](tmp_path)
