"""Addresses that servers name: the token goes to the portal and its own servers, whatever an address pretends to be."""

import contextlib

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.items.download import download
from arcgis_export_widgets.portal.items.replica_job import SubmittedReplica, replica_state, submit_replica
from arcgis_export_widgets.request.request import ExportLayer

ITEM = "345313e619df46f387f9ededbe15ac56"
PATH = "arcgis/rest/services/x/FeatureServer"
DECEIVING = {
    "backslash and at": r"http://{stranger}\@{portal}/{path}?id={item}",
    "two backslashes": r"http://{stranger}\\@{portal}/{path}",
    "user info": "http://{portal}@{stranger}/{path}",
    "user info and a slash": "http://{portal}/@{stranger}/{path}",
    "tab": "http://{stranger}\t@{portal}/{path}",
    "line break": "http://{stranger}\n@{portal}/{path}",
    "space": "http://{stranger} @{portal}/{path}",
    "question mark": "http://{stranger}?@{portal}/{path}",
    "fragment": "http://{stranger}#@{portal}/{path}",
    "semicolon": "http://{stranger};@{portal}/{path}",
    "no scheme": "//{stranger}/{path}",
    "plain": "http://{stranger}/{path}",
}


@pytest.fixture
def stranger(make_server):
    return make_server(as_json({"layers": [], "status": "Completed", "resultUrl": ""}))


@pytest.fixture(params=DECEIVING)
def named(request, stranger):
    """The address that the portal names, given the portal."""
    host = stranger.url.removeprefix("http://")
    return lambda portal: DECEIVING[request.param].format(
        stranger=host, portal=portal.url.removeprefix("http://"), path=PATH, item=ITEM
    )


@pytest.fixture
def portal(make_server):
    return make_server(as_json({"user": {"username": "student"}}))


@pytest.fixture
def client(portal):
    with PortalClient(portal.url, token="the-token") as opened:
        yield opened


def tokens_at(server):
    return [asked.headers["x-esri-authorization"] for asked in server.asked if "x-esri-authorization" in asked.headers]


def an_item(portal, url):
    portal.script[:] = [as_json({"results": [{"id": ITEM, "type": "Feature Service", "url": url}], "nextStart": -1})]


def attempt(work):
    """Do it; only this package's own errors may come."""
    with contextlib.suppress(errors.ArcGISExportError):
        work()


def test_the_address_of_a_found_item_gets_no_token_elsewhere(client, portal, stranger, named):
    an_item(portal, named(portal))
    (item,) = client.search("parks")
    attempt(lambda: client.layer_names(item))
    attempt(lambda: client.feature_service(item))
    assert tokens_at(stranger) == []


def test_the_addresses_of_a_replica_get_no_token_elsewhere(client, portal, stranger, named, tmp_path):
    address = named(portal)
    attempt(lambda: replica_state(client.session, SubmittedReplica(address, None)))
    attempt(lambda: download(client.session, address, tmp_path, file_name="x.zip"))
    portal.script[:] = [as_json({"statusUrl": address})]
    layers = [ExportLayer(0)]
    made = submit_replica(
        client.session, f"{portal.url}/{PATH}", name="x", layers=layers, export_format=ExportFormat.CSV, replica_sr=None
    )
    portal.script[:] = [as_json({"status": "Completed", "resultUrl": address})]
    attempt(lambda: replica_state(client.session, made))
    assert tokens_at(stranger) == []


def test_a_redirect_gets_no_token_elsewhere(client, portal, stranger, named, tmp_path):
    portal.script[:] = [Answer(b"", status=302, headers={"Location": named(portal).replace("\n", "%0a")})]
    attempt(lambda: client.session.ask("search"))
    attempt(lambda: download(client.session, f"content/items/{ITEM}/data", tmp_path, file_name="x.zip"))
    assert tokens_at(stranger) == []
    assert list(tmp_path.iterdir()) == []


def test_a_federated_server_with_a_deceiving_address_gets_no_token(client, portal, stranger, named):
    client.session.has_servers = True
    address = named(portal)
    portal.script[:] = [as_json({"servers": [{"url": address}, {"url": None}, "odd"], "token": "server-token"})]
    attempt(lambda: client.session.ask(address))
    attempt(lambda: client.session.ask(f"{stranger.url}/{PATH}"))
    is_what_the_portal_said = address.startswith((f"{stranger.url}/", f"{stranger.url}?", f"{stranger.url}#"))
    assert set(tokens_at(stranger)) == ({"Bearer server-token"} if is_what_the_portal_said else set())


REFUSED = ["backslash and at", "two backslashes", "user info", "tab", "line break", "space"]


@pytest.mark.parametrize("kind", REFUSED)
def test_nothing_at_all_is_sent_to_a_deceiving_address(client, portal, stranger, kind, tmp_path):
    hosts = {"stranger": stranger.url.removeprefix("http://"), "portal": portal.url.removeprefix("http://")}
    address = DECEIVING[kind].format(**hosts, path=PATH, item=ITEM)
    with pytest.raises(errors.ResponseError, match="Nothing was sent"):
        client.session.ask(address)
    portal.script[:] = [Answer(b"", status=302, headers={"Location": address})]
    if kind != "line break":  # which ends the header
        with pytest.raises(errors.ResponseError, match="Nothing was sent"):
            download(client.session, f"content/items/{ITEM}/data", tmp_path, file_name="x.zip")
    assert stranger.asked == []


@pytest.mark.parametrize(
    "item_id", ["../../../../elsewhere", "x?f=html", "http://{stranger}/x", r"\..\..\x", "@{stranger}", "a\nb"]
)
def test_an_item_id_that_a_server_names_leads_nowhere_else(client, portal, stranger, item_id):
    portal.script[:] = [as_json({"serviceItemId": item_id.format(stranger=stranger.url.removeprefix("http://"))})]
    before = len(portal.asked)
    attempt(lambda: client.item(f"{portal.url}/{PATH}"))
    assert stranger.asked == []
    assert all("/sharing/rest/content/items/" in asked.path for asked in portal.asked[before + 1 :])
