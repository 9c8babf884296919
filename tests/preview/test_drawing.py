from __future__ import annotations

import json

import geopandas
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, box, from_geojson

from arcgis_export_widgets.preview.sample import MOST_FEATURES, drawings


def points(count: int, crs: object = "EPSG:4326") -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"n": range(count)}, geometry=[Point(i / count, 50) for i in range(count)], crs=crs)


def test_shapes_are_drawn_in_longitude_and_latitude():
    frame = points(3).to_crs(3857)
    (drawing,) = drawings({"Cities": frame})
    assert drawing.features[0]["geometry"]["coordinates"] == pytest.approx([0, 50])
    assert (drawing.name, drawing.rows) == ("Cities", 3)


def test_of_very_many_shapes_some_are_picked_evenly():
    (drawing,) = drawings({"Cities": points(3 * MOST_FEATURES)})
    assert len(drawing.features) == MOST_FEATURES
    assert drawing.features[-1]["geometry"]["coordinates"][0] > 0.99


def test_what_has_no_place_is_left_out():
    nowhere = points(2)
    nowhere.loc[0, "geometry"] = None
    assert [d.rows for d in drawings({"Cities": nowhere, "Facts": pd.DataFrame({"n": [1]})})] == [1]
    assert drawings({"Unknown": points(2, crs=None)}) == ()
    assert drawings({"Empty": points(2).head(0)}) == ()


def test_shapes_are_simplified_to_what_can_be_seen():
    wiggle = LineString([(x / 10_000, (x % 2) / 1e6) for x in range(10_000)])
    (drawing,) = drawings({"Roads": geopandas.GeoDataFrame(geometry=[wiggle], crs=4326)})
    assert len(drawing.features[0]["geometry"]["coordinates"]) < 100


def test_a_country_on_both_sides_of_the_180th_meridian_is_drawn_in_one_piece():
    russia = MultiPolygon([box(27, 41, 180, 81), box(-180, 65, -170, 71)])
    (drawing,) = drawings({"Countries": geopandas.GeoDataFrame(geometry=[russia], crs=4326)})
    assert (drawing.extent.xmin, drawing.extent.xmax) == (-333, -170)
    drawn = from_geojson(json.dumps(drawing.features[0]["geometry"]))
    assert drawn.bounds == (-333, 41, -170, 81)


def test_a_place_beyond_the_edge_of_its_map_is_not_drawn():
    frame = geopandas.GeoDataFrame(geometry=[Point(1e30, 0), Point(0, 0)], crs="+proj=ortho +lat_0=40")
    assert [len(d.features) for d in drawings({"Globe": frame})] == [1]
    assert drawings({"Globe": frame.head(1)}) == ()


def test_a_local_system_that_nobody_can_place_is_not_drawn():
    yard = points(2, crs='LOCAL_CS["school yard",UNIT["m",1]]')
    assert [drawing.name for drawing in drawings({"Yard": yard, "Cities": points(2)})] == ["Cities"]
