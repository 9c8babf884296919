"""The JSON Schema of saved requests admits what is saved, and nothing that is not."""

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.request.reading import SCHEMA_VERSION, request_schema
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest

ITEM = "345313e619df46f387f9ededbe15ac56"
FULL = ExportRequest(
    ITEM,
    "CSV",
    layers=[ExportLayer(0, where="A > 1", include_geometry=False, x_column_name="lon", y_column_name="lat"), 1],
    title="Cities",
    target_sr={"wkid": 102100, "latestWkid": 3857},
    tags=["a", "b"],
    snippet="All of them",
    enforce_field_visibility=True,
).to_json()


@pytest.fixture
def validator():
    return Draft202012Validator(request_schema())


def test_the_schema_is_itself_valid():
    Draft202012Validator.check_schema(request_schema())


@pytest.mark.parametrize("export_format", ExportFormat)
def test_saved_requests_of_every_format_are_valid(export_format, validator):
    document = json.loads(json.dumps(ExportRequest(ITEM, export_format).to_json()))
    validator.validate(document)


def test_a_request_with_everything_in_it_is_valid(validator):
    assert set(FULL) == set(request_schema()["properties"])
    validator.validate(FULL)
    validator.validate(ExportRequest(ITEM, "CSV", target_sr='LOCAL_CS["a",UNIT["m",1]]').to_json())


def without(key):
    return {name: value for name, value in FULL.items() if name != key}


def with_layer(**changes):
    document = copy.deepcopy(FULL)
    document["exportParameters"]["layers"][0] |= changes
    return document


def with_parameters(**changes):
    return FULL | {"exportParameters": FULL["exportParameters"] | changes}


@pytest.mark.parametrize(
    "document",
    [
        [],
        without("itemId"),
        without("exportFormat"),
        without("schemaVersion"),
        FULL | {"schemaVersion": SCHEMA_VERSION + 1},
        FULL | {"itemId": "345313e6"},
        FULL | {"itemId": ITEM.upper()},
        FULL | {"exportFormat": "shapefile"},
        FULL | {"title": "  "},
        FULL | {"tags": "a,b"},
        FULL | {"tags": []},
        FULL | {"tags": ["a", "a"]},
        FULL | {"snippet": 5},
        FULL | {"token": "secret"},
        FULL | {"exportParameters": '{"layers": []}'},
        FULL | {"exportParameters": {}},
        with_parameters(layers=[]),
        with_parameters(layers=[0]),
        with_parameters(layers={"0": {"where": "A > 1"}}),
        with_parameters(targetSR=3857),
        with_parameters(targetSR={}),
        with_parameters(targetSR={"wkid": 4326, "wkt": "x"}),
        with_parameters(enforceFieldVisibility="yes"),
        with_parameters(geometry={}),
        with_layer(id=-1),
        with_layer(id="0"),
        with_layer(where=""),
        with_layer(includeGeometry="false"),
        with_layer(xColumnName=None),
        with_layer(outFields="*"),
    ],
)
def test_every_other_document_is_refused(document, validator):
    assert not validator.is_valid(document)


def test_each_caller_gets_a_schema_of_its_own():
    request_schema()["properties"].clear()
    assert request_schema()["properties"]
