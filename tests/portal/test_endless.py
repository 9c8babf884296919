"""Responses without an end: too long, packed, or one byte at a time while somebody waits or cancels."""

import contextlib
import gzip
import itertools
import math
import socket
import threading
from collections.abc import Iterator

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets import errors
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal.http.cancellation import Deadline, waits_end_with
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.http.tokens import Anonymous
from arcgis_export_widgets.portal.items.download import download
from arcgis_export_widgets.portal.layers.layer import FeatureLayer

MEGABYTE = b" " * 1_000_000
LONG = 600  # drips, half a minute
LAYER = {"id": 0, "name": "L", "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}], "type": "Table"}


def endless() -> Iterator[bytes]:
    return itertools.repeat(MEGABYTE, 500)


def chunked() -> Iterator[bytes]:
    return (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in endless())


ENDLESS = {
    "without a length": lambda: Answer(b"{", length=None, pieces=endless()),
    "in chunks": lambda: Answer(b"", length=None, headers={"Transfer-Encoding": "chunked"}, pieces=chunked()),
    "as announced": lambda: Answer(b"{", length="500000001", pieces=endless()),
    "packed": lambda: Answer(gzip.compress(MEGABYTE * 50), headers={"Content-Encoding": "gzip"}),
    "with an error": lambda: Answer(b"{", status=500, length=None, pieces=endless()),
}


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_json_without_an_end_is_read_up_to_the_limit_which_the_error_names(make_server, session_to, answer):
    server = make_server(lambda _: answer())
    session = session_to(server)
    session.max_response_bytes = 3_000_000
    with pytest.raises(errors.PortalError, match=r"3,000,000 bytes.*max_response_bytes|not return JSON|in a moment"):
        session.ask("search", retry=False)
    assert server.sent_bytes < 50_000_000


def test_the_body_of_a_redirect_is_not_read(make_server, session_to):
    redirect = Answer(b"", status=302, headers={"Location": "/x"}, length=None, pieces=endless())
    server = make_server(redirect, as_json({"here": True}))
    assert session_to(server).ask("search") == {"here": True}
    assert server.sent_bytes < 50_000_000


@pytest.mark.parametrize("kind", ["without a length", "in chunks", "as announced"])
def test_a_file_larger_than_announced_is_not_fetched(make_server, session_to, tmp_path, kind):
    server = make_server(lambda _: ENDLESS[kind]())
    with pytest.raises(errors.DownloadError, match="sends more"):
        download(session_to(server), "data", tmp_path, file_name="x.csv", expected_bytes=8)
    assert server.sent_bytes < 100_000_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["without a length", "in chunks"])
def test_a_file_of_which_nobody_says_the_size_is_fetched_up_to_the_limit(make_server, session_to, tmp_path, kind):
    server = make_server(lambda _: ENDLESS[kind]())
    session = session_to(server)
    session.max_file_bytes = 5_000_000
    with pytest.raises(errors.PortalError, match="max_file_bytes"):
        download(session, "data", tmp_path, file_name="x.csv")
    assert server.sent_bytes < 100_000_000
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_packed_although_nobody_asked_for_it_is_not_unpacked(make_server, session_to, tmp_path):
    packed = Answer(gzip.compress(MEGABYTE * 50), headers={"Content-Encoding": "gzip"})
    with pytest.raises(errors.DownloadError, match="packed the file"):
        download(session_to(make_server(packed)), "data", tmp_path, file_name="x.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", ["abc", "8, 8", "8, 9", "-1", "", "1e9", "9" * 5000])
def test_an_odd_length_is_no_length_or_an_error_of_this_package(make_server, session_to, tmp_path, length):
    body = b"OBJECTID"
    session = session_to(make_server(Answer(body, length=length or None)))
    try:
        path = download(session, "data", tmp_path, file_name="x.csv")
    except errors.ArcGISExportError:
        assert list(tmp_path.iterdir()) == []
    else:
        assert path.read_bytes() == body


def left_over() -> list[threading.Thread]:
    """Threads of this package that do not end by themselves."""
    ours = [one for one in threading.enumerate() if one.name.startswith(("pages", "cut-when"))]
    for thread in ours:
        thread.join(60)
    return [one for one in ours if one.is_alive()]


def cancelled_soon() -> threading.Event:
    """An event that is set once the request is on its way."""
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    return cancel


DRIPPING = {
    "after the status": lambda: Answer(b"{", drips=LONG),
    "without a length": lambda: Answer(b"{", drips=LONG, length=None),
    "in chunks": lambda: Answer(b"", drips=LONG, length=None, headers={"Transfer-Encoding": "chunked"}),
}


@pytest.mark.parametrize("answer", DRIPPING.values(), ids=DRIPPING)
@pytest.mark.parametrize("ends", [cancelled_soon, lambda: Deadline(0.3)], ids=["cancel", "deadline"])
def test_a_request_to_a_server_that_only_drips_ends_when_it_is_cancelled(make_server, session_to, answer, ends):
    session = session_to(make_server(lambda _: answer()))
    cancellation = ends()
    with (
        waits_end_with(cancellation),
        pytest.raises(errors.PortalUnreachableError, match=r"broke off|cannot be reached"),
    ):
        session.ask("search")
    assert cancellation.is_set()
    assert left_over() == []


@pytest.mark.parametrize("answer", DRIPPING.values(), ids=DRIPPING)
def test_a_download_that_only_drips_ends_when_it_is_cancelled_and_leaves_no_file(
    make_server, session_to, tmp_path, answer
):
    session = session_to(make_server(lambda _: answer()))
    with pytest.raises(errors.ExportCancelledError):
        download(session, "data", tmp_path, file_name="x.csv", cancel=cancelled_soon())
    assert list(tmp_path.iterdir()) == []
    assert left_over() == []


@pytest.mark.parametrize("lists_ids", [True, False])
def test_pages_that_only_drip_end_when_they_are_cancelled(make_server, session_to, lists_ids):
    def answer(asked):
        if "returnCountOnly" in asked.form:
            return as_json({"count": 5000})
        if "returnIdsOnly" in asked.form:
            return as_json({"objectIds": list(range(5000)) if lists_ids else None})
        return DRIPPING["after the status"]()

    server = make_server(answer)
    session = session_to(server)
    layer = FeatureLayer(f"{server.url}/x/FeatureServer/0", LayerDefinition.from_json(LAYER), session)
    with pytest.raises(errors.ExportCancelledError):
        list(layer.pages(cancel=cancelled_soon()))
    assert left_over() == []


def test_a_server_that_never_finishes_the_tls_handshake_does_not_hold_a_cancelled_request():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        session = PortalSession(f"https://127.0.0.1:{silent.getsockname()[1]}", Anonymous(), timeout_s=60)
        with waits_end_with(cancelled_soon()), pytest.raises(errors.PortalUnreachableError) as ended:
            session.ask("search")
        session.close()
    assert "did not answer within" not in str(ended.value)
    assert left_over() == []


def test_a_server_that_never_accepts_a_connection_does_not_hold_a_cancelled_request(monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.portal.http.session._CONNECT_TIMEOUT_S", 3600.0)
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # nobody accepts them, and no more can wait
            other = waiting.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        session = PortalSession(f"http://127.0.0.1:{full.getsockname()[1]}", Anonymous())
        with waits_end_with(cancelled_soon()), pytest.raises(errors.PortalUnreachableError):
            session.ask("search")
        session.close()


def test_a_deadline_without_an_end_never_comes():
    assert Deadline(math.inf).is_set() is False
