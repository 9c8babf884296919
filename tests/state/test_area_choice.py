from __future__ import annotations

import geopandas as gpd
import pytest

from arcgis_export_widgets.model.area import Polygon
from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.viewport import Viewport
from arcgis_export_widgets.state import layer_form
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.runner import SameThreadRunner

FLORIDA = Viewport(-84, 25, -80, 29, 7)
TRIANGLE = {"type": "Polygon", "coordinates": [[[-84, 25], [-80, 25], [-80, 29], [-84, 25]]]}


@pytest.fixture
def cities(form):
    return form.layer_list.layers[1]


def test_what_is_in_view_becomes_object_ids_that_count_the_same(form, cities):
    form.preview.viewport = FLORIDA
    form.area_choice.keep_view()
    inside = cities.layer.count(envelope=FLORIDA.envelope)
    assert cities.matched == inside == cities.layer.count(cities.area_clause)
    assert f"Cities: {inside:,} in the area" in form.area_choice.note


def test_it_is_said_that_an_area_takes_the_features_of_now_only(form, cities):
    form.area_choice.keep_drawn(TRIANGLE)
    assert "features added later are not exported" in form.area_choice.note
    assert form.area_choice.is_frozen
    for layer in form.layer_list.layers:
        layer.ticked = layer.definition.is_table
    assert not form.area_choice.is_frozen
    cities.ticked = True
    form.area_choice.clear()
    assert (form.area_choice.is_frozen, form.area_choice.note) == (False, "")


def test_the_area_goes_with_the_request_and_the_filter_stays_as_typed(form, cities):
    cities.where = "POPULATION > 100000"
    form.preview.viewport = FLORIDA
    form.area_choice.keep_view()
    assert cities.where == "POPULATION > 100000"
    asked = next(layer for layer in form.request.layers if layer.id == 1).where
    assert asked == f"(POPULATION > 100000) AND ({cities.area_clause})"
    assert cities.matched == cities.layer.count("POPULATION > 100000", envelope=FLORIDA.envelope)


def test_a_drawn_polygon_keeps_less_than_the_box_around_it(form, cities):
    form.area_choice.keep_drawn(TRIANGLE)
    assert 0 < cities.matched < cities.layer.count(envelope=FLORIDA.envelope)


def test_a_ring_drawn_the_other_way_round_is_the_same_area(cities):
    there, back = Polygon.drawn(TRIANGLE), Polygon.drawn(TRIANGLE | {"coordinates": [TRIANGLE["coordinates"][0][::-1]]})
    assert cities.layer.object_ids_in(there) == cities.layer.object_ids_in(back) != ()


def test_an_outline_that_crosses_itself_keeps_both_its_halves(cities):
    eight = {"type": "Polygon", "coordinates": [[[-90, 30], [-80, 40], [-80, 30], [-90, 40], [-90, 30]]]}
    left = {"type": "Polygon", "coordinates": [[[-90, 30], [-85, 35], [-90, 40], [-90, 30]]]}
    right = {"type": "Polygon", "coordinates": [[[-80, 40], [-85, 35], [-80, 30], [-80, 40]]]}
    both = {*cities.layer.object_ids_in(Polygon.drawn(left)), *cities.layer.object_ids_in(Polygon.drawn(right))}
    assert set(cities.layer.object_ids_in(Polygon.drawn(eight))) == both


@pytest.fixture
def strait(local_portal, portal):
    """Two places west and two east of the 180th meridian, one far away."""
    places = gpd.GeoDataFrame(
        {"n": range(5)}, geometry=gpd.points_from_xy([178, 179.9, -179.9, -178, 0], [0, 1, 2, 3, 4]), crs=4326
    )
    return ExportForm(portal, local_portal.add(places, title="Strait"), runner=SameThreadRunner())


@pytest.mark.parametrize("turn", [0, 360, -360, 720])
def test_a_view_across_the_180th_meridian_keeps_what_lies_on_both_sides(strait, turn):
    strait.preview.viewport = Viewport(179 + turn, -10, 183 + turn, 10, 7)
    strait.area_choice.keep_view()
    assert strait.layer_list.layers[0].matched == 3
    assert "3 in the area" in strait.area_choice.note


@pytest.mark.parametrize("turn", [0, -360, 360])
def test_what_is_drawn_across_the_180th_meridian_keeps_what_lies_on_both_sides(strait, turn):
    west, east = 179 + turn, 183 + turn
    square = [[west, -10], [east, -10], [east, 10], [west, 10], [west, -10]]
    strait.area_choice.keep_drawn({"type": "Polygon", "coordinates": [square]})
    assert strait.layer_list.layers[0].matched == 3
    assert {x for ring in strait.area_choice.area.outline for x, _ in ring} == {west, east}


def test_a_hole_keeps_nothing_inside(cities):
    hole = [[-83, 26], [-81, 26], [-81, 28], [-83, 28], [-83, 26]]
    square = [[-84, 25], [-80, 25], [-80, 29], [-84, 29], [-84, 25]]
    whole, ring = ({"type": "Polygon", "coordinates": rings} for rings in ([square], [square, hole]))
    inside = {*cities.layer.object_ids_in(Polygon.drawn({"type": "Polygon", "coordinates": [hole]}))}
    kept = {*cities.layer.object_ids_in(Polygon.drawn(whole))}
    assert {*cities.layer.object_ids_in(Polygon.drawn(ring))} == kept - inside
    assert inside


def test_what_has_no_inside_is_told_and_changes_nothing(form, cities):
    form.area_choice.keep_drawn({"type": "Polygon", "coordinates": [[[-84, 25], [-80, 25], [-84, 25]]]})
    assert "has no area" in form.area_choice.note
    assert cities.area_clause == ""


def test_no_area_keeps_everything_again(form, cities):
    form.preview.viewport = FLORIDA
    form.area_choice.keep_view()
    form.area_choice.clear()
    assert cities.matched == cities.total == cities.layer.count()
    assert form.area_choice.note == ""


def test_an_area_without_features_leaves_nothing_to_export(form):
    form.preview.viewport = Viewport(-150, 10, -149, 11, 9)
    form.area_choice.keep_view()
    assert form.blockers[0].startswith("Nothing to export")


def test_too_many_ids_are_told_with_other_ways(form, cities, monkeypatch):
    monkeypatch.setattr(layer_form, "LONGEST_CLAUSE", 100)
    form.preview.viewport = FLORIDA
    form.area_choice.keep_view()
    (told,) = [blocker for blocker in form.blockers if blocker.startswith("Cities")]
    assert "Choose a smaller area" in told
    assert cities.matched == cities.total


def test_as_many_characters_as_a_clause_may_have_are_not_too_many(form, cities, monkeypatch):
    form.preview.viewport = FLORIDA
    form.area_choice.keep_view()
    longest = len(cities.area_clause)
    for most, fits in ((longest, True), (longest - 1, False)):
        form.area_choice.clear()
        monkeypatch.setattr(layer_form, "LONGEST_CLAUSE", most)
        form.area_choice.keep_view()
        assert (cities.area_fault == "") is fits
        assert (cities.area_clause != "") is fits


def test_tables_are_not_restricted(world):
    world.preview.viewport = FLORIDA
    world.area_choice.keep_view()
    facts = world.layer_list.layers[2]
    assert facts.matched == facts.total


def test_the_answer_for_an_older_area_is_dropped(portal, steps):
    cities = LayerForm(portal.feature_service("345313e619df46f387f9ededbe15ac56").layer(1), steps)
    steps.settle()
    cities.area = Envelope(-84, 25, -80, 29)
    cities.area = None
    steps.settle()
    assert cities.area_clause == ""


def test_another_item_forgets_the_area(form):
    form.preview.viewport = FLORIDA
    form.area_choice.keep_view()
    form.item_picker.text = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
    form.item_picker.find()
    assert form.area_choice.area is None
    assert all(layer.area_clause == "" for layer in form.layer_list.layers)
