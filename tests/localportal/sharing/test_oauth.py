"""OAuth 2.0 as Esri's clients drive it."""

import base64
import hashlib
import json
import re
import urllib.parse

import pytest
import requests

REDIRECT = "https://my.app/back"


def visit(portal, **parameters):
    page = requests.get(
        f"{portal.url}/sharing/rest/oauth2/authorize",
        params={"client_id": "app", "redirect_uri": REDIRECT, **parameters},
        timeout=60,
    )
    return json.loads(re.search(r"var oAuthInfo = (.*);", page.text)[1])["oauth_state"]


def sign_in(portal, state, password="learn-arcgis"):
    form = {"oauth_state": state, "username": "student", "password": password}
    return requests.post(f"{portal.url}/sharing/oauth2/signin", data=form, allow_redirects=False, timeout=60)


def answer_of(response, separator):
    base, _, query = response.headers["Location"].partition(separator)
    return base, dict(urllib.parse.parse_qsl(query))


def test_the_implicit_flow_ends_with_a_token_in_the_fragment(portal, anonymous):
    state = visit(portal, response_type="token", state="S", expiration=600)
    response = sign_in(portal, state)
    assert response.status_code == 302
    base, answer = answer_of(response, "#")
    assert (base, answer["username"], answer["state"], answer["ssl"]) == (REDIRECT, "student", "S", "false")
    assert anonymous.get("community/self", token=answer["access_token"]).json()["username"] == "student"


def test_a_wrong_password_leads_back_to_the_page_with_the_reason(portal):
    response = sign_in(portal, visit(portal, response_type="token"), password="guess")
    info = json.loads(re.search(r"var oAuthInfo = (.*);", response.text)[1])
    assert (response.status_code, info["messages"], info["code"]) == (
        200,
        ["Invalid username or password."],
        "OAUTH_0015",
    )


@pytest.fixture
def code(portal):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"proof" * 10).digest()).rstrip(b"=").decode()
    state = visit(portal, response_type="code", code_challenge=challenge, code_challenge_method="S256")
    _, answer = answer_of(sign_in(portal, state), "?")
    return answer["code"]


def test_a_code_with_its_proof_becomes_a_token_once(anonymous, code):
    form = {"grant_type": "authorization_code", "client_id": "app", "code": code, "redirect_uri": REDIRECT,
            "code_verifier": "proof" * 10}  # fmt: skip
    answer = anonymous.post("oauth2/token", **form).json()
    assert (answer["username"], answer["expires_in"]) == ("student", 1800)
    assert anonymous.post("oauth2/token", **form).json()["error"]["error"] == "invalid_request"

    renewal = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": answer["refresh_token"]}
    renewed = anonymous.post("oauth2/token", **renewal).json()
    assert anonymous.get("community/self", token=renewed["access_token"]).json()["username"] == "student"


def test_a_code_without_its_proof_is_worth_nothing(anonymous, code):
    form = {"grant_type": "authorization_code", "client_id": "app", "code": code, "redirect_uri": REDIRECT}
    answer = anonymous.post("oauth2/token", **form, code_verifier="other").json()
    assert answer["error"]["error_description"] == "Invalid code_verifier"


def test_an_unknown_refresh_token_has_expired(anonymous):
    form = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "old"}
    error = anonymous.post("oauth2/token", **form).json()["error"]
    assert (error["code"], error["error_description"]) == (498, "refresh_token expired")


def test_a_code_without_an_address_is_shown_in_the_title(portal):
    state = visit(portal, response_type="code", redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    form = {"oauth_state": state, "username": "student", "password": "learn-arcgis"}
    page = requests.post(f"{portal.url}/sharing/oauth2/signin", data=form, timeout=60)
    assert re.search(r"<title>SUCCESS code=[\w-]{20,}</title>", page.text)


def test_a_client_name_cannot_break_out_of_the_page(portal):
    page = requests.get(
        f"{portal.url}/sharing/rest/oauth2/authorize",
        params={"client_id": "</script><b>", "redirect_uri": REDIRECT, "response_type": "code"},
        timeout=60,
    )
    assert "</script><b>" not in page.text


def test_esris_python_api_reads_a_code_off_the_page_and_asks_for_its_token_without_f(portal):
    out_of_band = "urn:ietf:wg:oauth:2.0:oob"
    state = visit(portal, response_type="code", redirect_uri=out_of_band)
    signed_in = {"oauth_state": state, "username": "student", "password": "learn-arcgis"}
    shown = requests.post(f"{portal.url}/sharing/oauth2/signin", data=signed_in, timeout=60).text
    assert re.search(r"var oAuthInfo = ({.*?});", shown)
    form = {
        "grant_type": "authorization_code",
        "code": re.search(r"<title>SUCCESS code=(.*?)</title>", shown)[1],
        "client_id": "app",
        "redirect_uri": out_of_band,
    }
    answer = requests.post(f"{portal.url}/sharing/rest/oauth2/token", data=form, timeout=60).json()
    assert answer["username"] == "student"


def client_token(anonymous, **more):
    form = {"grant_type": "client_credentials", "client_id": "classroom-app", "client_secret": "learn-arcgis", **more}
    return anonymous.post("oauth2/token", **form).json()


def test_an_application_has_a_token_of_its_own_that_belongs_to_nobody(anonymous):
    answer = client_token(anonymous, expiration=10)
    assert (answer["expires_in"], "username" in answer, "refresh_token" in answer) == (600, False, False)
    assert "user" not in anonymous.get("portals/self", token=answer["access_token"]).json()
    assert anonymous.get("community/self", token=answer["access_token"]).json()["error"]["code"] == 499


def test_an_application_without_its_secret_gets_nothing(anonymous):
    assert client_token(anonymous, client_secret="guess")["error"]["error"] == "invalid_client_id"
    assert client_token(anonymous, client_id="stranger")["error"]["error"] == "invalid_client_id"


def test_an_exchanged_refresh_token_is_worth_nothing_afterwards(anonymous, code):
    form = {"grant_type": "authorization_code", "client_id": "app", "code": code, "redirect_uri": REDIRECT,
            "code_verifier": "proof" * 10}  # fmt: skip
    old = anonymous.post("oauth2/token", **form).json()["refresh_token"]
    form = {"grant_type": "exchange_refresh_token", "client_id": "app", "redirect_uri": REDIRECT, "refresh_token": old}
    new = anonymous.post("oauth2/token", **form).json()
    assert anonymous.post("oauth2/token", **form).json()["error"]["code"] == 498
    form["refresh_token"] = new["refresh_token"]
    assert anonymous.post("oauth2/token", **form).json()["username"] == "student"


def test_a_revoked_token_opens_nothing(anonymous):
    token = client_token(anonymous)["access_token"]
    assert anonymous.post("oauth2/revokeToken", auth_token=token).json() == {"success": True}
    assert anonymous.get("portals/self", token=token).json()["error"]["code"] == 498


def test_a_token_bound_to_an_address_serves_that_address_only(anonymous):
    form = {"username": "student", "password": "learn-arcgis"}
    mine = anonymous.post("generateToken", client="requestip", **form).json()["token"]
    other = anonymous.post("generateToken", client="ip", ip="192.0.2.1", **form).json()["token"]
    assert anonymous.get("community/self", token=mine).json()["username"] == "student"
    assert anonymous.get("community/self", token=other).json()["error"]["code"] == 498
