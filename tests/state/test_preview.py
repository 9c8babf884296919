from __future__ import annotations

import geopandas
import pytest

from arcgis_export_widgets.preview.viewport import Viewport
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.preview import MOST_FEATURES, Preview
from arcgis_export_widgets.where.conditions import Operator

USA = "345313e619df46f387f9ededbe15ac56"
COUNTRY = Viewport(-130, 22, -60, 52, 3)
PADDED = COUNTRY.padded(0.15).envelope
FLORIDA = Viewport(-84, 25, -80, 29, 7)


def drawn(preview, layer_id):
    return len(preview.layers[layer_id].features)


@pytest.fixture
def cities(portal, steps):
    form = LayerForm(portal.feature_service(USA).layer(1), steps)
    steps.settle()
    return form


@pytest.fixture
def preview(cities, steps):
    preview = Preview(steps)
    preview.viewport, preview.forms = COUNTRY, (cities,)
    steps.settle()
    return preview


def test_a_changed_clause_is_seen_on_the_map(preview, cities, steps):
    cities.where = "POPULATION > 500000"
    steps.settle()
    features = preview.layers[1].features
    assert features
    assert all(feature["properties"]["POPULATION"] > 500000 for feature in features)


def test_the_picture_of_an_older_clause_is_never_painted(preview, cities, steps):
    cities.where = "POPULATION > 100000"
    steps.rest()
    cities.where = "POPULATION > 1000000"
    steps.rest()
    while steps.asked:
        steps.answer(-1)
    assert preview.layers[1].matched == cities.layer.count("POPULATION > 1000000", envelope=PADDED)


def test_while_typing_nonsense_the_last_picture_stays(preview, cities, steps):
    before = preview.layers
    cities.where = "POPULATION > >"
    steps.settle()
    assert preview.layers == before


def test_panning_a_little_asks_for_nothing(portal, steps):
    form = LayerForm(portal.feature_service(USA).layer(2), steps)
    preview = Preview(steps)
    preview.viewport, preview.forms = COUNTRY, (form,)
    steps.settle()
    preview.viewport = Viewport(-129, 22, -59, 52, 3)
    steps.rest()
    assert steps.asked == []


def test_zooming_in_asks_for_what_is_there(preview, steps):
    preview.viewport = FLORIDA
    steps.settle()
    assert preview.layers[1].is_complete
    assert preview.status == f"All {drawn(preview, 1):,} features in this part of the map are drawn."


def test_the_status_says_which_share_is_drawn(cities, steps, monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.preview.raster.BUDGET_S", -1.0)
    monkeypatch.setattr("arcgis_export_widgets.preview.raster.LARGE_PAGE", 0)
    preview = Preview(steps)
    preview.viewport, preview.forms = COUNTRY, (cities,)
    steps.settle()
    shown = preview.layers[1]
    assert shown.drawn < shown.matched
    assert f"{shown.drawn:,} of {shown.matched:,} Cities" in preview.status


def test_a_sketch_is_seen_before_the_whole_picture(cities, steps):
    preview = Preview(steps)
    preview.viewport, preview.forms = COUNTRY, (cities,)
    steps.answer()
    first = preview.layers[1]
    assert 0 < first.drawn < first.matched
    assert preview.loading == (1,)
    steps.settle()
    assert preview.layers[1].is_complete
    assert preview.loading == ()


@pytest.fixture
def begun(cities, steps, monkeypatch):
    """A preview whose picture is made in two steps, of which one was taken."""
    monkeypatch.setattr("arcgis_export_widgets.preview.raster._STEP_S", 0.0)
    monkeypatch.setattr("arcgis_export_widgets.preview.raster.LARGE_PAGE", 0)
    preview = Preview(steps)
    preview.viewport, preview.forms = COUNTRY, (cities,)
    sketch_and_first_step = 2
    for _ in range(sketch_and_first_step):
        steps.answer()
    assert preview.layers[1].is_sketch
    return preview


def test_typing_stops_a_picture_that_nobody_waits_for_any_longer(begun, cities, steps):
    shown = begun.layers[1]
    cities.where = "POPULATION > 100000"
    assert shown.painting.go_on().drawn == shown.drawn
    steps.settle()
    assert begun.layers[1].matched == cities.layer.count("POPULATION > 100000", envelope=PADDED)


def test_a_picture_stopped_by_typing_that_came_to_nothing_is_painted_after_all(begun, cities, steps):
    cities.where = "POPULATION > 100000"
    cities.where = ""
    steps.settle()
    assert begun.layers[1].matched == cities.layer.count(envelope=PADDED)
    assert begun.layers[1].is_complete
    assert begun.loading == ()


def test_a_layer_no_longer_ticked_is_drawn_no_further(begun):
    shown = begun.layers[1]
    begun.forms = ()
    assert shown.painting.go_on().drawn == shown.drawn


def test_moving_the_map_stops_the_picture_of_where_it_was(begun, steps):
    shown = begun.layers[1]
    begun.viewport = FLORIDA
    steps.rest()
    assert shown.painting.go_on().drawn == shown.drawn


def test_thousands_are_shown_as_a_picture_and_all_of_them(preview):
    shown = preview.layers[1]
    assert shown.matched > MOST_FEATURES
    whole = f"All {shown.matched:,} features in this part of the map are drawn."
    assert preview.status == f"{whole} Zoom in to click a feature."


def test_a_layer_no_longer_ticked_leaves_the_map(preview):
    preview.forms = ()
    assert preview.layers == {}
    assert preview.status == ""


def test_an_answer_for_a_layer_no_longer_ticked_is_dropped(preview, cities, steps):
    cities.where = "POPULATION > 100000"
    steps.rest()
    preview.forms = ()
    steps.settle()
    assert preview.layers == {}


def test_a_clicked_feature_shows_aliases_and_values(preview):
    preview.select(1, 0)
    properties = preview.layers[1].features[0]["properties"]
    assert preview.selected.layer_name == "Cities"
    assert dict(preview.selected.attributes)["Population"] == str(properties["POPULATION"])


def test_a_click_on_what_was_just_replaced_does_nothing(preview):
    preview.select(1, 10**6)
    preview.select(7, 0)
    assert preview.selected is None


def test_a_portal_that_went_away_is_told_and_refresh_tries_again(preview, cities, steps):
    url = cities.layer.url
    object.__setattr__(cities.layer, "url", "http://127.0.0.1:9/FeatureServer/1")
    preview.refresh()
    steps.settle()
    assert "cannot be reached" in preview.status
    object.__setattr__(cities.layer, "url", url)
    preview.refresh()
    steps.settle()
    assert preview.errors == {}


@pytest.fixture
def edited(local_portal, portal):
    """A layer, and the address of the same layer with three times as many rows."""

    def layer(rows):
        frame = geopandas.GeoDataFrame(
            {"SIZE": range(rows), "KIND": [f"kind {row % 2}" for row in range(rows)]},
            geometry=geopandas.points_from_xy([-100.0] * rows, range(30, 30 + rows)),
            crs=4326,
        )
        return portal.feature_service(local_portal.add(frame, title=f"{rows} rows")).layer(0)

    return layer(6), layer(18).url


def test_refresh_counts_anew_everything_that_is_shown(edited, steps):
    layer, url_after_edits = edited
    form = LayerForm(layer, steps, where="SIZE >= 0 AND KIND = 'kind 1'")
    sizes, kinds = form.filter.root.children
    kinds.operator = Operator.IN
    help_with_kind, help_with_size = form.filter.help_with(kinds), form.filter.help_with(sizes)
    preview = Preview(steps)
    preview.viewport, preview.forms = COUNTRY, (form,)

    def shown():
        steps.settle()
        bars, values = sum(help_with_size.histogram.counts), [one.count for one in help_with_kind.counts]
        return form.matched, form.total, sizes.matched, kinds.matched, bars, values, preview.layers[0].matched

    assert shown() == (3, 6, 6, 3, 3, [3, 3], 3)
    object.__setattr__(layer, "url", url_after_edits)
    preview.refresh()
    assert shown() == (9, 18, 18, 9, 9, [9, 9], 9)


def test_refresh_counts_layers_that_are_not_ticked_as_well(form):
    counties, cities, _ = form.layer_list.layers
    counties.ticked = False
    object.__setattr__(counties.layer, "url", cities.layer.url)
    form.preview.refresh()
    assert counties.matched == counties.total == cities.total
    counties.ticked = True
    assert form.layer_list.matched == sum(layer.total for layer in form.layer_list.layers)


def test_zooming_to_nothing_says_so(preview, cities, steps):
    cities.where = "POPULATION < 0"
    steps.settle()
    preview.zoom_to_matched()
    steps.settle()
    assert preview.message.startswith("There is nothing to zoom to")


def test_that_there_was_nothing_to_zoom_to_does_not_hide_what_is_shown_next(preview, cities, steps):
    cities.where = "POPULATION < 0"
    steps.settle()
    preview.zoom_to_matched()
    steps.settle()
    cities.where = "POPULATION > 100000"
    steps.settle()
    assert preview.message == ""
