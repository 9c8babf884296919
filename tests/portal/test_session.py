import logging
import traceback
from urllib.parse import parse_qsl

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


MOVED = {"Location": "/new/FeatureServer/0/query"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_service_that_has_moved_gets_the_query_at_its_new_address(make_server, session_to, status):
    server = make_server(Answer(b"", status=status, headers=MOVED), FINE)
    assert session_to(server).ask(f"{server.url}/old/FeatureServer/0/query", {"where": "A > 1"}) == {"fine": True}
    asked = server.asked[-1]
    path, _, query = asked.path.partition("?")
    assert path == MOVED["Location"]
    assert asked.method == ("GET" if status == 303 else "POST")
    assert asked.form | dict(parse_qsl(query)) == {"f": "json", "where": "A > 1"}


def test_a_service_that_has_moved_and_refuses_post_gets_the_query_too(make_server, session_to):
    def answer(asked):
        if asked.path.startswith("/old/"):
            return Answer(b"", status=301, headers=MOVED)
        return FINE if asked.method == "GET" else Answer(b"Cannot POST", status=405)

    server = make_server(answer)
    assert session_to(server).ask(f"{server.url}/old/FeatureServer/0/query", {"where": "A > 1"}) == {"fine": True}
    assert server.asked[-1].path == f"{MOVED['Location']}?f=json&where=A+%3E+1"


def test_a_service_that_refuses_post_and_wants_a_token_is_sent_a_fresh_one(make_server):
    def answer(asked):
        if asked.path.endswith("generateToken"):
            return TOKEN
        if asked.method == "POST":
            return Answer(b"Cannot POST", status=405)
        gets = [one for one in server.asked if one.method == "GET"]
        return EXPIRED if len(gets) == 1 else FINE

    server = make_server(answer)
    session = PortalSession(server.url, PasswordAuth("student", "pass-w0rd", server.url))
    assert session.ask(f"{server.url}/a/FeatureServer/0") == {"fine": True}
    assert SECRET not in "".join(asked.path for asked in server.asked)
    session.close()


def test_portal_operations_are_never_asked_by_get(make_server, session_to):
    def answer(asked):
        return FINE if asked.method == "GET" else Answer(b"Cannot POST", status=405)

    server = make_server(answer)
    session = session_to(server)
    session.ask(f"{server.url}/a/FeatureServer/0")
    with pytest.raises(errors.PortalError, match="405"):
        session.ask("search")


def test_a_byte_order_mark_before_the_answer_does_not_count(make_server, session_to):
    server = make_server(Answer(b'\xef\xbb\xbf{"fine": true}'))
    assert session_to(server).ask("search") == {"fine": True}


def test_a_sign_in_page_behind_a_redirect_does_not_get_the_query(make_server, session_to):
    page = Answer(b"<html>Sign in</html>", headers={"Content-Type": "text/html"})
    server = make_server(Answer(b"", status=302, headers={"Location": "/login"}), page)
    with pytest.raises(errors.ResponseError, match="web page"):
        session_to(server).ask(f"{server.url}/a/FeatureServer/0/query", {"where": "A > 1"})
    assert server.asked[1].form == {}


@pytest.mark.parametrize("status", [404, 405])
def test_a_service_that_refuses_post_is_asked_by_get_from_then_on(make_server, session_to, status):
    def answer(asked):
        return FINE if asked.method == "GET" else Answer(b"Cannot POST", status=status)

    server = make_server(answer)
    session = session_to(server)
    for _ in range(2):
        assert session.ask(f"{server.url}/a/FeatureServer/0/query", {"where": "A > 1"}) == {"fine": True}
    assert [asked.method for asked in server.asked] == ["POST", "GET", "GET"]
    assert server.asked[-1].path == "/a/FeatureServer/0/query?f=json&where=A+%3E+1"


def test_what_is_nowhere_is_reported_after_both_ways_of_asking(make_server, session_to):
    server = make_server(Answer(b"gone", status=404))
    with pytest.raises(errors.PortalError, match="404"):
        session_to(server).ask(f"{server.url}/a/FeatureServer/0")
    assert [asked.method for asked in server.asked] == ["POST", "GET"]


def test_requests_name_this_package_unless_the_user_says_otherwise(make_server, session_to):
    server = make_server(FINE)
    session_to(server).ask("search")
    session_to(server, headers={"User-Agent": "Mozilla/5.0", "Referer": "https://apps.example.org/"}).ask("search")
    assert server.asked[0].headers["user-agent"].startswith("arcgis-export-widgets/")
    assert server.asked[1].headers["user-agent"] == "Mozilla/5.0"
    assert server.asked[1].headers["referer"] == "https://apps.example.org/"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Authorization": "Bearer s3cr3t"}, "for credentials"),
        ({"cookie": "s3cr3t"}, "for credentials"),
        ({"Referer": "a\r\nX-Other: s3cr3t"}, "cannot be sent"),
        ({"Not a name": "s3cr3t"}, "cannot be sent"),
        ({"Referer": 1}, "cannot be sent"),
        ({"Referer": " s3cr3t"}, "cannot be sent"),
        ("Referer: s3cr3t", "a dict of texts"),
    ],
)
def test_headers_that_cannot_or_must_not_be_sent_are_refused(make_server, session_to, headers, said):
    with pytest.raises(errors.RequestError, match=said) as caught:
        session_to(make_server(FINE), headers=headers)
    assert "s3cr3t" not in str(caught.value)
