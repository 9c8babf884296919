from __future__ import annotations

from dataclasses import replace

import pytest

from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.antimeridian import around, narrowed
from arcgis_export_widgets.preview.sample import feature_budget
from arcgis_export_widgets.preview.viewport import Viewport

GERMANY = Envelope(5.9, 47.3, 15.0, 55.1)


def points(*longitudes):
    return [(x, x) for x in longitudes]


def test_the_view_around_a_box_holds_all_of_it():
    view = Viewport.around(GERMANY, width_px=700, height_px=480)
    box = view.envelope
    assert box.xmin <= 5.9
    assert box.ymin <= 47.3
    assert box.xmax >= 15.0
    assert box.ymax >= 55.1


def test_the_view_around_a_box_is_as_large_as_fits():
    view = Viewport.around(GERMANY, width_px=700, height_px=480)
    closer = Viewport.around(GERMANY, width_px=350, height_px=240)
    assert view.zoom - closer.zoom == pytest.approx(1)
    assert view.size_px == pytest.approx((700, 480), abs=1)


def test_a_single_point_is_seen_from_a_height_at_which_one_knows_where_it_is():
    assert Viewport.around(Envelope(13.4, 52.5, 13.4, 52.5), width_px=700, height_px=480).zoom == 16


def test_a_map_tells_its_zoom_by_its_width_in_pixels():
    assert Viewport.seen(west=-180, south=-60, east=180, north=60, width_px=1024).zoom == 2


def test_a_pixel_at_zoom_0_is_a_256th_of_the_globe():
    assert Viewport(-180, -80, 180, 80, 0).degrees_per_pixel == 360 / 256


def test_a_map_turned_once_around_the_globe_asks_for_the_same_place():
    there = Viewport(370, 40, 380, 50, 6).envelope
    assert (there.xmin, there.xmax) == (10, 20)


def test_a_map_wider_than_the_globe_asks_for_all_of_it():
    assert Viewport(-300, -80, 300, 80, 1).envelope == Envelope(-180, -80, 180, 80)


def test_a_box_around_alaska_is_seen_across_the_180th_meridian():
    box = Envelope(-179.2, 18.9, 179.8, 71.4)
    assert narrowed(box, points(-179.2, -150, -67, 172.5, 179.8)) == Envelope(-187.5, 18.9, -67, 71.4)


def test_a_box_around_the_world_stays_as_it_is():
    box = Envelope(-179.2, -60, 179.8, 71.4)
    assert narrowed(box, points(-179, -100, -20, 60, 120, 179)) == box


def test_a_country_cut_in_two_at_the_180th_meridian_is_seen_across_it():
    assert narrowed(Envelope(-180, 41, 180, 81), [(-180, -169.9), (27.3, 180)]) == Envelope(-332.7, 41, -169.9, 81)


def test_a_shape_that_spans_the_world_leaves_no_gap():
    box = Envelope(-180, -90, 180, 90)
    assert narrowed(box, [(-180, 180), (170, 180), (-180, -170)]) == box


def test_places_beyond_the_world_do_not_turn_a_box_inside_out():
    beyond = Envelope(-200, 1, 500, 95)
    assert narrowed(beyond, points(-200, 1, 500)) == beyond
    assert around([beyond, Envelope(1, 1, 1e30, 1e30)]) == Envelope(-200, 1, 360, 90)


def test_a_box_around_boxes_holds_them_all():
    assert around([GERMANY, Envelope(0, 0, 1, 60)]) == Envelope(0, 0, 15.0, 60)
    assert around([]) is None


def test_layers_that_need_less_leave_the_rest_to_the_others():
    assert feature_budget(4000, {0: 107, 1: 9000, 2: 1000}) == {0: 107, 2: 1000, 1: 2893}


def test_layers_of_unknown_size_share_alike():
    assert feature_budget(4000, {0: None, 1: None}) == {0: 2000, 1: 2000}


def test_no_layer_goes_without_a_share():
    assert feature_budget(2, {0: 0, 1: 5, 2: 5}) == {0: 1, 1: 1, 2: 1}


def test_layers_that_need_next_to_nothing_leave_all_the_rest():
    assert feature_budget(3000, {0: 10, 1: 10, 2: 9000}) == {0: 10, 1: 10, 2: 2980}


@pytest.mark.parametrize("side", ["west", "south", "east", "north"])
def test_a_view_that_reaches_out_of_another_on_one_side_is_not_inside(side):
    view = Viewport(0, 0, 10, 10, 5)
    outwards = -1 if side in {"west", "south"} else 1
    edge = getattr(view, side)
    assert view.contains(view)
    assert view.contains(replace(view, **{side: edge - outwards}))
    assert not view.contains(replace(view, **{side: edge + outwards}))


def test_a_view_is_enlarged_by_a_share_of_its_own_size_on_each_side():
    assert Viewport(10, 20, 30, 60, 5).padded(0.5) == Viewport(0, 0, 40, 80, 5)
