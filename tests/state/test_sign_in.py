from __future__ import annotations

import pytest
from people import code_shown_at

from arcgis_export_widgets.portal.auth.tokens import ApiKeyAuth, TokenAuth
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.sign_in import SignIn


def sign_in(url: str, username: str = "") -> SignIn:
    state = SignIn(SameThreadRunner())
    state.url, state.username = url, username
    return state


def test_the_right_password_opens_the_portal_and_folds_the_panel(local_portal):
    state = sign_in(local_portal.url, "student")
    assert state.open
    state.sign_in("learn-arcgis")
    assert state.portal.username == "student"
    assert not state.open
    assert not state.blockers


def test_a_wrong_password_is_reported_and_the_fields_stay_filled(local_portal):
    state = sign_in(local_portal.url, "student")
    state.sign_in("guess")
    assert state.portal is None
    assert "user name" in state.error.lower() or "password" in state.error.lower()
    assert (state.url, state.username, state.busy) == (local_portal.url, "student", False)


def test_no_trait_holds_a_secret(local_portal):
    state = sign_in(local_portal.url, "student")
    state.sign_in("guess-4711")
    assert "guess-4711" not in repr(state.trait_values()) + repr(vars(state))


def test_a_portal_that_does_not_answer_is_reported_with_what_to_do():
    state = sign_in("http://127.0.0.1:9")
    state.method = "anonymous"
    state.sign_in()
    assert "127.0.0.1:9" in state.error
    assert "try again" in state.error


def test_an_invalid_address_is_reported():
    state = sign_in("not an address")
    state.method = "anonymous"
    state.sign_in()
    assert "https://" in state.error


def test_one_may_look_around_as_nobody_whatever_is_stored(local_portal, monkeypatch):
    monkeypatch.setenv("ARCGIS_HOST", local_portal.url)
    monkeypatch.setenv("ARCGIS_USER", "student")
    monkeypatch.setenv("ARCGIS_PASSWORD", "learn-arcgis")
    state = sign_in(local_portal.url)
    state.method = "anonymous"
    state.sign_in()
    assert state.portal.username is None
    assert "not signed in" in state.summary


def test_a_missing_password_is_reported_before_anything_is_sent():
    state = SignIn(SameThreadRunner(), connect=lambda *_, **__: 1 / 0)
    state.username = "student"
    state.sign_in("")
    assert state.error.startswith("Type the password of student")


def test_a_failed_attempt_leaves_the_open_portal_open(portal):
    state = SignIn(SameThreadRunner(), portal)
    state.url = "http://127.0.0.1:9"
    state.sign_in("learn-arcgis")
    assert state.portal is portal
    assert state.error


def test_a_missing_user_name_is_reported_before_anything_is_sent():
    state = SignIn(SameThreadRunner(), connect=lambda *_, **__: 1 / 0)
    state.sign_in("learn-arcgis")
    assert state.error.startswith("Type your user name")


@pytest.mark.parametrize(
    ("method", "auth", "prompt"),
    [("api_key", ApiKeyAuth, "Type the API key."), ("token", TokenAuth, "Type the token.")],
)
def test_a_key_or_a_token_signs_in(method, auth, prompt):
    opened = []
    state = SignIn(SameThreadRunner(), connect=lambda url, auth: opened.append((url, auth)))
    state.method = method
    state.sign_in("")
    assert (state.error, opened) == (prompt, [])
    state.sign_in("k-4711")
    (url, used) = opened[0]
    assert (url, type(used), used.token(None)) == (state.url, auth, "k-4711")


def test_what_is_stored_on_this_machine_signs_in(local_portal, monkeypatch):
    monkeypatch.setenv("ARCGIS_HOST", local_portal.url)
    monkeypatch.setenv("ARCGIS_USER", "student")
    monkeypatch.setenv("ARCGIS_PASSWORD", "learn-arcgis")
    state = sign_in(local_portal.url)
    state.method = "stored"
    state.sign_in()
    assert state.portal.username == "student"


def test_nothing_stored_says_what_to_set(local_portal):
    state = sign_in(local_portal.url)
    state.method = "stored"
    state.sign_in()
    assert "ARCGIS_USER" in state.error


def test_a_code_from_the_portals_own_page_signs_in(local_portal):
    state = sign_in(local_portal.url)
    state.method, state.client_id = "page", "classroom-app"
    state.ask_for_page()
    state.sign_in(code_shown_at(state.link))
    assert state.portal.username == "student"
    assert state.link == ""


def test_a_link_is_of_no_use_any_more_after_a_wrong_code(local_portal):
    state = sign_in(local_portal.url)
    state.method, state.client_id = "page", "classroom-app"
    state.ask_for_page()
    state.sign_in("a wrong code")
    assert state.error
    assert state.link == ""
    state.sign_in("another code")
    assert "page first" in state.error


def test_without_the_page_there_is_no_code(local_portal):
    state = sign_in(local_portal.url)
    state.method = "page"
    state.ask_for_page()
    assert "client id" in state.error
    state.sign_in("some code")
    assert "page first" in state.error


@pytest.mark.parametrize(
    ("trait", "value"), [("url", "https://other.example"), ("client_id", "b"), ("method", "token")]
)
def test_a_link_belongs_to_what_it_was_made_from(local_portal, trait, value):
    state = sign_in(local_portal.url)
    state.method, state.client_id = "page", "classroom-app"
    state.ask_for_page()
    assert state.link.startswith(local_portal.url)
    state.set_trait(trait, value)
    assert state.link == ""
