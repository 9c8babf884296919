"""The export request: what it accepts, what it sends, and that saving loses nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest

ITEM = "345313e619df46f387f9ededbe15ac56"


def test_the_documented_example_is_sent_as_documented():
    request = ExportRequest(
        ITEM,
        "Shapefile",
        layers=[ExportLayer(0), ExportLayer(1, where="POP1999 > 100000")],
        title="Cities",
        target_sr=102100,
    )
    form = request.to_form()
    assert json.loads(form.pop("exportParameters")) == {
        "layers": [{"id": 0}, {"id": 1, "where": "POP1999 > 100000"}],
        "targetSR": {"wkid": 102100},
    }
    assert form == {"itemId": ITEM, "title": "Cities", "exportFormat": "Shapefile"}


def test_every_option_of_a_layer_has_its_key():
    layer = ExportLayer(3, "A > 1", include_geometry=False, x_column_name="lon", y_column_name="lat")
    assert layer.to_json() == {
        "id": 3,
        "where": "A > 1",
        "includeGeometry": False,
        "xColumnName": "lon",
        "yColumnName": "lat",
    }
    assert ExportLayer.of(layer.to_json()) == layer


@pytest.mark.parametrize("layers", [(), None, []])
def test_no_layers_means_all_and_sends_no_parameters(layers):
    assert ExportRequest(ITEM, "CSV", layers).to_form() == {"itemId": ITEM, "exportFormat": "CSV"}


def test_what_people_write_becomes_one_form():
    request = ExportRequest(
        f" {ITEM.upper()} ",
        "file geodatabase",
        [np.int64(2), {"id": 1, "where": "  "}],
        title=" Cities ",
        tags="a, b,,a",
        target_sr="epsg:3857",
    )
    assert request == ExportRequest(
        ITEM,
        ExportFormat.FILE_GEODATABASE,
        [ExportLayer(2), 1],
        title="Cities",
        tags=["a", "b"],
        target_sr=SpatialReference(wkid=3857),
    )
    json.dumps(request.to_json())


def test_the_where_clause_is_sent_as_written():
    clause = "  NAME = 'O''Brien'\n AND A>1 "
    assert ExportLayer(0, clause).to_json()["where"] == clause


def test_tags_are_parted_at_commas_as_the_portal_does():
    assert ExportRequest(ITEM, "CSV", tags=["a, b", "c"]).tags == ("a", "b", "c")


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"item_id": "abc"}, "is not an item"),
        ({"item_id": None}, "is not an item"),
        ({"export_format": "dwg"}, "is not an export format"),
        ({"layers": 0}, "takes a list"),
        ({"layers": ExportLayer(0)}, "takes a list"),
        ({"layers": {"0": {"where": "A > 1"}}}, "takes a list"),
        ({"layers": [0, 1, 0]}, "Layer 0 is in the request twice"),
        ({"layers": [True]}, "number in the service"),
        ({"layers": [-1]}, "number in the service"),
        ({"layers": ["0"]}, "number in the service"),
        ({"layers": [{"where": "A > 1"}]}, "needs an 'id'"),
        ({"layers": [{"id": 0, "outFields": "*"}]}, "nothing else"),
        ({"layers": [{"id": 0, "includeGeometry": "false"}]}, "true or false"),
        ({"layers": [{"id": 0, "where": ["A > 1"]}]}, "where of layer 0 must be text"),
        ({"target_sr": "EPSG:1"}, "No coordinate system"),
        ({"title": 5}, "title must be text"),
        ({"snippet": ["a"]}, "snippet must be text"),
        ({"tags": [1]}, "Tags are text"),
        ({"tags": 5}, "Tags are text"),
        ({"enforce_field_visibility": "no"}, "True, False or None"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(arguments, cause):
    with pytest.raises(RequestError, match=cause):
        ExportRequest(**{"item_id": ITEM, "export_format": "CSV"} | arguments)


@pytest.mark.parametrize("names", [{"x_column_name": "Y"}, {"x_column_name": "a", "y_column_name": "A"}])
def test_x_and_y_need_columns_of_their_own(names):
    with pytest.raises(RequestError, match="cannot both go"):
        ExportLayer(0, **names)


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ("{", "not JSON"),
        ([], "JSON object"),
        ({"exportFormat": "CSV"}, "lacks itemId"),
        ({"itemId": ITEM, "exportFormat": "CSV", "schemaVersion": 2}, "schemaVersion 2"),
        ({"itemId": ITEM, "exportFormat": "CSV", "token": "x"}, "token"),
        ({"itemId": ITEM, "exportFormat": "CSV", "exportParameters": "{"}, "not JSON"),
        ({"itemId": ITEM, "exportFormat": "CSV", "exportParameters": {"where": "A"}}, "not where"),
        ({"itemId": ITEM, "exportFormat": "CSV", "exportParameters": []}, "JSON object"),
        ({"itemId": ITEM, "exportFormat": "CSV", "exportParameters": {"layers": 0}}, "takes a list"),
    ],
)
def test_a_document_that_says_something_else_is_refused(document, cause):
    with pytest.raises(RequestError, match=cause):
        ExportRequest.from_json(document)


def test_what_a_browser_posted_can_be_read_back():
    request = ExportRequest(ITEM, "CSV", [ExportLayer(0, "A > 1")], target_sr=3857)
    form = request.to_form()
    assert (
        ExportRequest.from_json({key: form[key] for key in ("itemId", "exportFormat", "exportParameters")}) == request
    )


LAYERS = st.builds(ExportLayer, st.integers(0, 999), st.none() | st.text(), include_geometry=st.booleans())


@given(
    export_format=st.sampled_from(ExportFormat),
    layers=st.lists(LAYERS, unique_by=lambda layer: layer.id),
    title=st.none() | st.text(),
    target_sr=st.sampled_from([None, 4326, {"wkid": 102100, "latestWkid": 3857}]),
    tags=st.lists(st.text()),
    enforce_field_visibility=st.none() | st.booleans(),
)
def test_saving_and_reading_gives_the_same_request(**options):
    request = ExportRequest(ITEM, **options)
    assert ExportRequest.from_json(json.dumps(request.to_json())) == request
    assert hash(ExportRequest.from_json(request.to_json())) == hash(request)


def test_another_title_leaves_the_rest_and_the_original():
    request = ExportRequest(ITEM, "CSV", [0], title="A", tags="x")
    assert replace(request, title="B") == ExportRequest(ITEM, "CSV", [0], title="B", tags="x")
    assert request.title == "A"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("item", "item: did you mean itemId?"),
        ("format", "format: did you mean exportFormat?"),
        ("ItemID", "ItemID: did you mean itemId?"),
        ("layers", "layers belongs in exportParameters."),
        ("targetSr", "targetSR belongs in exportParameters."),
        ("colour", "unknown keys: colour."),
    ],
)
def test_a_key_of_no_meaning_is_answered_with_what_it_may_have_been_meant_to_be(key, said):
    with pytest.raises(RequestError) as caught:
        ExportRequest.from_json({"itemId": "a" * 32, "exportFormat": "CSV", key: "x"})
    assert str(caught.value).endswith(said)


def test_a_layer_by_name_is_answered_with_where_its_number_stands():
    with pytest.raises(RequestError, match=r"not as 'Cities'; portal\.feature_service"):
        ExportRequest("a" * 32, "CSV", ["Cities"])
