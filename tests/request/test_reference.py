"""Whatever a person copies to say where a layer is, is understood; anything else is named."""

from urllib.parse import quote

import pytest

from arcgis_export_widgets import ExportLayer, ExportRequest
from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.request.reference import Reference

ITEM = "345313e619df46f387f9ededbe15ac56"
ROOT = "https://gis.example.org/arcgis/rest/services"
SERVICE = f"{ROOT}/Land/Parcels/MapServer"
LOCAL = "http://localhost:6080/arcgis/rest/services/X/MapServer"
PROXY = "https://app.example.org/proxy.ashx?"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"{ITEM}_3", (ITEM, None, 3)),
        (f"https://hub.arcgis.com/datasets/{ITEM}_0/explore?location=1,2,3", (ITEM, None, 0)),
        (f"https://data.example.org/datasets/{ITEM}", (ITEM, None, None)),
        (f"https://org.maps.arcgis.com/apps/mapviewer/index.html?layers={ITEM}", (ITEM, None, None)),
        (f"https://org.maps.arcgis.com/home/item.html?id={ITEM}&sublayer=1#data", (ITEM, None, 1)),
        (SERVICE, (None, SERVICE, None)),
        (f"{SERVICE}/", (None, SERVICE, None)),
        (f"{SERVICE}/3?f=pjson&token=s3cret", (None, SERVICE, 3)),
        (f"{SERVICE}/3/query?where=1%3D1&outFields=*", (None, SERVICE, 3)),
        (SERVICE.removeprefix("https://") + "/3", (None, SERVICE, 3)),
        (LOCAL.removeprefix("http://"), (None, LOCAL, None)),
        (f"{PROXY}{SERVICE}/0?f=json", (None, f"{PROXY}{SERVICE}", 0)),
        (f"{ROOT}/A B/Ordén/MapServer/0", (None, f"{ROOT}/A%20B/Ord%C3%A9n/MapServer", 0)),
        (f"https://h.example/home/webmap/viewer.html?url={quote(SERVICE, safe='')}%2F2", (None, SERVICE, 2)),
    ],
)  # fmt: skip
def test_the_address_of_a_layer_is_understood_in_every_form_that_people_copy(written, read):
    reference = Reference.of(written)
    assert (reference.item_id, reference.url, reference.layer_id) == read


@pytest.mark.parametrize("folder", ["/arcgis/rest", "/arcgis/rest/services", "/arcgis/rest/services/Land"])
def test_a_folder_is_told_from_a_service(folder):
    assert Reference.of(f"https://gis.example.org{folder}").is_folder
    with pytest.raises(RequestError, match="folder of services"):
        ExportRequest(f"https://gis.example.org{folder}", "CSV")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ImageServer", "pixels"),
        ("SceneServer", "3D"),
        ("VectorTileServer", "drawings"),
        ("PrintServer", "PrintServer"),
    ],
)
def test_another_kind_of_service_is_named(kind, words):
    with pytest.raises(RequestError, match=words):
        Reference.of(f"https://gis.example.org/arcgis/rest/services/Land/{kind}/0")


def test_a_hub_page_without_an_id_says_where_the_address_is():
    with pytest.raises(RequestError, match="View API Resources"):
        Reference.of("https://data.example.org/datasets/org::roads")


def test_the_layer_and_clause_of_a_querys_address_are_requested():
    request = ExportRequest(f"{SERVICE}/3/query?where=AREA%20%3E%205&token=s3cret", "CSV")
    assert (request.item_id, request.layers) == (SERVICE, (ExportLayer(3, "AREA > 5"),))
    assert ExportRequest.from_json(request.to_json()) == request


def test_layers_may_only_repeat_the_layer_of_the_address():
    assert ExportRequest(f"{SERVICE}/3", "CSV", [ExportLayer(3, "A = 1")]).layers == (ExportLayer(3, "A = 1"),)
    with pytest.raises(RequestError, match="layer 3, but the request is for layer 4"):
        ExportRequest(f"{SERVICE}/3", "CSV", [4])
