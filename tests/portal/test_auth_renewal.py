"""Tokens that end: renewed once for all, and a refusal is final."""

import threading

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.tokens import ApiKeyAuth
from arcgis_export_widgets.portal.http.session import PortalSession

EXPIRED = as_json({"error": {"code": 498, "message": "Invalid token.", "details": []}})
REFUSED = as_json({"error": {"code": 400, "message": "Unable to generate token.", "details": ["Invalid password."]}})


@pytest.fixture
def portal_session(make_server):
    """A session with a password to a server that answers generateToken by one function, all else by another."""
    opened = []

    def make(issue, answer):
        server = make_server(lambda asked: (issue if asked.path.endswith("generateToken") else answer)(asked))
        opened.append(PortalSession(server.url, PasswordAuth("u", "p4ssword", server.url), timeout_s=5))
        return opened[-1], server

    yield make
    for session in opened:
        session.close()


def sign_ins(server):
    return sum(asked.path.endswith("generateToken") for asked in server.asked)


def in_parallel(work, threads=8):
    outcomes = []

    def attempt():
        try:
            outcomes.append(work())
        except errors.PortalError as error:
            outcomes.append(error)

    running = [threading.Thread(target=attempt) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return outcomes


def test_many_threads_renew_a_token_once(portal_session):
    numbers = iter(range(100))

    def issue(_):
        return as_json({"token": f"t{next(numbers)}", "expires": 4102444800000})

    def answer(asked):
        return EXPIRED if asked.headers["x-esri-authorization"] == "Bearer t0" else as_json({"ok": True})

    session, server = portal_session(issue, answer)
    assert in_parallel(lambda: session.ask("search")) == [{"ok": True}] * 8
    assert sign_ins(server) == 2


def test_a_refused_password_is_not_shown_again_however_many_threads_ask(portal_session):
    session, server = portal_session(lambda _: REFUSED, lambda _: EXPIRED)
    outcomes = in_parallel(lambda: session.ask("search"))
    assert {type(outcome) for outcome in outcomes} == {errors.AuthError}
    assert "Invalid password" in str(outcomes[0])
    assert sign_ins(server) == 1


@pytest.mark.parametrize("fault", [Answer(b"busy", status=500), Answer(b"", hang_up=True), Answer(b"<html>")])
def test_a_sign_in_that_failed_for_another_reason_is_tried_again(portal_session, fault):
    answers = iter([fault, as_json({"token": "t", "expires": 4102444800000})])
    session, _ = portal_session(lambda _: next(answers), lambda _: as_json({"ok": True}))
    with pytest.raises(errors.PortalError) as caught:
        session.ask("search")
    assert not isinstance(caught.value, errors.AuthError)
    assert session.ask("search") == {"ok": True}


BUSY = {"code": 429, "message": "Too many requests.", "details": ["Retry after 0.01 sec."]}


@pytest.mark.parametrize("status", [200, 429])
def test_a_portal_too_busy_to_sign_in_is_asked_again_with_the_same_password(portal_session, status):
    answers = iter([as_json({"error": BUSY}, status=status), as_json({"token": "t", "expires": 4102444800000})])
    session, server = portal_session(lambda _: next(answers), lambda _: as_json({"ok": True}))
    assert session.ask("search") == {"ok": True}
    assert sign_ins(server) == 2


@pytest.mark.parametrize("status", [200, 429])
def test_a_portal_that_stays_too_busy_has_not_refused_the_password(portal_session, status):
    busy = [True]
    session, server = portal_session(
        lambda _: as_json({"error": BUSY}, status=status) if busy else as_json({"token": "t"}),
        lambda _: as_json({"ok": True}),
    )
    with pytest.raises(errors.RateLimitError):
        session.ask("search")
    assert sign_ins(server) > 1
    busy.clear()
    assert session.ask("search") == {"ok": True}


@pytest.mark.parametrize(
    ("lifetime_s", "good_for_s"),
    [
        (3600, 3300),
        (7200, 6900),
        (600, 540),
        (60, 54),
    ],  # five minutes early, or a tenth of the lifetime if that is less
)
def test_a_token_that_is_about_to_end_is_renewed_before_it_does(portal_session, monkeypatch, lifetime_s, good_for_s):
    now_s = [1_000_000.0]
    monkeypatch.setattr("arcgis_export_widgets.portal.http.tokens.time.time", lambda: now_s[0])
    session, server = portal_session(
        lambda _: as_json({"token": "t", "expires": round((now_s[0] + lifetime_s) * 1000)}), lambda _: as_json({})
    )
    for later_s, signed_in in ((0, 1), (good_for_s - 1, 1), (2, 2), (good_for_s - 1, 2), (2, 3)):
        now_s[0] += later_s
        session.ask("search")
        assert sign_ins(server) == signed_in


def test_a_server_whose_clock_is_behind_is_believed_that_its_token_is_good(portal_session):
    session, server = portal_session(lambda _: as_json({"token": "t", "expires": 1000}), lambda _: as_json({}))
    session.ask("search")
    session.ask("search")
    assert sign_ins(server) == 1


def test_a_download_with_an_expired_token_is_renewed_although_the_error_comes_as_a_file(portal_session):
    numbers = iter(range(100))
    json_type = {"Content-Type": "application/json"}

    def answer(asked):
        if asked.headers["x-esri-authorization"] == "Bearer t0":
            return Answer(EXPIRED.body, headers=json_type)
        return Answer(b'{"features": []}', headers=json_type)

    session, _ = portal_session(lambda _: as_json({"token": f"t{next(numbers)}", "expires": 4102444800000}), answer)
    with session.open("content/items/x/data") as body:
        assert b"".join(body.chunks()) == b'{"features": []}'


def test_an_api_key_is_never_renewed_and_its_refusal_is_final(make_server):
    server = make_server(EXPIRED)
    session = PortalSession(server.url, ApiKeyAuth("AAPKkey"))
    with pytest.raises(errors.AuthError, match="API key's end date"):
        session.ask("search")
    assert len(server.asked) == 1
    session.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_password_is_never_sent_on_to_where_a_redirect_leads(portal_session, make_server, status):
    stranger = make_server(as_json({"token": "t"}))
    session, _ = portal_session(
        lambda _: Answer(b"", status=status, headers={"Location": f"{stranger.url}/sharing/rest/generateToken"}),
        lambda _: as_json({}),
    )
    with pytest.raises(errors.ResponseError, match="redirects to another address"):
        session.ask("search")
    assert stranger.asked == []


@pytest.mark.parametrize(
    "error", [{"code": 400, "message": "Invalid username or password."}, {"code": 499}, {"code": 401}]
)
def test_only_an_answer_that_says_not_signed_in_costs_a_new_sign_in(portal_session, error):
    session, server = portal_session(
        lambda _: as_json({"token": "t", "expires": 4102444800000}), lambda _: as_json({"error": error})
    )
    with pytest.raises(errors.AuthError):
        session.ask("search")
    assert sign_ins(server) == (1 if error["code"] == 400 else 2)
