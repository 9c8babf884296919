"""Which faults may pass by themselves, and how often and how long is tried again."""

import threading

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.portal.http.cancellation import waits_end_with
from arcgis_export_widgets.portal.http.retry import Retry, RetryPolicy

FINE = as_json({"fine": True})
HUNG_UP = Answer(b"", hang_up=True)


def arcgis_error(code, *details, **more):
    return as_json({"error": {"code": code, "message": "No.", "details": list(details)}}, **more)


TRANSIENT = {
    "hung up": HUNG_UP,
    "cut off": Answer(b'{"fine": true}', cut=5),
    "JSON cut short": Answer(b'{"fine": tr'),
    "web page": Answer(b"<html>Back in a minute</html>"),
    **{f"HTTP {status}": Answer(b"busy", status=status) for status in (408, 429, 500, 502, 503, 504)},
    **{f"HTTP {status} in JSON": arcgis_error(400, status=status) for status in (500, 503)},
    **{f"code {code} in a 200": arcgis_error(code) for code in (429, 500, 502, 503, 504)},
}
LASTING = {
    **{f"HTTP {status}": Answer(b"no", status=status) for status in (400, 401, 403, 404, 405, 501)},
    **{f"code {code} in a 200": arcgis_error(code) for code in (400, 401, 403, 404, 498, 499)},
}


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_what_may_pass_is_known_by_its_error_and_tried_again(make_server, session_to, fault):
    server = make_server(fault, fault, FINE)
    assert session_to(server).ask("search") == {"fine": True}
    with pytest.raises(errors.PortalError) as caught:
        session_to(make_server(fault)).ask("search")
    assert caught.value.is_transient


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_what_will_not_pass_is_raised_at_once(make_server, session_to, fault):
    server = make_server(fault, FINE)
    with pytest.raises(errors.PortalError) as caught:
        session_to(server).ask("search")
    assert not caught.value.is_transient
    assert len(server.asked) == 1


@pytest.mark.parametrize("fault", [fault for name, fault in TRANSIENT.items() if "429" not in name])
def test_what_must_not_happen_twice_is_sent_once_whatever_went_wrong(make_server, session_to, fault):
    server = make_server(fault, FINE)
    with pytest.raises(errors.PortalError):
        session_to(server).ask("content/users/u/export", repeatable=False)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [Answer(b"", status=429, headers={"Retry-After": "0"}), arcgis_error(429, "Retry after 0.01 sec.")],
    ids=["HTTP 429", "429 in a 200"],
)
def test_what_was_refused_for_now_did_not_happen_and_is_sent_again(make_server, session_to, refusal):
    server = make_server(refusal, FINE)
    assert session_to(server).ask("content/users/u/export", repeatable=False) == {"fine": True}


@pytest.mark.pauses
def test_pauses_grow_to_a_ceiling():
    assert list(RetryPolicy(attempts=6, first_pause_s=1, longest_pause_s=5).pauses()) == [1, 2, 4, 5, 5]


def test_failures_are_counted_in_a_row():
    error = errors.PortalError("busy", code=503)
    retry = Retry(RetryPolicy(attempts=3, first_pause_s=1, longest_pause_s=1))
    assert [retry.again(error) for _ in range(3)] == [True, True, False]
    retry.succeeded()
    assert [retry.again(error) for _ in range(3)] == [True, True, False]


def test_an_address_that_may_be_wrong_is_given_up_sooner(make_server, session_to):
    servers = [make_server(Answer(b"<html>A shop</html>")), make_server(Answer(b"busy", status=503))]
    for server in servers:
        with pytest.raises(errors.PortalError):
            session_to(server).ask("portals/self")
    assert len(servers[0].asked) < len(servers[1].asked)


@pytest.mark.pauses
@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (Answer(b"", status=503, headers={"Retry-After": "7"}), "7.0"),
        (Answer(b"", status=429, headers={"Retry-After": "86400"}), "120.0"),
        (Answer(b"", status=429, headers={"Retry-After": "soon"}), "0.3"),
        (Answer(b"", status=503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "0.3"),
        (arcgis_error(429, "Retry after 60 sec."), "60.0"),
        (arcgis_error(429, headers={"Retry-After": "9"}), "9.0"),
    ],
)
def test_the_server_says_how_long_to_wait_up_to_two_minutes_and_cancelling_ends_it(
    make_server, session_to, caplog, refusal, pause
):
    cancelled = threading.Event()
    cancelled.set()
    server = make_server(refusal, FINE)
    with waits_end_with(cancelled), pytest.raises(errors.PortalError):
        session_to(server).ask("search")
    assert f"trying again in {pause} s" in caplog.text
    assert len(server.asked) == 1


@pytest.mark.pauses
@pytest.mark.parametrize(
    ("asked_for_s", "longest_s", "pause"),
    [
        (None, 1e9, "30.0"),
        (None, 2.5, "2.5"),
        (7.0, 1e9, "7.0"),
        (9000.0, 1e9, "120.0"),
        (9000.0, 5.0, "5.0"),
        (9.0, -1.0, "0.0"),
    ],
)
def test_a_pause_is_what_the_server_asks_for_but_at_most_two_minutes_and_within_the_callers_time(
    caplog, asked_for_s, longest_s, pause
):
    stopped = threading.Event()
    stopped.set()
    error = errors.RateLimitError("Too many requests.", code=429, retry_after_s=asked_for_s)
    retry = Retry(RetryPolicy(attempts=3, first_pause_s=30, longest_pause_s=60), stopped)
    assert not retry.again(error, longest_pause_s=longest_s)  # because of `stopped`, which ended the pause
    assert f"in {pause} s" in caplog.text


def test_cancelling_ends_a_pause_that_has_begun(make_server, session_to):
    cancel = threading.Event()

    def refuse(_):
        cancel.set()
        return Answer(b"", status=429, headers={"Retry-After": "100"})

    with waits_end_with(None, cancel), waits_end_with(threading.Event()), pytest.raises(errors.RateLimitError):
        session_to(make_server(refuse)).ask("search")


def test_closing_the_session_ends_a_pause(make_server, session_to):
    server = make_server(Answer(b"", status=429, headers={"Retry-After": "100"}))
    session = session_to(server)
    threading.Timer(0.1, session.close).start()
    with pytest.raises(errors.RateLimitError):
        session.ask("search")
    assert len(server.asked) == 1
