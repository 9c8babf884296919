from __future__ import annotations

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


def test_a_wrong_password_is_told_and_what_was_typed_stays(local_portal):
    state = sign_in(local_portal.url, "student")
    state.sign_in("guess")
    assert state.portal is None
    assert "user name" in state.error.lower() or "password" in state.error.lower()
    assert (state.url, state.username, state.busy) == (local_portal.url, "student", False)


def test_no_secret_is_kept_in_any_trait(local_portal):
    state = sign_in(local_portal.url, "student")
    state.sign_in("guess-4711")
    assert "guess-4711" not in repr(state.trait_values()) + repr(vars(state))


def test_a_portal_that_does_not_answer_is_told_with_what_to_do():
    state = sign_in("http://127.0.0.1:9")
    state.sign_in()
    assert "127.0.0.1:9" in state.error
    assert "try again" in state.error


def test_an_address_that_is_none_is_told():
    state = sign_in("not an address")
    state.sign_in()
    assert "https://" in state.error


def test_without_user_name_one_looks_around_as_nobody(local_portal):
    state = sign_in(local_portal.url)
    state.sign_in()
    assert state.portal.username is None
    assert "not signed in" in state.summary


def test_a_user_name_without_password_is_told_before_anything_is_asked():
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
