from __future__ import annotations

import pytest

from arcgis_export_widgets.state.format_form import FormatForm

USA = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def form(portal):
    return FormatForm(definitions=tuple(layer.definition for layer in portal.feature_service(USA).layers))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("EPSG:3857", 3857),
        ("25832", 25832),
        ("ESRI:102008", 102008),
        ("WGS 84 / UTM zone 33N", 32633),
        ("EPSG:4326 · WGS 84", 4326),
    ],
)
def test_a_coordinate_system_is_read_from_code_name_or_suggestion(form, typed, code):
    form.coordinates = typed
    assert form.target_sr.wkid == code
    assert form.coordinates_error == ""


def test_every_suggestion_can_be_taken(form):
    assert form.suggestions[:2] == ("EPSG:4326 · WGS 84", "EPSG:3857 · WGS 84 / Pseudo-Mercator")
    assert len(form.suggestions) > 2
    for suggestion in form.suggestions:
        form.coordinates = suggestion
        assert form.target_sr.label == suggestion


def test_an_unknown_coordinate_system_is_told_at_once_and_blocks(form):
    form.coordinates = "EPSG:2"
    assert form.blockers == (form.coordinates_error,)
    assert "2" in form.coordinates_error
    form.coordinates = ""
    assert form.blockers == ()


def test_a_format_that_ignores_the_coordinate_system_says_so(form):
    form.format, form.coordinates = "GeoJson", "3857"
    assert "always written in WGS 84" in form.coordinates_note
    assert "is not used" in form.coordinates_note


def test_the_layers_own_coordinate_system_is_named(form):
    assert "EPSG:4326" in form.coordinates_note


def test_names_of_columns_are_asked_for_csv_with_geometry_only(form):
    assert not form.has_columns
    form.format = "CSV"
    assert form.has_columns
    form.include_geometry = False
    assert not form.has_columns


def test_both_coordinates_in_one_column_are_refused(form):
    form.format, form.x_column_name, form.y_column_name = "CSV", "pos", "POS"
    assert "'pos'" in form.blockers[0]


def test_lines_that_lose_their_geometry_in_csv_are_told_by_layer(form):
    form.format = "CSV"
    assert any(text.startswith("State borders:") and "lines" in text for text in form.layer_losses)
    form.include_geometry = False
    assert form.layer_losses == ()


def test_names_cut_to_ten_characters_are_told(form):
    assert any("COUNTY_NAM" in text for text in form.field_losses)


def test_half_a_name_finds_systems_to_choose_from_and_blocks_until_then(form):
    form.coordinates = "utm zone 33n wgs"
    assert form.blockers[0].startswith("Choose one of the")
    form.coordinates = next(known.label for known in form.found if known.code == "32633")
    assert form.target_sr.wkid == 32633
    assert form.found == ()
    assert form.blockers == ()


def test_cards_say_what_each_format_loses_of_these_layers(form):
    cards = {card.value: card for card in form.cards}
    assert "long names" in cards["Shapefile"].lost
    assert "geometry" in cards["CSV"].lost
    assert cards["geoPackage"].lost == ()
    form.definitions = form.definitions[1:2]
    assert "geometry" not in {card.value: card for card in form.cards}["CSV"].lost


def test_rows_beyond_what_a_sheet_holds_are_warned_of_once_they_are_counted(form):
    cities = form.definitions[0]
    form.format = "Excel"
    limit = "Excel holds at most 1,048,575 rows"
    for count, is_warned in ((None, False), (1_048_575, False), (1_048_576, True), (5, False)):
        form.counts = {cities.id: count}
        assert any(limit in text for text in form.layer_losses) is is_warned
        lost = next(card for card in form.cards if card.value == "Excel").lost
        assert ("rows beyond 1,048,575" in lost) is is_warned
