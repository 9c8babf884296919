"""Any layer is opened or read by its address alone, on a server without a portal as well."""

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets.errors import AuthError, RequestError

CITIES = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def service(portal):
    """Address of the local portal's sample service, as a stranger would have it."""
    return portal.feature_service(CITIES).url


def test_a_layer_is_read_by_its_address_with_proof(service, portal):
    frames = aew.read(f"{service}/1")
    assert len(frames.only) == portal.feature_service(CITIES).layer(1).count()
    assert frames.receipt.complete


def test_all_layers_of_a_service_are_read(service, portal):
    counts = {layer.name: layer.count() for layer in portal.feature_service(CITIES).layers}
    assert {name: len(frame) for name, frame in aew.read(service).items()} == counts


def test_where_fields_and_area_cut_what_is_read(service, portal):
    layer = portal.feature_service(CITIES).layer(1)
    name = next(field.name for field in layer.definition.fields if field.type.is_text)
    box = (-125.0, 32.0, -100.0, 42.0)
    frames = aew.read(service, f"{layer.definition.object_id_field} > 10", fields=[name.lower()], area=box, layer=1)
    frame = frames.only
    assert set(frame.columns) == {layer.definition.object_id_field, name, "geometry"}
    assert 0 < len(frame) < layer.count()
    assert frame.cx[box[0] : box[2], box[1] : box[3]].shape == frame.shape
    assert frames.receipt.complete


def test_no_row_gives_an_empty_frame(service):
    frames = aew.read(f"{service}/1", where="1=2")
    assert len(frames.only) == 0
    assert frames.receipt.complete


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"fields": ["NONE"]}, "no field 'NONE'"),
        ({"fields": "NAME"}, "list of names"),
        ({"area": (1, 2, 3)}, "is a box"),
        ({"area": (10, 0, 5, 1)}, "is a box"),
        ({"layer": 99}, "no layer 99"),
        ({"username": "student"}, "password"),
        ({"username": "student", "token": "t"}, "one way"),
    ],
)
def test_what_does_not_fit_the_layer_is_refused(service, arguments, words):
    with pytest.raises(RequestError, match=words):
        aew.read(f"{service}/1", **arguments)


def test_a_layer_a_service_and_a_folder_can_be_opened(service):
    opened = aew.open(service)
    layer = aew.open(f"{service}/1?token=s3cret")
    assert opened.layer(1).name == layer.name
    assert "s3cret" not in repr(layer)
    folder = aew.open(service.partition("/rest/services")[0] + "/rest/services")
    assert service in folder.services
    with pytest.raises(RequestError, match="folder"):
        aew.read(folder.url)


def test_a_portal_without_the_item_reads_a_service_of_another_server(service, portal):
    request = aew.ExportRequest(f"{service}/1", "GeoJSON")
    anonymous = aew.Portal(portal.url, anonymous=True)
    frames = aew.run_export(anonymous, request, route="query").frames
    assert frames.receipt.complete


def test_a_password_is_checked_by_the_portal_that_owns_the_server(service):
    assert aew.read(f"{service}/1", username="student", password="learn-arcgis").receipt.complete
    with pytest.raises(AuthError, match="does not accept this password"):
        aew.read(f"{service}/1", username="student", password="wrong")


def test_options_of_the_connection_are_passed_on(service):
    with pytest.raises(RequestError, match="TLS is always verified"):
        aew.read(service, verify=False)
    with pytest.raises(aew.ArcGISExportError):
        aew.open(service, headers={"Authorization": "Bearer s3cret"})


def test_only_a_folder_is_listed(portal, service):
    with pytest.raises(RequestError, match="not a folder"):
        portal.folder(service)


def test_the_clause_in_the_address_of_a_query_counts_unless_another_is_given(service):
    address = f"{service}/1/query?where=POPULATION%20%3E%201000000&outFields=*&f=html"
    large = aew.read(address).only
    assert large["POPULATION"].min() > 1_000_000
    assert len(aew.read(address, where="POPULATION > 100000").only) > len(large)
