"""Signing in at the portal's own page."""

import threading
import urllib.parse
import webbrowser

import pytest
import requests
from people import code_shown_at, sign_in_at
from scripted_server import as_json

from arcgis_export_widgets import CodeSignIn, LoopbackSignIn, Portal
from arcgis_export_widgets.errors import AuthError, RequestError

HTTPS = "https://gis.example.com/portal"


def test_a_code_from_the_sign_in_page_opens_the_portal(local_portal):
    sign_in = CodeSignIn(local_portal.url, "app")
    with Portal(sign_in.portal_url, auth=sign_in.finish(code_shown_at(sign_in.url))) as portal:
        assert repr(portal) == f"<Portal {local_portal.url}, signed in as student with OAuth 2.0>"


@pytest.mark.parametrize("text", ["abc-123", " abc-123\n", "SUCCESS code=abc-123", "http://127.0.0.1/?code=abc-123"])
def test_a_code_is_found_in_whatever_was_copied(text):
    assert CodeSignIn(HTTPS, "app").finish(text)._code["code"] == "abc-123"


@pytest.mark.parametrize("text", ["", "  ", "two words", "line\x00break", "http://127.0.0.1/?nothing=here"])
def test_what_holds_no_code_is_refused(text):
    with pytest.raises(RequestError, match="copy the code"):
        CodeSignIn(HTTPS, "app").finish(text)


def test_the_address_of_another_sign_in_is_refused():
    with pytest.raises(AuthError, match="belongs to another sign-in"):
        CodeSignIn(HTTPS, "app").finish("http://127.0.0.1/?code=abc&state=planted")


def test_the_page_is_asked_for_a_code_with_a_challenge_and_not_its_proof():
    sign_in = CodeSignIn(HTTPS, "app")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sign_in.url).query))
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert sign_in._verifier not in sign_in.url + repr(sign_in) + sign_in._repr_html_()


def test_the_client_id_may_stand_in_the_environment(monkeypatch):
    with pytest.raises(RequestError, match="give client_id"):
        CodeSignIn(HTTPS)
    monkeypatch.setenv("ARCGIS_CLIENT", "from-there")
    assert "client_id=from-there" in CodeSignIn(HTTPS).url


def test_a_code_serves_one_sign_in_only(local_portal):
    sign_in = CodeSignIn(local_portal.url, "app")
    code = code_shown_at(sign_in.url)
    Portal(sign_in.portal_url, auth=sign_in.finish(code)).close()
    with pytest.raises(AuthError, match="open the sign-in page again"):
        Portal(sign_in.portal_url, auth=sign_in.finish(code))


def test_an_expired_token_is_renewed_without_asking_the_person_again(local_portal):
    sign_in = CodeSignIn(local_portal.url, "app")
    auth = sign_in.finish(code_shown_at(sign_in.url))
    with Portal(sign_in.portal_url, auth=auth) as portal:
        first = auth._token
        portal.session.ask("oauth2/revokeToken", {"auth_token": first})
        assert portal.search("cities")
        assert auth._token != first


def test_a_refresh_token_about_to_end_is_exchanged_for_a_new_one(make_server):
    asked_for = []

    def answer(asked):
        if not asked.path.endswith("oauth2/token"):
            return as_json({"user": {"username": "student"}})
        asked_for.append((asked.form["grant_type"], asked.form.get("refresh_token")))
        kept = {"refresh_token": f"r{len(asked_for)}", "refresh_token_expires_in": 1e-9}
        return as_json({"access_token": "t", "expires_in": 1e-9} | kept)

    server = make_server(answer)
    with Portal(server.url, auth=CodeSignIn(server.url, "app").finish("code")) as portal:
        portal.session.ask("community/self")
    assert asked_for[:2] == [("authorization_code", None), ("exchange_refresh_token", "r1")]


def test_a_sign_in_that_ended_says_to_sign_in_again(local_portal):
    sign_in = CodeSignIn(local_portal.url, "app")
    auth = sign_in.finish(code_shown_at(sign_in.url))
    with Portal(sign_in.portal_url, auth=auth) as portal:
        portal.session.ask("oauth2/revokeToken", {"auth_token": auth._refresh["refresh_token"]})
        portal.session.ask("oauth2/revokeToken", {"auth_token": auth._token})
        with pytest.raises(AuthError, match=r"has ended\. Sign in again on the portal's page"):
            portal.search("cities")


def test_a_browser_on_this_machine_brings_the_code_back_by_itself(local_portal, monkeypatch):
    browsers = []

    def open_browser(url):
        browsers.append(threading.Thread(target=sign_in_at, args=[url]))
        browsers[-1].start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_browser)
    with Portal.from_browser(local_portal.url, "app", wait_s=20) as portal:
        assert portal.username == "student"
    browsers[0].join()


def test_if_no_browser_opens_the_error_names_the_other_way(local_portal, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with pytest.raises(RequestError, match="Use CodeSignIn"):
        Portal.from_browser(local_portal.url, "app")


def come_back(sign_in, **query):
    address = urllib.parse.parse_qs(urllib.parse.urlsplit(sign_in.url).query)["redirect_uri"][0]
    return requests.get(address, params=query, timeout=60)


def test_a_refusal_at_the_page_is_reported(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as sign_in:
        come_back(sign_in, error="access_denied", error_description="The user denied", state=sign_in._state)
        with pytest.raises(AuthError, match="did not sign you in: The user denied"):
            sign_in.wait(timeout_s=60)


def test_a_code_that_was_not_asked_for_is_not_taken_and_the_right_one_still_is(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as sign_in:
        assert come_back(sign_in, code="planted", state="another").status_code == 400
        assert come_back(sign_in, code="planted").status_code == 400
        with pytest.raises(AuthError, match="Nobody signed in within 0 s"):
            sign_in.wait(timeout_s=0)
        come_back(sign_in, code="right", state=sign_in._state)
        assert sign_in.wait(timeout_s=60)._code["code"] == "right"


def test_waiting_for_the_browser_can_be_cancelled(local_portal):
    cancel = threading.Event()
    cancel.set()
    with LoopbackSignIn(local_portal.url, "app") as sign_in, pytest.raises(AuthError, match="cancelled"):
        sign_in.wait(cancel=cancel)


def test_nothing_listens_afterwards(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as sign_in:
        pass
    with pytest.raises(requests.ConnectionError):
        come_back(sign_in, code="late")


def test_a_taken_port_is_reported(local_portal):
    with LoopbackSignIn(local_portal.url, "app") as first:
        port = first._server.server_port
        with pytest.raises(RequestError, match=f"Port {port} of this machine is taken"):
            LoopbackSignIn(local_portal.url, "app", port=port)
