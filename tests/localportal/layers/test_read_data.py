"""Files become layers, the same by Arrow as feature by feature."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from arcgis_export_widgets.localportal.layers import read_data
from arcgis_export_widgets.localportal.layers.read_data import read_arrow, read_layer, read_layers


@pytest.fixture
def frame():
    """Every type, with a value and with null."""
    return gpd.GeoDataFrame(
        {
            "SMALL": pd.array([1, None, -3], dtype="Int16"),
            "BIG": pd.array([2**40, None, 5], dtype="Int64"),
            "YES": pd.array([True, None, False], dtype="boolean"),
            "SINGLE": pd.array([1.5, None, 2], dtype="Float32"),
            "TEXT": ["Città", None, ""],
            "MOMENT": pd.to_datetime(["2020-01-01T12:00:00.123", None, "1969-12-31"], format="ISO8601", utc=True),
        },
        geometry=[shapely.Point(1, 2), None, shapely.Point(3, 4)],
        crs=25832,
    )


@pytest.fixture
def many(monkeypatch):
    """Take three features for many, which are read by Arrow."""
    monkeypatch.setattr(read_data, "_MANY_FEATURES", 3)


def as_plain(layer):
    attributes = layer.attributes.astype(object)
    return [attributes.where(attributes.notna(), None).to_dict("list"), list(layer.geometries), layer.crs, layer.fields]


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.gdb", "OpenFileGDB"), ("a.shp", "ESRI Shapefile")]
)
def test_arrow_brings_what_reading_feature_by_feature_brings(frame, tmp_path, monkeypatch, name, driver):
    path = tmp_path / name
    options = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"} if driver == "OpenFileGDB" else {}
    kept = frame.drop(columns="MOMENT") if driver == "ESRI Shapefile" else frame
    pyogrio.write_dataframe(kept, path, driver=driver, layer_options=options)
    plain = read_layer(path, "a", 0, "a")
    monkeypatch.setattr(read_data, "_MANY_FEATURES", 3)
    assert as_plain(read_layer(path, "a", 0, "a")) == as_plain(plain)


@pytest.mark.usefixtures("many")
def test_large_whole_numbers_in_a_column_with_nulls_stay_exact(frame, tmp_path):
    frame["BIG"] = pd.array([2**62 + 1, None, 5], dtype="Int64")
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg")
    assert read_layer(tmp_path / "a.gpkg", "a", 0, "a").attributes["BIG"].tolist() == [2**62 + 1, pd.NA, 5]


def test_a_table_and_a_layer_without_rows_can_be_read_by_arrow(frame, tmp_path):
    pyogrio.write_dataframe(pd.DataFrame({"A": [1, 2]}), tmp_path / "a.gpkg", layer="table")
    pyogrio.write_dataframe(frame[:0], tmp_path / "a.gpkg", layer="empty", append=True, geometry_type="Point")
    assert read_arrow(tmp_path / "a.gpkg", "table")["A"].tolist() == [1, 2]
    empty = read_arrow(tmp_path / "a.gpkg", "empty")
    assert (len(empty), empty.crs.to_epsg()) == (0, 25832)


@pytest.mark.usefixtures("many")
def test_times_with_different_offsets_stay_the_same_times(tmp_path):
    texts = ["2020-01-01T12:00:00+02:00", "2020-01-01T12:00:00Z", "2020-01-01T12:00:00-05:00"]
    point = {"type": "Point", "coordinates": [1, 2]}
    features = [{"type": "Feature", "properties": {"AT": text}, "geometry": point} for text in texts]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    moments = read_layer(tmp_path / "a.geojson", "a", 0, "a").attributes["AT"]
    assert moments.dt.hour.tolist() == [10, 12, 17]


@pytest.mark.usefixtures("many")
def test_curves_which_arrow_cannot_carry_become_lines(tmp_path):
    path = tmp_path / "a.csv"
    curve = '"CIRCULARSTRING (0 0, 1 1, 2 0)"'
    path.write_text("\n".join(["WKT,A", *[f"{curve},{number}" for number in range(3)]]) + "\n")
    layer = read_layer(path, "a", 0, "a")
    assert layer.geometry_type == "esriGeometryPolyline"
    assert np.allclose(shapely.get_point(layer.geometries, -1).tolist()[0].coords[0], (2, 0))


@pytest.mark.parametrize("name", ["a!b", "x.zip!y", "a;b"])
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson"])
def test_a_name_with_an_exclamation_mark_is_no_archive(frame, tmp_path, name, suffix):
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}[suffix]
    pyogrio.write_dataframe(frame[["TEXT", "geometry"]].to_crs(4326), tmp_path / f"plain{suffix}", driver=driver)
    for part in tmp_path.glob("plain.*"):
        part.rename(folder / f"{name}{part.suffix}")
    (layer,) = read_layers(folder / f"{name}{suffix}")
    assert len(layer) == 3
