import json

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import load
from arcgis_export_widgets.portal.pages.esri_geometry import to_shapely

OUTER = [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]  # clockwise, as ArcGIS writes outer rings
HOLE = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
ISLAND = [[20, 0], [20, 1], [21, 1], [21, 0], [20, 0]]
FIELDS = [
    {"name": "OBJECTID", "type": "esriFieldTypeOID"},
    {"name": "OPENED", "type": "esriFieldTypeDate"},
    {"name": "BIG", "type": "esriFieldTypeBigInteger"},
]


def collection(*geometries, geometry_type="esriGeometryPoint", **reference):
    features = [
        {"attributes": {"OBJECTID": i, "OPENED": None if i else 1580560215000, "BIG": None if i else 2**53 + 1}}
        | ({"geometry": geometry} if geometry else {})
        for i, geometry in enumerate(geometries)
    ]
    layer = {"id": 3, "name": "Places", "geometryType": geometry_type, "objectIdField": "OBJECTID", "fields": FIELDS}
    feature_set = {"geometryType": geometry_type, "spatialReference": reference or {"wkid": 4326}, "features": features}
    return {"layers": [{"layerDefinition": layer, "featureSet": feature_set}]}


def load_collection(tmp_path, document):
    (tmp_path / "export.json").write_text(json.dumps(document))
    return load(tmp_path / "export.json")


def test_the_files_own_definition_restores_types(tmp_path):
    frame = load_collection(tmp_path, collection({"x": 1, "y": 2}, {"x": 3, "y": 4}))["Places"]
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame["OPENED"].dtype == "datetime64[ms, UTC]"
    assert frame["OPENED"][0].isoformat() == "2020-02-01T12:30:15+00:00"
    assert frame["BIG"].tolist()[0] == 2**53 + 1
    assert frame["BIG"].isna().tolist() == [False, True]


def test_the_coordinate_system_is_the_files(tmp_path):
    frame = load_collection(tmp_path, collection({"x": 1, "y": 2}, wkid=102100, latestWkid=3857))["Places"]
    assert frame.crs == "EPSG:3857"


def test_a_feature_without_geometry_stays_a_row(tmp_path):
    frame = load_collection(tmp_path, collection(None, {"x": 3, "y": 4}, {"x": "NaN", "y": "NaN"}))["Places"]
    assert frame.geometry.isna().tolist() == [True, False, True]


def test_what_is_no_number_in_a_field_of_numbers_is_a_gap(tmp_path):
    document = collection({"x": 1, "y": 2}, {"x": 3, "y": 4})
    layer = document["layers"][0]
    layer["layerDefinition"]["fields"] = [*FIELDS, {"name": "DEPTH", "type": "esriFieldTypeDouble"}]
    for feature, depth in zip(layer["featureSet"]["features"], ("NaN", 2.5), strict=True):
        feature["attributes"]["DEPTH"] = depth
    depths = load_collection(tmp_path, document)["Places"]["DEPTH"]
    assert depths.isna().tolist() == [True, False]
    assert depths.dtype == "float64"


def test_a_layer_without_features_is_an_empty_frame(tmp_path):
    frame = load_collection(tmp_path, collection())["Places"]
    assert len(frame) == 0
    assert list(frame.columns) == ["OBJECTID", "OPENED", "BIG", "geometry"]


@pytest.mark.parametrize(
    ("geometry", "wkt"),
    [
        ({"x": 1, "y": 2, "z": 3}, "POINT Z (1 2 3)"),
        ({"points": [[1, 2], [3, 4]]}, "MULTIPOINT (1 2, 3 4)"),
        ({"paths": [[[1, 2], [3, 4]]]}, "LINESTRING (1 2, 3 4)"),
        ({"paths": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}, "MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))"),
        ({"hasM": True, "paths": [[[1, 2, 9], [3, 4, 9]]]}, "LINESTRING (1 2, 3 4)"),
        ({"rings": [OUTER, HOLE]}, "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))"),
        # two outer rings
        ({"rings": [HOLE[::-1], ISLAND]},
         "MULTIPOLYGON (((1 1, 1 2, 2 2, 2 1, 1 1)), ((20 0, 20 1, 21 1, 21 0, 20 0)))"),
        ({"rings": [OUTER[::-1]]}, "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0))"),
        ({"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}, "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"),
    ],
)  # fmt: skip
def test_each_kind_of_geometry_is_what_it_says(geometry, wkt):
    assert to_shapely(geometry).normalize().wkt == shapely.from_wkt(wkt).normalize().wkt


def test_a_hole_belongs_to_the_smallest_ring_around_it():
    inner = [[3, 3], [3, 6], [6, 6], [6, 3], [3, 3]]
    hole_of_inner = [[4, 4], [5, 4], [5, 5], [4, 5], [4, 4]]
    parts = to_shapely({"rings": [OUTER, inner, hole_of_inner]}).geoms
    assert [len(part.interiors) for part in parts] == [0, 1]


@pytest.mark.parametrize("geometry", [{}, None, {"rings": []}, {"paths": [[]]}, {"points": []}, {"x": None, "y": None}])
def test_nothing_is_no_geometry(geometry):
    assert to_shapely(geometry) is None


@pytest.mark.parametrize("geometry", [{"curveRings": []}, {"a": 1}, {"rings": [[[0, 0]]]}, {"x": "far"}, {"paths": 3}])
def test_what_makes_no_sense_is_refused(geometry):
    with pytest.raises(LoadError):
        to_shapely(geometry)


@pytest.mark.parametrize(
    "document",
    [
        {"layers": [{"layerDefinition": {}}]},
        {"layers": [{"layerDefinition": [], "featureSet": {"features": []}}]},
        {"layers": [{"featureSet": {"features": [1]}}]},
        {"layers": {"layerDefinition": 1}},
        {"layers": [{"layerDefinition": {"fields": [1]}, "featureSet": {"features": []}}]},
    ],
)
def test_a_broken_collection_is_refused_in_words(tmp_path, document):
    with pytest.raises(LoadError, match="Feature Collection"):
        load_collection(tmp_path, document)


def test_a_field_called_geometry_is_refused_rather_than_lost(tmp_path):
    document = collection({"x": 1, "y": 2})
    document["layers"][0]["featureSet"]["features"][0]["attributes"]["geometry"] = "a text"
    with pytest.raises(LoadError, match="field called 'geometry'"):
        load_collection(tmp_path, document)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["x", "y", "z", "points", "paths", "rings", "hasZ", "hasM", "xmin"]), JSON))
def test_any_json_as_geometry_is_read_or_refused(geometry):
    try:
        found = to_shapely(geometry)
    except LoadError:
        return
    assert found is None or shapely.is_geometry(found)
