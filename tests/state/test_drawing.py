from __future__ import annotations

import geopandas
import pandas as pd
import pytest
from shapely import LineString, Point

from arcgis_export_widgets.state.drawing import MOST_SHAPES, drawings


def points(count: int, crs: object = "EPSG:4326") -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"n": range(count)}, geometry=[Point(i / count, 50) for i in range(count)], crs=crs)


def test_shapes_are_drawn_in_longitude_and_latitude():
    frame = points(3).to_crs(3857)
    (drawing,) = drawings({"Cities": frame})
    assert drawing.features[0]["geometry"]["coordinates"] == pytest.approx([0, 50])
    assert (drawing.name, drawing.rows) == ("Cities", 3)


def test_of_very_many_shapes_some_are_picked_evenly():
    (drawing,) = drawings({"Cities": points(3 * MOST_SHAPES)})
    assert len(drawing.features) == MOST_SHAPES
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
