import logging
import traceback

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.http.session import PortalSession

SECRET = "s3cr3t-t0ken"
EXPIRED = as_json({"error": {"code": 498, "message": "Invalid token.", "details": []}})
TOKEN = as_json({"token": SECRET, "expires": 32503680000000, "ssl": False})
FINE = as_json({"fine": True})


def test_the_token_travels_in_a_header_and_never_in_the_address(make_server, session_to):
    server = make_server(FINE)
    session_to(server, SECRET).ask("portals/self", {"q": "x"})
    (asked,) = server.asked
    assert asked.headers["x-esri-authorization"] == f"Bearer {SECRET}"
    assert SECRET not in asked.path
    assert asked.form == {"f": "json", "q": "x"}


def test_a_read_is_repeated_when_the_server_is_overloaded(make_server, session_to):
    server = make_server(Answer(b"busy", status=503), Answer(b"", hang_up=True), FINE)
    assert session_to(server).ask("search") == {"fine": True}
    assert len(server.asked) == 3


def test_a_body_that_breaks_off_is_asked_for_again(make_server, session_to):
    server = make_server(Answer(b'{"fine": true}', cut=5), FINE)
    assert session_to(server).ask("search") == {"fine": True}


def test_what_must_not_happen_twice_is_sent_once(make_server, session_to):
    server = make_server(Answer(b"", hang_up=True))
    with pytest.raises(errors.PortalUnreachableError):
        session_to(server).ask("content/users/u/export", repeatable=False)
    assert len(server.asked) == 1


def test_an_expired_token_is_renewed_once_and_the_request_repeated(make_server):
    server = make_server(TOKEN, EXPIRED, TOKEN, FINE)
    session = PortalSession(server.url, PasswordAuth("student", "pass-w0rd", server.url))
    assert session.ask("portals/self") == {"fine": True}
    assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["generateToken", "self"] * 2
    session.close()


def test_a_second_refusal_is_final(make_server):
    server = make_server(TOKEN, EXPIRED, TOKEN, EXPIRED)
    session = PortalSession(server.url, PasswordAuth("student", "pass-w0rd", server.url))
    with pytest.raises(errors.AuthError, match="Invalid token"):
        session.ask("portals/self")
    session.close()


def test_a_quota_error_inside_a_200_is_waited_out(make_server, session_to):
    quota = as_json({"error": {"code": 429, "message": "Too many.", "details": ["Retry after 0.01 sec."]}})
    server = make_server(quota, quota, FINE)
    assert session_to(server).ask("query") == {"fine": True}


def test_a_redirect_to_another_host_goes_without_the_token(make_server, session_to):
    storage = make_server(Answer(b"data"))
    elsewhere = storage.url.replace("127.0.0.1", "localhost")
    server = make_server(Answer(b"", status=302, headers={"Location": f"{elsewhere}/file"}))
    with session_to(server, SECRET).open("content/items/x/data") as body:
        assert b"".join(body.chunks()) == b"data"
    assert "x-esri-authorization" not in storage.asked[0].headers
    assert "referer" not in storage.asked[0].headers


def test_a_foreign_service_does_not_get_the_token(make_server, session_to):
    server, foreign = make_server(FINE), make_server(FINE)
    session_to(server, SECRET).ask(f"{foreign.url}/FeatureServer")
    assert "x-esri-authorization" not in foreign.asked[0].headers


def test_nobody_listening_is_said_in_words(make_server, session_to):
    server = make_server(FINE)
    server.url = "http://127.0.0.1:9"
    with pytest.raises(errors.PortalUnreachableError, match="cannot be reached"):
        session_to(server).ask("portals/self")


def test_a_certificate_nobody_vouches_for_is_refused(make_server, session_to):
    server = make_server(FINE)
    server.url = server.url.replace("http:", "https:")
    with pytest.raises(errors.PortalUnreachableError):
        session_to(server).ask("portals/self")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"", hang_up=True),
        Answer(b"<html>Sign in</html>"),
        Answer(b"gone", status=500),
        Answer(b'{"fine": true}', cut=5),
        EXPIRED,
    ],
)
def test_no_failure_shows_the_token(make_server, session_to, caplog, answer):
    caplog.set_level(logging.DEBUG)
    session = session_to(make_server(answer), SECRET)
    with pytest.raises(errors.PortalError) as caught:
        session.ask("portals/self")
    seen = {id(caught.value): caught.value}
    for error in (caught.value.__context__, caught.value.__cause__):
        if error is not None:
            seen[id(error)] = error
    told = "".join("".join(traceback.format_exception(e)) + repr(e) + repr(vars(e)) for e in seen.values())
    assert SECRET not in told + caplog.text + repr(session.auth)
    assert not any(hasattr(error, "request") for error in seen.values())


def test_a_password_is_not_sent_unencrypted_over_a_network():
    with pytest.raises(errors.RequestError, match="https"):
        PasswordAuth("student", "pass-w0rd", "http://gis.example.org")
