"""Layers as Arrow streams into GDAL: every value, null and geometry arrives as it was."""

import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from arcgis_export_widgets.localportal.export.formats import FORMATS
from arcgis_export_widgets.localportal.export.request import ExportRequest, LayerExport, select_layer
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer

ROWS = 3000


def written(frame, export_format, folder, **declared):
    """Return the file that a frame's export writes."""
    fields = {name: {"type": esri_type} for name, esri_type in declared.items()}
    layer = frame_to_layer(frame, 0, "Layer", fields=fields)
    request = ExportRequest(Service("s", "0" * 32, [layer]), FORMATS[export_format], (), None, False, "")
    return request.format.write([select_layer(request, LayerExport(0))], folder, "out")


def late(value, empty=None):
    """A column that is empty but for its last row."""
    return [empty] * (ROWS - 1) + [value]


def test_a_value_in_the_last_of_many_empty_rows_arrives(tmp_path):
    frame = gpd.GeoDataFrame({"TEXT": late("ü"), "NUMBER": pd.array(late(7), dtype="Int32")}, geometry=late(None))
    frame = frame.set_geometry(np.array(late(shapely.Point(1, 2)), dtype=object), crs=4326)
    found = pyogrio.read_dataframe(written(frame, "geopackage", tmp_path))
    assert found.count().to_dict() == {"TEXT": 1, "NUMBER": 1, "geometry": 1}
    assert found.iloc[-1].tolist() == ["ü", 7, shapely.Point(1, 2)]


def test_a_layer_without_any_geometry_or_text_is_written(tmp_path):
    frame = gpd.GeoDataFrame({"TEXT": pd.Series([None, None], dtype=object)}, geometry=[None, None], crs=4326)
    found = pyogrio.read_dataframe(written(frame, "geopackage", tmp_path))
    assert len(found) == 2
    assert found[["TEXT", "geometry"]].isna().all(axis=None)


@pytest.mark.parametrize("export_format", ["geopackage", "file geodatabase"])
def test_heights_stay_and_single_parts_become_multi_parts(tmp_path, export_format):
    ring = [(0, 0, 5), (1, 0, 6), (1, 1, 7), (0, 0, 5)]
    polygon, other = shapely.Polygon(ring), shapely.MultiPolygon([shapely.Polygon(ring)])
    frame = gpd.GeoDataFrame({"A": [1, 2]}, geometry=[polygon, other], crs=3857)
    path = written(frame, export_format, tmp_path)
    found = pyogrio.read_dataframe(path if path.suffix == ".gpkg" else f"/vsizip/{path}/{inner_folder(path)}")
    assert found.crs.to_epsg() == 3857
    assert found.geometry.geom_type.tolist() == ["MultiPolygon"] * 2
    corners = shapely.get_coordinates(found.geometry[0], include_z=True).tolist()
    assert sorted(corners) == sorted(map(list, ring))  # a geodatabase turns rings the other way round


def inner_folder(path):
    return zipfile.ZipFile(path).namelist()[0].split("/")[0]


def test_days_are_written_as_days(tmp_path):
    days = pd.to_datetime(["2020-02-29", None])
    frame = gpd.GeoDataFrame({"DAY": days, "MOMENT": days}, geometry=[shapely.Point(1, 2)] * 2, crs=4326)
    path = written(frame, "geopackage", tmp_path, DAY="esriFieldTypeDateOnly", MOMENT="esriFieldTypeDate")
    assert pyogrio.read_info(path)["dtypes"].tolist() == ["datetime64[D]", "datetime64[ms]"]


def test_dates_of_a_shapefile_are_dates_without_time(tmp_path):
    moments = pd.to_datetime(["2020-02-29T23:59:59", None])
    frame = gpd.GeoDataFrame({"OPENED": moments}, geometry=[shapely.Point(1, 2)] * 2, crs=4326)
    path = written(frame, "shapefile", tmp_path)
    info, found = pyogrio.read_info(path), pyogrio.read_dataframe(path)
    assert dict(zip(info["fields"], info["dtypes"], strict=True))["OPENED"] == "datetime64[D]"
    assert found["OPENED"].astype(object).tolist()[0] == pd.Timestamp("2020-02-29")
    assert found["OPENED"].isna().tolist() == [False, True]


def test_a_custom_crs_is_written_with_the_data(tmp_path):
    own = "+proj=laea +lat_0=12 +lon_0=34 +datum=WGS84 +units=m"
    frame = gpd.GeoDataFrame({"A": [1]}, geometry=[shapely.Point(1, 2)], crs=own)
    found = pyogrio.read_dataframe(written(frame, "geopackage", tmp_path))
    assert 'Latitude of natural origin",12' in found.crs.to_wkt()
    assert found.geometry[0] == shapely.Point(1, 2)
