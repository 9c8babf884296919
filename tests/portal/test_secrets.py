"""Every way of signing in and many ways to fail, with marked secrets that must show up nowhere."""

import http.client
import io
import logging
import threading
import traceback
import urllib.parse
import warnings
from types import SimpleNamespace

import pytest
import requests
from scripted_server import Answer, as_json

from arcgis_export_widgets import CodeSignIn, ExportRequest, LoopbackSignIn, Portal
from arcgis_export_widgets.errors import ArcGISExportError
from arcgis_export_widgets.portal import session
from arcgis_export_widgets.portal.download import download

MARK = "xyzzy"  # in every secret
TOKEN, PASSWORD, KEY, CODE, REFRESH = (
    f"{kind}-{MARK}-secret" for kind in ("token", "password", "key", "code", "refresh")
)
ITEM = "345313e619df46f387f9ededbe15ac56"


def gis(url):
    lent = requests.Session()
    lent.auth = SimpleNamespace(token=TOKEN)
    lent.verify = True
    return SimpleNamespace(url=url, session=lent)


def with_code(url):
    return Portal(url, auth=CodeSignIn(url, "app").finish(f"SUCCESS code={CODE}"))


def with_loopback(url):
    with LoopbackSignIn(url, "app") as sign_in:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(sign_in.url).query)
        back = urllib.parse.urlencode({"code": CODE, "state": query["state"][0]})
        browser = threading.Thread(target=visit, args=[query["redirect_uri"][0], back])
        browser.start()
        auth = sign_in.wait(timeout_s=10)
        browser.join()
    return Portal(url, auth=auth)


def visit(address, query):
    """A browser, which logs nothing here."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=10)
    connection.request("GET", f"/?{query}")
    connection.getresponse().read()
    connection.close()


WAYS = {
    "token": lambda url: Portal(url, token=TOKEN),
    "API key": lambda url: Portal(url, api_key=KEY),
    "password": lambda url: Portal(url, username="student", password=PASSWORD),
    "client": lambda url: Portal(url, client_id="app", client_secret=PASSWORD),
    "code": with_code,
    "loopback": with_loopback,
    "gis": lambda url: Portal.from_gis(gis(url)),
    "environment": Portal.from_environment,
}
ERROR = {"error": {"code": 498, "message": "Invalid token."}}
FAILURES = {
    "works": None,
    "wrong credentials": as_json({"error": {"code": 400, "message": "Unable to generate token.", "details": []}}),
    "invalid token": as_json(ERROR),
    "token required": as_json({"error": {"code": 499, "message": "Token Required"}}),
    "no permission": as_json({"error": {"code": 403, "message": "You do not have permissions"}}),
    "page for people": Answer(b"<html><title>Sign in</title></html>"),
    "broken json": Answer(b'{"user": {"userna'),
    "no json": Answer(b"null"),
    "server error": Answer(b"<h1>Oh no</h1>", status=500),
    "not found": Answer(b"", status=404),
    "unauthorised": Answer(b"", status=401),
    "hang up": Answer(b"", hang_up=True),
    "body cut off": as_json({"user": None}, cut=3),
    "redirect elsewhere": Answer(b"", status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
}


@pytest.fixture
def everything_said(caplog, capfd):
    """All that was logged, by whomever and at whatever level, printed or warned of."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "arcgis_export_widgets", "http.client"):
        caplog.set_level(logging.DEBUG, logger=name)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield lambda: "\n".join([caplog.text, *capfd.readouterr(), *(str(one.message) for one in warned)])


def use(portal, folder):
    """What people do with a portal: look, export, wait, download."""
    portal.search("cities")
    portal.item(ITEM)
    download(portal.session, f"content/items/{ITEM}/data", folder, file_name="data.json")
    portal.export(ExportRequest(ITEM, "CSV"))


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_shows_up_anywhere(make_server, tmp_path, monkeypatch, everything_said, way, failure):
    monkeypatch.setattr(session, "RETRY_READS", session.RETRY_READS.new(backoff_factor=0))  # as often, but at once
    monkeypatch.setenv("ARCGIS_USER", "student")
    monkeypatch.setenv("ARCGIS_PASSWORD", PASSWORD)

    def answer(asked):
        if failure != "wrong credentials" and asked.path.endswith("generateToken"):
            return as_json({"token": TOKEN, "expires": 4102444800000})
        if failure != "wrong credentials" and asked.path.endswith("oauth2/token"):
            return as_json({"access_token": TOKEN, "refresh_token": REFRESH, "expires_in": 1800})
        if FAILURES[failure] is not None:
            return FAILURES[failure]
        return as_json({"user": {"username": "student"}, "results": [], "id": ITEM})

    server = make_server(answer)
    said = io.StringIO()
    portal = None
    try:
        portal = WAYS[way](server.url)
        use(portal, tmp_path)
    except ArcGISExportError as error:
        traceback.print_exception(error, file=said)
        said.write(repr(error) + str(vars(error)))
    if portal is not None:
        said.write(repr(portal) + repr(portal.session) + repr(portal.session.auth) + str(portal.session.auth))
        portal.close()
    seen = [asked.path + asked.headers.get("referer", "") for asked in server.asked]
    files = [file.read_text(errors="replace") for file in tmp_path.rglob("*") if file.is_file()]
    assert server.asked
    assert MARK not in "\n".join([said.getvalue(), everything_said(), *seen, *files])
