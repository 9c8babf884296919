from __future__ import annotations

import json

import pytest

from arcgis_export_widgets.request.dialects import Dialect

WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
PARAMETERS = {"layers": [{"id": 1, "where": "POPULATION > 100000"}], "targetSR": {"wkid": 3857}}


def paste(form, document):
    form.saved_request.text = document if isinstance(document, str) else json.dumps(document)
    form.saved_request.fill()


def test_a_saved_request_fills_the_form_with_itself(form):
    form.layer_list.layers[0].ticked = False
    form.layer_list.layers[1].where = "POPULATION > 100000"
    form.format_form.format, form.format_form.coordinates = "CSV", "EPSG:3857"
    form.format_form.x_column_name = "lon"
    form.submission.title, form.submission.tags = "Big cities", "a, b"
    saved = form.value
    paste(form, {"itemId": saved["itemId"], "exportFormat": "Shapefile"})
    assert form.value != saved
    paste(form, saved)
    assert form.value == saved


def test_export_parameters_are_for_the_open_item(form):
    paste(form, PARAMETERS)
    assert [layer.name for layer in form.layer_list.ticked] == ["Cities"]
    assert form.layer_list.layers[1].filter.root.children[0].inputs == ("100000",)
    assert form.format_form.target_sr.wkid == 3857
    assert form.saved_request.message == "Filled in: 1 layer, Shapefile."


def test_a_request_for_another_item_opens_it_first(form):
    paste(form, {"itemId": WORLD, "exportFormat": "GeoJson", "exportParameters": {"layers": [{"id": 1}]}})
    assert form.item_picker.item.id == WORLD
    assert [layer.name for layer in form.layer_list.ticked] == ["Countries"]
    assert form.format_form.format == "GeoJson"


def test_an_item_that_cannot_be_opened_is_shown(form):
    paste(form, {"itemId": "0" * 32, "exportFormat": "CSV"})
    assert form.saved_request.error == form.item_picker.error != ""
    assert form.saved_request.message == ""


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("{layers:", "not JSON"),
        ("[1]", "JSON object"),
        ({"layers": [{"id": 9}]}, "no layer 9"),
        ({"layers": [{"id": 0, "includeGeometry": False}, {"id": 1}]}, "one choice of geometry"),
        ({"layers": [{"id": 0}], "size": 5}, "size"),
    ],
)
def test_what_cannot_be_filled_in_is_shown_and_changes_nothing(form, pasted, said):
    before = form.value
    paste(form, pasted)
    assert said in form.saved_request.error
    assert form.value == before


def test_code_is_written_in_the_dialect_that_is_wanted(form):
    form.dialect = Dialect.CURL
    assert form.code.startswith("#!/usr/bin/env bash")
    form.dialect = Dialect.ARCGIS
    assert "from arcgis.gis import GIS" in form.code
    form.dialect = Dialect.PACKAGE
    assert "import arcgis_export_widgets as aew" in form.code


@pytest.mark.parametrize("text", ["[" * 100_000, '{"itemId": ' + "9" * 5000 + "}"], ids=["nested", "long number"])
def test_json_that_no_parser_reads_is_shown_and_changes_nothing(form, text):
    before = form.value
    paste(form, text)
    assert form.saved_request.error.startswith("This is not JSON")
    assert form.value == before
