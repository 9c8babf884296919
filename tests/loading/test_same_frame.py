"""The same frame, value by value, from PBF, JSON and GeoJSON."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from arcgis_export_widgets.loading import ExpectedLayer, frame_from_pages
from arcgis_export_widgets.portal import PortalClient

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
FORMATS = ("pbf", "json", "geojson")


@pytest.fixture(scope="module")
def client(local_portal):
    with PortalClient(local_portal.url, username="student", password="learn-arcgis") as opened:
        yield opened


def frames_of(layer, *, page_size=None, domains="codes"):
    """The frame of each format; PBF really as PBF, not as what is asked for when it cannot be read."""
    expected = ExpectedLayer(layer.definition)
    for name in FORMATS:
        only = replace(layer, definition=replace(layer.definition, query_formats=frozenset({name})))
        yield frame_from_pages(only.pages(page_size=page_size), expected, domains)


def assert_same(one, other):
    assert type(one) is type(other)
    assert one.attrs == other.attrs
    if isinstance(one, gpd.GeoDataFrame):
        assert one.crs == other.crs
        assert one.geometry.isna().tolist() == other.geometry.isna().tolist()
        found, wanted = one.geometry.dropna().to_numpy(), other.geometry.dropna().to_numpy()
        tolerance = 1e-9 if one.crs.is_geographic else 1e-4  # the grid of PBF
        assert shapely.equals_exact(shapely.normalize(found), shapely.normalize(wanted), tolerance=tolerance).all()
        assert shapely.has_z(found).tolist() == shapely.has_z(wanted).tolist()
        one, other = pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(other.drop(columns="geometry"))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("domains", ["codes", "labels"])
@pytest.mark.parametrize(("item", "layer_id"), [(CITIES, 0), (CITIES, 2), (QUAKES, 0), (QUAKES, 1), (QUAKES, 2)])
def test_layers_are_the_same_in_all_formats(client, item, layer_id, domains, caplog):
    layer = client.feature_service(item).layer(layer_id)
    from_pbf, from_json, from_geojson = frames_of(layer, page_size=300, domains=domains)
    assert "continuing with JSON" not in caplog.text
    assert len(from_pbf) == layer.count()
    assert_same(from_pbf, from_json)
    assert_same(from_geojson, from_json)


SHAPES = {
    "points with z, one missing": shapely.from_wkt(["POINT Z (1 2 3.25)", None, "POINT Z (4 5 -6)"]),
    "multipoints": shapely.from_wkt(["MULTIPOINT (1 2, 3 4)", "MULTIPOINT (5 6)", None]),
    "lines": shapely.from_wkt(["LINESTRING Z (0 0 1, 1 1 2)", "MULTILINESTRING Z ((0 0 1, 1 1 2), (5 5 0, 6 6 0))"]),
    "polygons": np.array(
        [
            shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2)),
            shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
            None,
        ]
    ),
}


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("crs", [4326, 3857])
def test_shapes_are_the_same_in_all_formats(local_portal, client, kind, crs):
    values = {
        "SMALL": pd.array([1, None, -2], dtype="Int16"),
        "SINGLE": pd.array([0.1, None, 3], dtype="Float32"),
        "BIG": [2**53 + 1, -(2**62), 0],
        "WHEN": pd.to_datetime(["1969-12-31T23:59:59.999", None, "2262-01-01"], format="ISO8601"),
        "DAY": [None, "Ω", ""],
    }
    shapes = SHAPES[kind]
    frame = gpd.GeoDataFrame(pd.DataFrame(values).head(len(shapes)), geometry=shapes, crs=crs)
    layer = client.feature_service(local_portal.add(frame, f"Same {kind} {crs}")).layer(0)
    from_pbf, from_json, from_geojson = frames_of(layer)
    assert_same(from_pbf, from_json)
    assert_same(from_geojson, from_json)
    assert [shape is None for shape in from_pbf.geometry] == [shape is None for shape in shapes]
    assert all(a is None or a.equals(b) for a, b in zip(from_json.geometry, shapes, strict=True))
