"""Every way of signing in and many ways to fail, with marked secrets that must show up nowhere."""

import html
import http.client
import json
import logging
import threading
import traceback
import urllib.parse
import warnings

import pytest
from people import gis_of
from scripted_server import Answer, as_json

from arcgis_export_widgets import CodeSignIn, ExportRequest, LoopbackSignIn, Portal
from arcgis_export_widgets.errors import ArcGISExportError
from arcgis_export_widgets.portal.items.download import download

MARK = "xyzzy"  # in every secret
TOKEN, PASSWORD, KEY, CODE, REFRESH = (
    f"{kind}-{MARK}-secret" for kind in ("token", "password", "key", "code", "refresh")
)
ITEM = "345313e619df46f387f9ededbe15ac56"


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
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=60)
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
    "gis": lambda url: Portal(gis=gis_of(url, TOKEN)),
    "environment": Portal.from_environment,
    "netrc": Portal,
}
ERROR = {"error": {"code": 498, "message": "Invalid token."}}
AT_SIGN_IN = {"wrong credentials", "secrets echoed", "broken json with the token", "redirect of a form", "hang up"}
FAILURES = {
    "works": None,
    "wrong credentials": as_json({"error": {"code": 400, "message": "Unable to generate token.", "details": []}}),
    "invalid token": as_json(ERROR),
    "token required": as_json({"error": {"code": 499, "message": "Token Required"}}),
    "no permission": as_json({"error": {"code": 403, "message": "You do not have permissions"}}),
    "page for people": Answer(b"<html><title>Sign in</title></html>"),
    "broken json": Answer(b'{"user": {"userna'),
    "broken json with the token": Answer(f'{{"token": "{TOKEN}", "access_token": "{TOKEN}"'.encode()),
    "no json": Answer(b"null"),
    "server error": Answer(b"<h1>Oh no</h1>", status=500),
    "not found": Answer(b"", status=404),
    "unauthorised": Answer(b"", status=401),
    "secrets echoed": lambda asked: as_json(
        {"error": {"code": 400, "message": f"Bad: {asked.form} {asked.headers}", "details": [str(asked.form)]}}
    ),
    "redirect of a form": Answer(b"", status=307, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
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


def chain(error):
    """Everything that hangs together with an error, whether shown in a traceback or not."""
    found, waiting = {}, [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in found:
            found[id(one)] = one
            waiting += [one.__cause__, one.__context__]
    return found.values()


def told_by(error):
    """The traceback as people see it, and all attributes of every error in the chain, one object deep."""
    shown = "".join(traceback.format_exception(error))
    held = [f"{one!r} {one} {one.args!r} {getattr(one, 'doc', '')} {vars(one)!r}" for one in chain(error)]
    return shown + "\n".join(held)


@pytest.fixture
def credentials(tmp_path_factory, monkeypatch):
    """Makes the environment and netrc hold the password for a portal."""

    def put(way, url):
        netrc = tmp_path_factory.mktemp("home") / "netrc"
        netrc.write_text(f"machine 127.0.0.1 login student password {PASSWORD}\n")
        values = {"NETRC": str(netrc)} if way == "netrc" else {}
        if way == "environment":
            values = {"ARCGIS_HOST": url, "ARCGIS_USER": "student", "ARCGIS_PASSWORD": PASSWORD}
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def scripted(failure):
    """What a server answers that fails in a way, at the sign-in or afterwards."""
    step = FAILURES[failure]

    def answer(asked):
        is_sign_in = asked.path.endswith(("generateToken", "oauth2/token"))
        if step is not None and (not is_sign_in or failure in AT_SIGN_IN):
            return step(asked) if callable(step) else step
        if asked.path.endswith("generateToken"):
            return as_json({"token": TOKEN, "expires": 4102444800000})
        if asked.path.endswith("oauth2/token"):
            return as_json({"access_token": TOKEN, "refresh_token": REFRESH, "expires_in": 1800})
        return as_json({"user": {"username": "student"}, "results": [], "id": ITEM})

    return answer


def all_told(sign_in, folder):
    """Sign in and use the portal; return all that errors and objects tell, the portal among them."""
    try:
        with sign_in() as portal:
            told = [repr(portal), repr(portal.session), repr(portal.session.auth), str(vars(portal.user or portal))]
            use(portal, folder)
    except ArcGISExportError as error:
        return told_by(error)
    return "\n".join(told)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_shows_up_anywhere(make_server, tmp_path, everything_said, credentials, way, failure):
    server = make_server(scripted(failure))
    credentials(way, server.url)
    told = all_told(lambda: WAYS[way](server.url), tmp_path)
    seen = [asked.path + asked.headers.get("referer", "") for asked in server.asked]
    files = [file.read_text(errors="replace") for file in tmp_path.rglob("*") if file.is_file()]
    assert server.asked
    assert MARK not in "\n".join([told, everything_said(), *seen, *files])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_shows_up_where_nobody_answers(tmp_path, everything_said, credentials, way, url):
    credentials(way, url)
    told = all_told(lambda: WAYS[way](url), tmp_path)
    assert "cannot be reached" in told
    assert MARK not in told + everything_said()


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_shows_up_where_tls_fails(make_server, tmp_path, everything_said, credentials, way):
    url = make_server(as_json({})).url.replace("http:", "https:")  # answers, but speaks no TLS
    credentials(way, url)
    told = all_told(lambda: WAYS[way](url), tmp_path)
    assert "Error: " in told
    assert MARK not in told + everything_said()


def test_the_search_for_secrets_finds_what_no_traceback_shows():
    hidden = ArcGISExportError("nothing to see")
    hidden.__context__ = ValueError(TOKEN)
    hidden.__suppress_context__ = True
    assert TOKEN not in "".join(traceback.format_exception(hidden))
    assert TOKEN in told_by(hidden)


ODD = 'p&s/ wörd+100%"<x>'
ECHOES = {
    "plain": ODD,
    "as in an address": urllib.parse.quote(ODD, safe=""),
    "as in a path": urllib.parse.quote(ODD),
    "as in a form": urllib.parse.quote_plus(ODD),
    "as in a form, in lower case": urllib.parse.quote_plus(ODD).lower().replace("wö", "wö"),
    "encoded twice": urllib.parse.quote(urllib.parse.quote(ODD, safe=""), safe=""),
    "as in HTML": html.escape(ODD),
    "as numbers in HTML": "".join(f"&#{ord(one)};" for one in ODD),
    "as in JSON": json.dumps(ODD)[1:-1],
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_password_that_a_portal_repeats_in_another_spelling_is_hidden(make_server, everything_said, echo):
    fault = {"error": {"code": 400, "message": f"Bad password {echo}!", "details": [f"password={echo}&f=json"]}}
    with pytest.raises(ArcGISExportError) as refused:
        Portal(make_server(as_json(fault)).url, username="student", password=ODD)
    assert echo not in told_by(refused.value) + everything_said()
    assert "hidden" in told_by(refused.value)


def test_the_address_that_a_download_is_redirected_to_is_logged_without_its_signature(
    make_server, everything_said, tmp_path
):
    store = make_server(Answer(b"OBJECTID"))
    redirect = Answer(b"", status=302, headers={"Location": f"{store.url}/file.csv?X-Amz-Signature={MARK}"})
    server = make_server(as_json({}), redirect)
    with Portal(server.url, anonymous=True) as portal:
        download(portal.session, "content/items/x/data", tmp_path, file_name="x.csv")
    assert store.asked[0].path.endswith(f"?X-Amz-Signature={MARK}")
    assert MARK not in everything_said()
