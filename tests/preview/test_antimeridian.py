"""Maps go on beside the 180th meridian; shapes are moved to where a map shows them."""

from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely

from arcgis_export_widgets import Portal
from arcgis_export_widgets.preview.antimeridian import shifted
from arcgis_export_widgets.preview.sample import take_sample
from arcgis_export_widgets.preview.viewport import Viewport

FIJI = Viewport(177, -20, 183, -15, 6)
FIJI_FROM_THE_WEST = Viewport(-183, -20, -177, -15, 6)
ISLANDS = shapely.MultiPolygon([shapely.box(177, -18, 180, -17), shapely.box(-180, -18, -179, -17)])
WORLD = shapely.box(-180, -90, 180, -60)


@pytest.mark.parametrize(
    ("shape", "middle", "expected"),
    [
        (shapely.Point(-179, 1), 180, shapely.Point(181, 1)),
        (shapely.Point(179, 1), -180, shapely.Point(-181, 1)),
        (shapely.Point(179, 1), 180, shapely.Point(179, 1)),
        (shapely.Point(5, 1), 725, shapely.Point(725, 1)),
        (shapely.MultiPoint([(-179, 1), (179, 1)]), 180, shapely.MultiPoint([(181, 1), (179, 1)])),
        (shapely.LineString([(-179, 1), (-178, 2)]), 180, shapely.LineString([(181, 1), (182, 2)])),
        (ISLANDS, 180, shapely.MultiPolygon([shapely.box(177, -18, 180, -17), shapely.box(180, -18, 181, -17)])),
        (WORLD, 180, WORLD),
    ],
)
def test_each_part_goes_where_it_is_nearest(shape, middle, expected):
    moved, missing = shifted(np.array([shape, None]), middle)
    assert shapely.equals(moved, expected)
    assert missing is None


def test_empty_shapes_stay_empty():
    assert shapely.is_empty(shifted(np.array([shapely.MultiPolygon(), shapely.Point()]), 180)).all()


@pytest.fixture(scope="module")
def fiji(local_portal):
    """Points on both sides of the meridian, and one on the other side of the globe."""
    places = [(178.0, -17), (179.5, -17.5), (-179.0, -18), (-178.0, -16), (0.0, -17)]
    frame = geopandas.GeoDataFrame({"NUMBER": range(5)}, geometry=[shapely.Point(place) for place in places], crs=4326)
    with Portal(local_portal.url, username="student", password="learn-arcgis") as portal:
        yield portal.feature_service(local_portal.add(frame, title="Fiji")).layer(0)


@pytest.mark.parametrize(
    ("view", "expected"),
    [(FIJI, {178.0, 179.5, 181.0, 182.0}), (FIJI_FROM_THE_WEST, {-182.0, -180.5, -179.0, -178.0})],
)
def test_features_on_both_sides_of_the_meridian_are_seen_where_the_map_is(fiji, view, expected):
    seen = take_sample(fiji, "", view, 100)
    assert seen.matched == seen.drawn == 4
    assert {feature["geometry"]["coordinates"][0] for feature in seen.features} == expected


def test_a_picture_of_many_lies_where_the_map_is(fiji):
    seen = take_sample(fiji, "", FIJI, 2)
    while seen.is_sketch:
        seen = seen.refined()
    assert (seen.picture.envelope.xmin, seen.picture.envelope.xmax) == (177, 183)
    columns = np.flatnonzero(seen.picture.alpha.any(axis=0)) / seen.picture.alpha.shape[1] * 6 + 177
    assert seen.picture.drawn == 4
    for longitude in (178.0, 179.5, 181.0, 182.0):
        assert np.abs(columns - longitude).min() < 0.1


def test_a_view_of_the_whole_globe_moves_nothing(fiji):
    seen = take_sample(fiji, "", Viewport(-200, -60, 200, 60, 1), 100)
    assert {feature["geometry"]["coordinates"][0] for feature in seen.features} == {178.0, 179.5, -179.0, -178.0, 0.0}
