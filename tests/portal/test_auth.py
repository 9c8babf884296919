"""Every way of signing in, against the local portal and against servers that answer as told."""

import threading
import urllib.parse
from types import SimpleNamespace

import keyring
import keyring.backend
import pytest
import requests
from scripted_server import as_json

from arcgis_export_widgets import CodeSignIn, LoopbackSignIn, Portal
from arcgis_export_widgets.errors import AuthError, PermissionDeniedError, RequestError
from arcgis_export_widgets.portal.auth import ApiKeyAuth, ClientAuth, PasswordAuth
from arcgis_export_widgets.portal.auth.stored import find_password, from_environment
from arcgis_export_widgets.request.parameters import ExportRequest

CITIES = "345313e619df46f387f9ededbe15ac56"
HTTPS = "https://gis.example.com/portal"


@pytest.fixture
def issue_token(local_portal):
    def issue(**more):
        form = {"f": "json", "username": "student", "password": "learn-arcgis", **more}
        return requests.post(f"{local_portal.url}/sharing/rest/generateToken", data=form, timeout=10).json()["token"]

    return issue


@pytest.fixture
def visit():
    """A person who opens the sign-in page in a browser and types a name and password; where it leads them."""

    def sign_in_at(url, password="learn-arcgis"):
        page = requests.get(url, timeout=10)
        state = page.text.split('name="oauth_state" value="')[1].split('"')[0]
        form = {"oauth_state": state, "username": "student", "password": password}
        action = urllib.parse.urljoin(url, "/sharing/oauth2/signin")
        return requests.post(action, data=form, timeout=10, allow_redirects=True)

    return sign_in_at


def test_an_api_key_signs_in_as_its_owner(local_portal, issue_token):
    with Portal(local_portal.url, api_key=issue_token()) as portal:
        assert portal.username == "student"
        assert repr(portal.session.auth) == "ApiKeyAuth(<hidden>)"


def test_a_code_from_the_sign_in_page_opens_the_portal(local_portal, visit):
    sign_in = CodeSignIn(local_portal.url, "app")
    shown = visit(sign_in.url).text
    title = shown.split("<title>")[1].split("</title>")[0]  # SUCCESS code=...
    with Portal(sign_in.portal_url, auth=sign_in.finish(title)) as portal:
        assert portal.username == "student"


@pytest.mark.parametrize(
    "text", ["abc-123", " abc-123\n", "SUCCESS code=abc-123", "http://127.0.0.1/?code=abc-123&state=x"]
)
def test_a_code_is_found_in_whatever_was_copied(text):
    assert CodeSignIn(HTTPS, "app").finish(text)._code[0] == "abc-123"


@pytest.mark.parametrize("text", ["", "  ", "two words", "line\x00break"])
def test_what_holds_no_code_is_refused(text):
    with pytest.raises(RequestError, match="copy the code"):
        CodeSignIn(HTTPS, "app").finish(text)


def test_a_code_serves_one_sign_in_only(local_portal, visit):
    sign_in = CodeSignIn(local_portal.url, "app")
    code = visit(sign_in.url).text.split("code=")[1].split("<")[0]
    Portal(sign_in.portal_url, auth=sign_in.finish(code)).close()
    with pytest.raises(AuthError, match="start signing in again"):
        Portal(sign_in.portal_url, auth=sign_in.finish(code))


def test_an_expired_token_is_renewed_without_asking_the_person_again(local_portal, visit):
    sign_in = CodeSignIn(local_portal.url, "app")
    auth = sign_in.finish(visit(sign_in.url).text.split("<title>SUCCESS ")[1].split("<")[0])
    with Portal(sign_in.portal_url, auth=auth) as portal:
        first = auth._token
        portal.session.ask("oauth2/revokeToken", {"auth_token": first})
        assert portal.search("cities")
        assert auth._token != first


def test_a_browser_on_this_machine_brings_the_code_back_by_itself(local_portal, visit):
    with LoopbackSignIn(local_portal.url, "app") as sign_in:
        browser = threading.Thread(target=visit, args=[sign_in.url])
        browser.start()
        auth = sign_in.wait(timeout_s=20)
        browser.join()
    with Portal(sign_in.portal_url, auth=auth) as portal:
        assert portal.username == "student"


def come_back(sign_in, **query):
    address = urllib.parse.parse_qs(urllib.parse.urlsplit(sign_in.url).query)["redirect_uri"][0]
    threading.Thread(target=requests.get, args=[address], kwargs={"params": query, "timeout": 10}).start()


def test_a_refusal_at_the_page_is_told(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as sign_in:
        come_back(sign_in, error="access_denied", error_description="The user denied", state=sign_in._state)
        with pytest.raises(AuthError, match="refused: The user denied"):
            sign_in.wait(timeout_s=20)


def test_a_code_that_was_not_asked_for_is_not_taken(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as sign_in:
        come_back(sign_in, code="planted", state="another")
        with pytest.raises(AuthError, match="Nobody signed in"):
            sign_in.wait(timeout_s=1)


def test_waiting_for_the_browser_can_be_cancelled(local_portal):
    cancel = threading.Event()
    cancel.set()
    with LoopbackSignIn(local_portal.url, "app") as sign_in, pytest.raises(AuthError, match="Nobody signed in"):
        sign_in.wait(cancel=cancel)


def test_a_taken_port_is_told(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as first:
        port = first._server.server_port
        with pytest.raises(RequestError, match=f"Port {port} of this machine is taken"):
            LoopbackSignIn(local_portal.url, "app", port=port)


def test_an_application_looks_but_does_not_export(local_portal):
    with Portal(local_portal.url, client_id="classroom-app", client_secret="learn-arcgis") as portal:
        assert portal.username is None
        assert portal.feature_service(CITIES).layer(2).count() == 107
        with pytest.raises(PermissionDeniedError, match="Sign in"):
            portal.export(ExportRequest(CITIES, "CSV"))
    with pytest.raises(AuthError, match="Check client id and secret"):
        Portal(local_portal.url, client_id="classroom-app", client_secret="guess")


def gis_of(url, token, referer):
    """What Esri's Python API offers of a signed-in GIS, of which this package reads url and session."""
    session = requests.Session()
    session.headers["Referer"] = referer
    session.auth = SimpleNamespace(token=token)
    session.verify = True
    return SimpleNamespace(url=url, session=session)


def test_a_gis_object_lends_its_token_with_the_referer_it_is_bound_to(local_portal, issue_token):
    gis = gis_of(local_portal.url, issue_token(client="referer", referer="http"), "http")
    with Portal.from_gis(gis) as portal:
        assert portal.username == "student"
        local_portal.expire_tokens()
        gis.session.auth.token = issue_token(client="referer", referer="http")  # as it does by itself
        assert portal.search("cities")


@pytest.mark.parametrize("gis", [None, "https://www.arcgis.com", SimpleNamespace(url="x")])
def test_what_is_no_gis_is_refused(gis):
    with pytest.raises(RequestError, match=r"no arcgis\.GIS"):
        Portal.from_gis(gis)


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({"ARCGIS_API_KEY": "k", "ARCGIS_USER": "u", "ARCGIS_PASSWORD": "p"}, ApiKeyAuth),
        ({"ARCGIS_USER": "u", "ARCGIS_PASSWORD": "p", "ARCGIS_CLIENT": "c", "ARCGIS_SECRET": "s"}, PasswordAuth),
        ({"ARCGIS_CLIENT": "c", "ARCGIS_SECRET": "s"}, ClientAuth),
    ],
)
def test_the_environment_is_read_in_a_known_order(environment, kind):
    assert type(from_environment(HTTPS, environment)) is kind


def test_an_environment_without_credentials_says_what_to_set():
    with pytest.raises(RequestError, match="Set ARCGIS_API_KEY, or ARCGIS_USER and ARCGIS_PASSWORD"):
        from_environment(HTTPS, {"ARCGIS_HOST": HTTPS, "ARCGIS_SECRET": "alone"})


def test_the_environment_opens_a_portal(local_portal, monkeypatch):
    for name, value in {"HOST": local_portal.url, "USER": "student", "PASSWORD": "learn-arcgis"}.items():
        monkeypatch.setenv(f"ARCGIS_{name}", value)
    with Portal.from_environment() as portal:
        assert (portal.url, portal.username) == (local_portal.url, "student")


@pytest.fixture
def write_netrc(tmp_path, monkeypatch):
    def write(text):
        path = tmp_path / "netrc"
        path.write_text(text)
        path.chmod(0o600)
        monkeypatch.setenv("NETRC", str(path))

    return write


def test_netrc_has_the_password_of_the_portals_host(local_portal, write_netrc):
    write_netrc("machine 127.0.0.1 login student password learn-arcgis\n")
    with Portal(local_portal.url, username="student") as portal:
        assert portal.username == "student"
    with pytest.raises(RequestError, match="no password for the user teacher"):
        Portal(local_portal.url, username="teacher")


def test_netrc_is_not_read_for_nobody(local_portal, write_netrc):
    write_netrc("machine 127.0.0.1 login student password learn-arcgis\n")
    with Portal(local_portal.url) as portal:
        assert portal.username is None


def test_a_broken_netrc_is_told_of_without_what_it_holds(write_netrc):
    write_netrc("machine 127.0.0.1 login student passw0rd hidden-word\n")
    with pytest.raises(RequestError, match=r"netrc file cannot be read \(line 1\)") as caught:
        find_password("http://127.0.0.1", "student")
    assert "hidden-word" not in str(caught.value)


class Memory(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


def test_the_keyring_has_the_password(local_portal):
    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        keyring.set_password(local_portal.url, "student", "learn-arcgis")
        with Portal(local_portal.url, username="student") as portal:
            assert portal.username == "student"
    finally:
        keyring.set_keyring(before)


def test_many_threads_renew_a_token_once(make_server, session_to):
    answers = iter(range(100))

    def answer(asked):
        if asked.path.endswith("generateToken"):
            return as_json({"token": f"t{next(answers)}", "expires": 4102444800000})
        fresh = asked.headers["x-esri-authorization"] != "Bearer t0"
        return as_json({"ok": True} if fresh else {"error": {"code": 498, "message": "Invalid token."}})

    server = make_server(answer)
    session = session_to(server)
    session.auth = PasswordAuth("u", "p", server.url)
    threads = [threading.Thread(target=session.ask, args=["portals/self"]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(asked.path.endswith("generateToken") for asked in server.asked) == 2


def federated(make_server, owner_of):
    """A portal, and a server on another port that says whose it is; the portal knows the server's address."""

    def portal_answer(asked):
        if asked.path.endswith("generateToken"):
            known = asked.form.get("serverUrl") == f"{server.url}/arcgis"
            return as_json({"token": "server-token"} if known else {"error": {"code": 400, "message": "unknown"}})
        return as_json({"ok": True})

    def server_answer(asked):
        if asked.path.endswith("/rest/info"):
            return as_json({"owningSystemUrl": owner_of(portal)})
        return as_json({"seen": asked.headers.get("x-esri-authorization", "nothing")})

    portal, server = make_server(portal_answer), make_server(server_answer)
    return portal, server


def test_a_federated_server_gets_a_token_of_its_own(make_server, session_to):
    portal, server = federated(make_server, lambda portal: portal.url)
    session = session_to(portal, token="portal-token")
    for _ in range(2):
        assert session.ask(f"{server.url}/arcgis/rest/services/x/FeatureServer")["seen"] == "Bearer server-token"
    assert [asked.path for asked in server.asked].count("/arcgis/rest/info") == 1
    assert not any("portal-token" in str(asked) for asked in server.asked)


def test_a_server_of_another_portal_gets_no_token_at_all(make_server, session_to):
    portal, server = federated(make_server, lambda _: "https://somebody.example.com")
    session = session_to(portal, token="portal-token")
    assert session.ask(f"{server.url}/arcgis/rest/services/x/FeatureServer")["seen"] == "nothing"
    assert portal.asked == []


def test_a_server_that_only_claims_to_belong_here_gets_no_token(make_server, session_to):
    portal, server = federated(make_server, lambda portal: portal.url)
    session = session_to(portal, token="portal-token")
    assert session.ask(f"{server.url}/other/rest/services/x/FeatureServer")["seen"] == "nothing"
