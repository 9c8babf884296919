import io
import json
import threading
import zipfile

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets.errors import DownloadError, ExportCancelledError, PermissionDeniedError
from arcgis_export_widgets.events import ChunkReceived, DownloadFinished
from arcgis_export_widgets.portal.http.retry import RetryPolicy
from arcgis_export_widgets.portal.items.download import download
from arcgis_export_widgets.portal.items.file_names import safe_name

DATA = bytes(range(256)) * 4000


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("layer.dbf", content)
    return buffer.getvalue()


def fetch(session, folder, **options):
    return download(session, "content/items/x/data", folder, **({"file_name": "cities.csv"} | options))


def test_a_file_arrives_whole_under_its_name(make_server, session_to, tmp_path):
    events = []
    path = fetch(session_to(make_server(Answer(DATA))), tmp_path, on_event=events.append)
    assert (path.name, path.read_bytes()) == ("cities.csv", DATA)
    assert [e.received_bytes for e in events if isinstance(e, ChunkReceived)][-1] == len(DATA)
    assert events[-1] == DownloadFinished(path, len(DATA))
    assert list(tmp_path.iterdir()) == [path]


def test_a_broken_line_is_taken_up_where_it_broke(make_server, session_to, tmp_path):
    def rest(asked):
        start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
        return Answer(DATA[start:], status=206)

    server = make_server(Answer(DATA, cut=600_000), rest)
    assert fetch(session_to(server), tmp_path).read_bytes() == DATA
    assert len(server.asked) == 2


def test_a_line_that_breaks_often_but_brings_something_each_time_is_followed_to_the_end(
    make_server, session_to, tmp_path
):
    piece, breaks = 300_000, 12

    def answer(asked):
        start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return Answer(data[start:], status=206 if start else 200, cut=max(len(data) - start - piece, 0))

    data = DATA[: piece * (breaks + 1) // 4] * 4
    server = make_server(answer)
    assert fetch(session_to(server), tmp_path).read_bytes() == data
    assert len(server.asked) > breaks


def test_a_line_that_breaks_without_bringing_anything_is_given_up(make_server, session_to, tmp_path):
    def answer(asked):
        start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return Answer(
            DATA[start:], status=206 if start else 200, cut=len(DATA) - start - (0 if start else 300_000) or 1
        )

    server = make_server(answer)
    with pytest.raises(DownloadError, match="broke off 6 times"):
        fetch(session_to(server), tmp_path)


QUOTA = as_json(
    {"error": {"code": 429, "message": "Too many.", "details": ["Retry after 0.01 sec."]}},
    headers={"Content-Type": "application/json"},
)


@pytest.mark.parametrize(
    "fault",
    [Answer(b"", hang_up=True), Answer(b"busy", status=503), QUOTA],
    ids=["out of reach", "busy", "429 in a 200"],
)
def test_a_server_out_of_reach_at_the_moment_of_resuming_costs_nothing(make_server, session_to, tmp_path, fault):
    def rest(asked):
        start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
        return Answer(DATA[start:], status=206)

    server = make_server(Answer(DATA, cut=600_000), *[fault] * 4, rest)
    events = []
    assert fetch(session_to(server), tmp_path, on_event=events.append).read_bytes() == DATA
    received = [event.received_bytes for event in events if isinstance(event, ChunkReceived)]
    assert received == sorted(received)  # nothing came twice


def test_a_server_that_is_restarted_while_downloading_costs_nothing(make_server, session_to, tmp_path, monkeypatch):
    server = make_server(Answer(DATA, cut=600_000), Answer(DATA))
    session = session_to(server)
    there, nowhere = session.portal_url, "http://127.0.0.1:9"  # discard: nobody listens there
    failures = []

    def stop(_):
        session.portal_url = nowhere

    def start_after_the_third_failure(policy):
        failures.append(policy)
        if len(failures) == 3:
            session.portal_url = there
        return iter([0.0] * (policy.attempts - 1))

    monkeypatch.setattr(RetryPolicy, "pauses", start_after_the_third_failure)
    path = download(session, "content/items/x/data", tmp_path, file_name="cities.csv", on_event=stop)
    assert path.read_bytes() == DATA


def test_a_refusal_while_resuming_is_not_tried_again(make_server, session_to, tmp_path):
    server = make_server(Answer(DATA, cut=600_000), Answer(b"no", status=403))
    with pytest.raises(PermissionDeniedError):
        fetch(session_to(server), tmp_path)
    assert len(server.asked) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_breaks_before_a_piece_is_whole_is_said_to_start_over(make_server, session_to, tmp_path, caplog):
    server = make_server(Answer(DATA, cut=len(DATA) - 1000), Answer(DATA))
    assert fetch(session_to(server), tmp_path).read_bytes() == DATA
    (logged,) = caplog.records
    assert logged.getMessage().startswith("starting the download over")
    assert "range" not in server.asked[1].headers


def test_a_server_that_cannot_resume_sends_it_all_again(make_server, session_to, tmp_path):
    server = make_server(Answer(DATA, cut=600_000), Answer(DATA))
    assert fetch(session_to(server), tmp_path).read_bytes() == DATA


def test_a_line_that_always_breaks_leaves_nothing_behind(make_server, session_to, tmp_path):
    with pytest.raises(DownloadError, match="broke off"):
        fetch(session_to(make_server(Answer(DATA, cut=1000))), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "options", "said"),
    [
        (
            as_json({"error": {"code": 498, "message": "Invalid token."}}),
            {},
            "The portal sent an error instead of the file",
        ),
        (Answer(b"<!DOCTYPE html><html>Sign in</html>"), {}, "sent a web page"),
        (Answer(b""), {}, "empty file"),
        (Answer(DATA), {"expected_bytes": len(DATA) + 1}, "should have"),
        (Answer(zipped(DATA)[:-30]), {"file_name": "x.zip"}, "incomplete"),
        (Answer(zipped(DATA).replace(b"layer.dbf", b"layer.xxx", 1)), {"file_name": "x.zip"}, "incomplete|damaged"),
    ],
)
def test_what_is_no_data_is_never_saved(make_server, session_to, tmp_path, answer, options, said):
    with pytest.raises(DownloadError, match=said):
        fetch(session_to(make_server(answer)), tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_geojson_is_not_taken_for_an_error(make_server, session_to, tmp_path):
    text = json.dumps({"type": "FeatureCollection", "features": []}).encode()
    assert fetch(session_to(make_server(Answer(text))), tmp_path, file_name="a.geojson").read_bytes() == text


def test_cancelling_stops_and_leaves_nothing_behind(make_server, session_to, tmp_path):
    cancel = threading.Event()
    with pytest.raises(ExportCancelledError):
        fetch(session_to(make_server(Answer(DATA))), tmp_path, on_event=lambda _: cancel.set(), cancel=cancel)
    assert list(tmp_path.iterdir()) == []


def test_cancelling_ends_the_pause_before_resuming(make_server, session_to, tmp_path):
    cancel = threading.Event()

    def busy(_):
        cancel.set()
        return Answer(b"", status=503, headers={"Retry-After": "100"})

    with pytest.raises(ExportCancelledError):
        fetch(session_to(make_server(Answer(DATA, cut=600_000), busy)), tmp_path, cancel=cancel)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_overwritten(make_server, session_to, tmp_path):
    (tmp_path / "cities.csv").write_text("mine")
    path = fetch(session_to(make_server(Answer(DATA))), tmp_path)
    assert path.name == "cities (2).csv"
    assert (tmp_path / "cities.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("told", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a:b?.zip", "a_b_.zip"),
        ("", "export"),
        ("São Paulo.csv", "São Paulo.csv"),
    ],
)
def test_a_name_from_the_portal_cannot_leave_the_folder(told, safe):
    assert safe_name(told) == safe
