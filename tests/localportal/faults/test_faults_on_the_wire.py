"""Every fault as it comes out of a socket: bytes, headers, and how the connection ends."""

import contextlib
import io
import json
import re
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from arcgis_export_widgets.localportal import LocalPortalError
from arcgis_export_widgets.localportal.faults.faults import KINDS, Fault, Faults, read_fault
from arcgis_export_widgets.localportal.http.request import ArcGISError

SELF = "/sharing/rest/portals/self?f=json"
QUERY = "/arcgis/rest/services/towns/FeatureServer/0/query?f=json&"


def exchange(portal, path, *, form=None, token=None):
    """Return what a socket gets for one request: head and body; raises what the socket raises."""
    address = urlsplit(portal.url)
    body = urlencode(form).encode() if form else b""
    lines = [f"{'POST' if form else 'GET'} {path} HTTP/1.1", f"Host: {address.netloc}", "Connection: close"]
    lines += [f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded"] if form else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, content = received.partition(b"\r\n\r\n")
    return head.decode(), content


def length(head):
    return int(re.search(r"content-length: (\d+)", head, re.IGNORECASE)[1])


def ids(portal, **parameters):
    _, body = exchange(portal, QUERY + urlencode({"where": "1=1", "outFields": "OBJECTID", **parameters}))
    answer = json.loads(body)
    return [feature["attributes"]["OBJECTID"] for feature in answer["features"]], answer.get("exceededTransferLimit")


def export(portal, student):
    form = {"itemId": student.service_item(), "exportFormat": "Shapefile", "title": "on the wire", "f": "json",
            "exportParameters": '{"layers": [{"id": 0}]}'}  # fmt: skip
    return exchange(portal, "/sharing/rest/content/users/student/export", form=form, token=student.token)


def test_a_reset_resets_the_connection(portal):
    portal.fault("reset", times=1)
    with pytest.raises(ConnectionResetError):
        exchange(portal, SELF)
    assert exchange(portal, SELF)[0].startswith("HTTP/1.1 200")


def test_a_lost_answer_closes_the_connection_after_the_export_has_started(portal, student):
    before = student.get("search", q='title:"on the wire"').json()["total"]
    portal.fault("lost_answer", path="/export")
    with contextlib.suppress(ConnectionResetError):  # the same to a caller
        assert export(portal, student) == ("", b"")
    assert student.get("search", q='title:"on the wire"').json()["total"] == before + 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_a_status_and_a_page(portal, status):
    portal.fault("http_error", status)
    head, body = exchange(portal, SELF)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert body.startswith(b"<!DOCTYPE html>")


def test_too_many_requests_is_a_status_with_the_time_to_wait(portal):
    portal.fault("too_many_requests", 7)
    head, _ = exchange(portal, SELF)
    assert head.startswith("HTTP/1.1 429 ")
    assert "\r\nretry-after: 7\r\n" in head.lower() + "\r\n"


def test_a_quota_inside_200_says_retry_after_60_sec(portal):
    portal.fault("rate_limit")
    head, body = exchange(portal, SELF)
    assert (head[:12], json.loads(body)["error"]["code"]) == ("HTTP/1.1 200", 429)
    assert "Retry after 60 sec." in json.loads(body)["error"]["details"][0]


@pytest.mark.parametrize(("kind", "code"), [("token_required", 499), ("invalid_token", 498), ("error_as_data", 400)])
def test_an_error_comes_inside_200(portal, student, kind, code):
    portal.fault(kind)
    head, body = exchange(portal, SELF, token=student.token)
    assert (head[:12], json.loads(body)["error"]["code"]) == ("HTTP/1.1 200", code)


def test_a_sign_in_page_comes_with_status_200(portal):
    portal.fault("login_page")
    head, body = exchange(portal, SELF)
    assert (head[:12], "content-type: text/html" in head.lower()) == ("HTTP/1.1 200", True)
    assert b"<title>Sign in</title>" in body


def test_malformed_json_is_complete_but_cannot_be_parsed(portal):
    whole = exchange(portal, SELF)[1]
    portal.fault("malformed_json")
    head, body = exchange(portal, SELF)
    assert (len(body), length(head)) == (len(whole) + 1, len(whole) + 1)
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@pytest.mark.parametrize("off", [-10, 25])
def test_a_wrong_content_length_comes_with_a_complete_body(portal, off):
    portal.fault("wrong_length", off)
    head, body = exchange(portal, SELF)
    assert json.loads(body)["id"]
    assert length(head) == len(body) + off


def test_a_truncated_body_is_shorter_than_announced(portal):
    portal.fault("truncate", 0.25)
    head, body = exchange(portal, SELF)
    assert len(body) == length(head) // 4


def test_a_stalled_body_stops_after_half(portal):
    portal.fault("stall", 0.4)
    started_s = time.monotonic()
    head, body = exchange(portal, SELF)
    assert time.monotonic() - started_s >= 0.4
    assert len(body) == length(head) // 2


def test_the_first_byte_is_late(portal):
    portal.fault("delay", 0.4)
    started_s = time.monotonic()
    exchange(portal, SELF)
    assert time.monotonic() - started_s >= 0.4


def test_a_dripping_body_is_complete_in_the_end(portal):
    portal.fault("drip", 0.4)
    started_s = time.monotonic()
    head, body = exchange(portal, SELF)
    assert time.monotonic() - started_s >= 0.3
    assert (len(body), bool(json.loads(body)["id"])) == (length(head), True)


def test_a_zip_cut_short_has_the_length_it_announces_and_no_end(portal, student):
    started, _ = student.export("Shapefile", {"layers": [{"id": 0}]})
    path = f"/sharing/rest/content/items/{started['exportItemId']}/data"
    assert zipfile.is_zipfile(io.BytesIO(exchange(portal, path, token=student.token)[1]))
    portal.fault("cut_short", 0.9, path="/data")
    head, body = exchange(portal, path, token=student.token)
    assert (body[:2], length(head)) == (b"PK", len(body))
    assert not zipfile.is_zipfile(io.BytesIO(body))


def test_an_export_s_answer_lacks_the_item_that_is_there(portal, student):
    portal.fault("no_export_item")
    answer = json.loads(export(portal, student)[1])
    assert ("exportItemId" in answer, len(answer["jobId"])) == (False, 36)


@pytest.mark.parametrize("reason", ["the disk is full: try later", '{"code": 400, "message": "Index out of range"}'])
def test_a_job_fails_with_the_reason_as_it_was_given(portal, student, reason):
    portal.fault("job_failed", reason)
    _, status = student.export("CSV")
    assert (status["status"], status["statusMessage"]) == ("failed", reason)


def test_a_slow_job_runs_until_the_fault_is_cleared(portal, student):
    portal.fault("job_slow", 3600)
    started = json.loads(export(portal, student)[1])
    assert started["size"] >= -1
    path = f"content/users/student/items/{started['exportItemId']}/status"
    assert student.get(path, jobId=started["jobId"]).json()["status"] == "processing"
    portal.clear_faults()
    assert student.wait(started)["status"] == "completed"


def test_a_page_is_smaller_than_asked_and_says_so_or_not(portal):
    portal.fault("cap", 7)
    assert ids(portal, resultRecordCount=50) == (list(range(1, 8)), True)
    portal.clear_faults()
    portal.fault("short_page", 7)
    assert ids(portal, resultRecordCount=50) == (list(range(1, 8)), None)


def test_pages_overlap_or_leave_rows_out(portal):
    portal.fault("overlap", 2, times=1)
    assert ids(portal, resultRecordCount=5, resultOffset=5)[0] == [4, 5, 6, 7, 8]
    portal.fault("overlap", -2, times=1)
    assert ids(portal, resultRecordCount=5, resultOffset=5)[0] == [8, 9, 10, 11, 12]
    assert ids(portal, resultRecordCount=5, resultOffset=5)[0] == [6, 7, 8, 9, 10]


def test_a_repeated_row_hides_another(portal):
    portal.fault("repeat")
    assert ids(portal, where="OBJECTID < 4") == ([1, 2, 1], None)


def test_object_ids_are_null(portal):
    portal.fault("null_ids")
    _, body = exchange(portal, QUERY + "where=1%3D1&returnIdsOnly=true")
    assert json.loads(body) == {"objectIdFieldName": "OBJECTID", "objectIds": None}


def test_a_count_drifts_further_with_each_question(portal):
    portal.fault("count_drift", -2)
    path = QUERY + "where=1%3D1&returnCountOnly=true"
    assert [json.loads(exchange(portal, path)[1])["count"] for _ in range(3)] == [198, 196, 194]


def test_a_fault_affects_its_path_as_often_as_given(portal):
    portal.fault("http_error", path="/query", times=2)
    assert exchange(portal, SELF)[0][9:12] == "200"
    path = QUERY + "where=1%3D1&returnCountOnly=true"
    assert [exchange(portal, path)[0][9:12] for _ in range(3)] == ["503", "503", "200"]


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("http_error", "200", "400 to 599"), ("truncate", "2", "0 to 1"), ("delay", "-1", "0 to 3600"),
        ("delay", "nan", "0 to 3600"), ("cap", "many", "needs a number"), ("reset", "1", "takes no value"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused(portal, kind, value, reason):
    with pytest.raises(LocalPortalError, match=reason):
        portal.fault(kind, value)
    with pytest.raises(ArcGISError, match=reason):
        Faults().add(Fault(kind, value))


def test_the_command_line_names_kind_value_and_path():
    assert read_fault("shuffle") == Fault("shuffle")
    assert read_fault("http_error:502@/query") == Fault("http_error", "502", "/query")
    assert read_fault('job_failed:{"a@b": 1}') == Fault("job_failed", '{"a@b": 1}')


def test_each_kind_of_fault_is_in_the_help_and_tested():
    command = [sys.executable, "-m", "arcgis_export_widgets.localportal", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    folder = Path(__file__).parent
    tests = "".join((folder / name).read_text() for name in ("test_faults.py", "test_faults_on_the_wire.py"))
    for name in KINDS:
        assert f"\n  {name} " in told
        assert f'"{name}"' in tests, f"{name} is not tested"
