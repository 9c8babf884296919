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
        timeout=10,
    )
    return json.loads(re.search(r"var oAuthInfo = (.*);", page.text)[1])["oauth_state"]


def sign_in(portal, state, password="learn-arcgis"):
    form = {"oauth_state": state, "username": "student", "password": password}
    return requests.post(f"{portal.url}/sharing/oauth2/signin", data=form, allow_redirects=False, timeout=10)


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
    page = requests.post(f"{portal.url}/sharing/oauth2/signin", data=form, timeout=10)
    assert re.search(r"<title>SUCCESS code=[\w-]{20,}</title>", page.text)


def test_a_client_name_cannot_break_out_of_the_page(portal):
    page = requests.get(
        f"{portal.url}/sharing/rest/oauth2/authorize",
        params={"client_id": "</script><b>", "redirect_uri": REDIRECT, "response_type": "code"},
        timeout=10,
    )
    assert "</script><b>" not in page.text


def test_esris_python_api_reads_a_code_off_the_page_and_asks_for_its_token_without_f(portal):
    out_of_band = "urn:ietf:wg:oauth:2.0:oob"
    state = visit(portal, response_type="code", redirect_uri=out_of_band)
    signed_in = {"oauth_state": state, "username": "student", "password": "learn-arcgis"}
    shown = requests.post(f"{portal.url}/sharing/oauth2/signin", data=signed_in, timeout=10).text
    assert re.search(r"var oAuthInfo = ({.*?});", shown)
    form = {
        "grant_type": "authorization_code",
        "code": re.search(r"<title>SUCCESS code=(.*?)</title>", shown)[1],
        "client_id": "app",
        "redirect_uri": out_of_band,
    }
    answer = requests.post(f"{portal.url}/sharing/rest/oauth2/token", data=form, timeout=10).json()
    assert answer["username"] == "student"
