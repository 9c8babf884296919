"""Services on another host than their ArcGIS Enterprise portal, which has a web adaptor's path."""

import pytest
from scripted_server import as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.http.retry import READS

SERVICE = "arcgis/rest/services/x/FeatureServer"
INVALID = as_json({"error": {"code": 498, "message": "Invalid token.", "details": []}})


class Enterprise:
    """A portal at <url>/portal and a server elsewhere; each takes its own tokens only."""

    def __init__(self, make_server):
        self.listed, self.issued, self.valid = [], 0, {"portal-token"}
        self.server = make_server(self.answer_of_server)
        self.portal = make_server(self.answer_of_portal)
        self.listed = [{"url": f"{self.server.url}/arcgis", "isHosted": True}]

    def answer_of_portal(self, asked):
        assert asked.path.startswith("/portal/sharing/rest/")
        operation = asked.path.removeprefix("/portal/sharing/rest/")
        if operation == "generateToken":
            if asked.form["serverUrl"] != f"{self.server.url}/arcgis" or asked.form["token"] != "portal-token":
                return as_json({"error": {"code": 400, "message": "Unable to generate token.", "details": []}})
            self.issued += 1
            self.valid.add(f"server-token-{self.issued}")
            return as_json({"token": f"server-token-{self.issued}", "expires": 4102444800000})
        if operation == "portals/self/servers":
            return as_json({"servers": self.listed})
        return as_json({"isPortal": True, "user": {"username": "student"}})

    def answer_of_server(self, asked):
        token = asked.headers.get("x-esri-authorization", "").removeprefix("Bearer ")
        return as_json({"seen": token}) if token in self.valid or not token else INVALID

    def tokens_at(self, server):
        return [asked.headers.get("x-esri-authorization") for asked in server.asked]


@pytest.fixture
def enterprise(make_server):
    return Enterprise(make_server)


@pytest.fixture
def client(enterprise):
    with PortalClient(f"{enterprise.portal.url}/portal/home/", token="portal-token") as opened:
        yield opened


def test_the_web_adaptors_path_is_part_of_the_portals_address(enterprise, client):
    assert client.url == f"{enterprise.portal.url}/portal"
    assert enterprise.portal.asked[0].path == "/portal/sharing/rest/portals/self"


def test_a_federated_server_gets_a_token_of_its_own_which_is_asked_for_once(enterprise, client):
    for _ in range(3):
        assert client.session.ask(f"{enterprise.server.url}/{SERVICE}") == {"seen": "server-token-1"}
    operations = [asked.path.rpartition("/")[2] for asked in enterprise.portal.asked]
    assert operations == ["self", "servers", "generateToken"]
    (asked,) = [asked for asked in enterprise.portal.asked if asked.path.endswith("generateToken")]
    assert "portal-token" not in asked.path
    assert not any("portal-token" in token for token in enterprise.tokens_at(enterprise.server))


def test_a_refused_server_token_is_fetched_anew_once(enterprise, client):
    client.session.ask(f"{enterprise.server.url}/{SERVICE}")
    enterprise.valid.remove("server-token-1")
    assert client.session.ask(f"{enterprise.server.url}/{SERVICE}") == {"seen": "server-token-2"}


def test_a_host_the_portal_does_not_list_gets_no_token_whatever_it_says_of_itself(enterprise, client, make_server):
    stranger = make_server(as_json({"owningSystemUrl": client.url, "ok": True}))
    client.session.ask(f"{stranger.url}/{SERVICE}")
    assert enterprise.tokens_at(stranger) == [None]
    assert enterprise.issued == 0


@pytest.mark.parametrize(
    "path", ["other/rest/services/x", "arcgis2/rest/services/x", "arcgis/../other/rest/services/x"]
)
def test_another_folder_of_a_listed_host_gets_no_token(enterprise, client, path):
    client.session.ask(f"{enterprise.server.url}/{path}/FeatureServer")
    assert enterprise.tokens_at(enterprise.server) == [None]


def test_a_listed_server_without_encryption_gets_no_token(enterprise, client):
    enterprise.listed = [{"url": "http://gis.example.org/arcgis"}]
    assert client.session._auth_for("http://gis.example.org/arcgis/rest/services/x/FeatureServer").token(None) is None


def test_a_portal_that_keeps_its_servers_to_itself_gives_no_tokens_away(enterprise, client):
    denied = as_json({"error": {"code": 403, "message": "You do not have permissions", "details": []}})
    answer = enterprise.answer_of_portal
    enterprise.portal.script[:] = [lambda asked: denied if asked.path.endswith("/servers") else answer(asked)]
    assert client.session.ask(f"{enterprise.server.url}/{SERVICE}") == {"seen": ""}


def test_a_portal_in_trouble_is_asked_for_its_servers_again(enterprise, client):
    trouble = as_json({"error": {"code": 500, "message": "Internal error.", "details": []}})
    answers = iter([trouble] * READS.attempts)
    answer = enterprise.answer_of_portal
    enterprise.portal.script[:] = [
        lambda asked: next(answers, answer(asked)) if asked.path.endswith("/servers") else answer(asked)
    ]
    with pytest.raises(errors.PortalError, match="Internal error"):
        client.session.ask(f"{enterprise.server.url}/{SERVICE}")
    assert enterprise.server.asked == []
    assert client.session.ask(f"{enterprise.server.url}/{SERVICE}") == {"seen": "server-token-1"}


def test_a_server_for_which_no_token_is_issued_gets_the_portals_own(enterprise, client):
    enterprise.listed = [{"url": f"{enterprise.server.url}/other"}]
    address = f"{enterprise.server.url}/other/rest/services/x/FeatureServer"
    enterprise.valid = {"portal-token"}
    assert client.session.ask(address) == {"seen": "portal-token"}
    enterprise.valid = set()
    with pytest.raises(errors.AuthError, match="refuses its own portal's token"):
        client.session.ask(address)


def test_arcgis_online_is_not_asked_for_servers(make_server):
    online, elsewhere = make_server(as_json({"user": {"username": "u"}})), make_server(as_json({"ok": True}))
    with PortalClient(online.url, token="portal-token") as client:
        client.session.ask(f"{elsewhere.url}/{SERVICE}")
    assert len(online.asked) == 1
    assert "x-esri-authorization" not in elsewhere.asked[0].headers
