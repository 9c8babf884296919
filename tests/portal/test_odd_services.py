"""Services that answer less, or otherwise, than hosted ones do."""

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.items.replica_job import SubmittedReplica, replica_state, submit_replica
from arcgis_export_widgets.request.request import ExportLayer

ITEM = "a" * 32
NAMES = ("Roads", "Lakes", "Parcels")
INVALID = as_json({"error": {"code": 400, "message": "Invalid URL", "details": ["Invalid URL"]}})


def definition(number):
    return {"id": number, "name": NAMES[number], "type": "Feature Layer"}


@pytest.fixture
def open_service(make_server):
    """Open the service of an item; `layers_answer` is what the service answers to ``/layers``."""
    opened = []

    def service(layers_answer, layer=""):
        def answer(asked):
            path = asked.path.partition("?")[0]
            if path.endswith("/portals/self"):
                return as_json({"id": "0123"})
            if path.endswith(f"/content/items/{ITEM}"):
                return as_json({"id": ITEM, "type": "Feature Service", "url": f"{server.url}/a/MapServer{layer}"})
            if path == "/a/MapServer":
                return as_json({"layers": [definition(number) for number in range(3)]})
            return layers_answer if path.endswith("/layers") else as_json(definition(int(path.rpartition("/")[2])))

        server = make_server(answer)
        opened.append(PortalClient(server.url, anonymous=True))
        return opened[-1].feature_service(ITEM)

    yield service
    for client in opened:
        client.close()


@pytest.mark.parametrize("answer", [INVALID, Answer(b"<html>404</html>", status=404), as_json({})])
def test_layers_that_are_not_listed_together_are_requested_one_by_one(open_service, answer):
    assert [layer.name for layer in open_service(answer).layers] == list(NAMES)


def test_a_service_that_wants_a_sign_in_for_its_layers_says_so(open_service):
    with pytest.raises(errors.AuthError):
        open_service(as_json({"error": {"code": 499, "message": "Token Required"}}))


@pytest.mark.parametrize("address", ["/1", "/1/", "/1?f=pjson"])
def test_an_item_that_stands_for_one_layer_has_that_layer_only(open_service, address):
    assert [layer.name for layer in open_service(INVALID, address).layers] == ["Lakes"]


@pytest.mark.parametrize("name", ["resultUrl", "responseUrl", "URL", "url"])
def test_the_file_of_a_replica_is_found_under_every_name_that_servers_use(make_server, session_to, name):
    server = make_server(as_json({name: "https://files.example.org/x.zip"}))
    session = session_to(server)
    made = submit_replica(
        session, f"{server.url}/a/FeatureServer", name="x", layers=[ExportLayer(0)], export_format=ExportFormat.CSV,
        replica_sr=None,
    )  # fmt: skip
    assert made.file_url == "https://files.example.org/x.zip"
    server.script[:] = [as_json({"status": "Completed", name: "https://files.example.org/y.zip"})]
    _, file_url = replica_state(session, SubmittedReplica(f"{server.url}/jobs/1", None))
    assert file_url == "https://files.example.org/y.zip"
