"""Ways of signing in, against the local portal."""

from types import SimpleNamespace

import pytest
import requests
from people import gis_of

from arcgis_export_widgets import Portal
from arcgis_export_widgets.errors import AuthError, PermissionDeniedError, RequestError
from arcgis_export_widgets.request.request import ExportRequest

CITIES = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def issue_token(local_portal):
    def issue(**more):
        form = {"f": "json", "username": "student", "password": "learn-arcgis", **more}
        return requests.post(f"{local_portal.url}/sharing/rest/generateToken", data=form, timeout=60).json()["token"]

    return issue


def test_an_api_key_signs_in_as_its_owner_and_is_never_exchanged(local_portal, issue_token):
    with Portal(local_portal.url, api_key=issue_token()) as portal:
        assert portal.username == "student"
        assert repr(portal) == f"<Portal {local_portal.url}, signed in as student with an API key>"


def test_a_refused_api_key_is_called_one_and_says_where_to_look(local_portal):
    with pytest.raises(AuthError, match="Check the API key's end date") as caught:
        Portal(local_portal.url, api_key="AAPKmade-up")
    assert "password" not in str(caught.value)


def test_an_application_looks_but_does_not_export(local_portal):
    with Portal(local_portal.url, client_id="classroom-app", client_secret="learn-arcgis") as portal:
        assert portal.username is None
        assert "signed in with a client id and secret" in repr(portal)
        assert portal.feature_service(CITIES).layer(2).count() == 107
        with pytest.raises(PermissionDeniedError, match="Sign in"):
            portal.export(ExportRequest(CITIES, "CSV"))


def test_a_refused_client_secret_is_called_one(local_portal):
    with pytest.raises(AuthError, match="does not accept this client id and secret"):
        Portal(local_portal.url, client_id="classroom-app", client_secret="guess")


def test_a_gis_object_lends_its_token_with_the_referer_it_is_bound_to(local_portal, issue_token):
    gis = gis_of(local_portal.url, issue_token(client="referer", referer="http"))
    with Portal(gis=gis) as portal:
        assert portal.username == "student"
        assert "an arcgis.GIS object" in repr(portal)
        gis.session.auth.token = issue_token(client="referer", referer="http")  # as it does by itself
        portal.session.ask("oauth2/revokeToken", {"auth_token": portal.session.auth.token(None)})
        gis.session.auth.token = issue_token(client="referer", referer="http")
        assert portal.search("cities")


def test_a_gis_object_whose_token_is_a_method_serves_as_well(local_portal, issue_token):
    token = issue_token(client="referer", referer="http")
    with Portal(gis=gis_of(local_portal.url, lambda: token)) as portal:
        assert portal.username == "student"


def test_an_anonymous_gis_object_opens_the_portal_for_nobody(local_portal):
    with Portal(gis=gis_of(local_portal.url, None)) as portal:
        assert portal.username is None


@pytest.mark.parametrize("gis", ["https://www.arcgis.com", SimpleNamespace(url="x"), 7])
def test_what_is_no_gis_is_refused(gis):
    with pytest.raises(RequestError, match=r"must be an arcgis\.gis\.GIS"):
        Portal(gis=gis)


def test_a_gis_object_of_another_portal_is_refused():
    with pytest.raises(RequestError, match="signed in to https://one"):
        Portal("https://two.example.org", gis=gis_of("https://one.example.org", "t"))


@pytest.mark.parametrize("way", [{"token": "t"}, {"api_key": "k"}, {"client_id": "c", "client_secret": "s"}])
def test_no_credentials_cross_a_network_unencrypted(way):
    with pytest.raises(RequestError, match="not sent unencrypted"):
        Portal("http://gis.example.org", **way)


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"token": "t", "api_key": "k"}, "one way, not several: token, api_key"),
        ({"username": "u", "password": "p", "anonymous": True}, "not several: username, password, anonymous"),
        ({"client_id": "c"}, "the client secret is missing"),
        ({"client_secret": "s"}, "the client id is missing"),
        ({"username": "", "password": ""}, "one of them is empty"),
        ({"password": "p"}, "the user name is missing"),
        ({"username": "u"}, "no password for the user u"),
        ({"api_key": "two words"}, "API key is empty, or contains spaces, line breaks"),
        ({"verify": False}, "TLS is always verified"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused_before_anything_is_sent(ways, said):
    with pytest.raises(RequestError, match=said):
        Portal("https://gis.example.org", **ways)
