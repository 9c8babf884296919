"""A whole export while the portal has a bad day: all rows, or an error that says what happened."""

from types import SimpleNamespace

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors, events
from arcgis_export_widgets.portal.items.export_job import JobState, JobStatus
from arcgis_export_widgets.workflow.job import FileJob

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
REQUEST = aew.ExportRequest(CITIES, "Shapefile", [1])


@pytest.fixture
def fault(local_portal):
    yield local_portal.fault
    local_portal.clear_faults()


@pytest.mark.parametrize(
    ("kind", "value", "path", "times"),
    [
        ("delay", 0.2, "", 3),
        ("reset", None, "/status", 2),
        ("http_error", 500, "/status", 2),
        ("http_error", 502, "/status", 2),
        ("http_error", 503, "/data", 2),
        ("http_error", 504, "/data", 2),
        ("too_many_requests", 1, "/status", 1),
        ("rate_limit", 1, "/status", 1),
        ("invalid_token", None, "/status", 1),
        ("invalid_token", None, "/data", 1),
        ("token_required", None, "/status", 1),
        ("malformed_json", None, "/status", 1),
        ("login_page", None, "/status", 1),
        ("error_as_data", None, "/data", 1),
        ("truncate", 0.5, "/data", 2),
        ("wrong_length", 10, "/data", 1),
        ("cut_short", 0.5, "/data", 1),
        ("stall", 0.5, "/data", 1),
        ("drip", 0.3, "/data", 1),
        ("redirect", None, "/data", 1),
        ("job_slow", 0.5, "", 1),
        ("no_export_item", None, "/export", 1),
        ("lost_answer", None, "/export", 1),
    ],
)
def test_all_rows_come(portal, fault, kind, value, path, times):
    fault(kind, value, path=path, times=times)
    result = aew.run_export(portal, REQUEST, route="export")
    result.frames.receipt.assert_complete()
    assert len(result.frames.only) == 7555


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("http_error", 503),
        ("http_error", 500),
        ("rate_limit", 0),
        ("reset", None),
        ("login_page", None),
        ("malformed_json", None),
        ("truncate", 0.5),
    ],
)
@pytest.mark.parametrize("route", ["export", "replica"])
def test_waiting_survives_eight_failures_in_a_row_of_any_kind(portal, fault, kind, value, route):
    request = aew.ExportRequest(QUAKES, "CSV", [0])
    job = portal.plan(request, route).start()
    fault(kind, value, path="/status" if route == "export" else "/jobs/", times=8)
    job.wait(on_event=lambda _: None).load().receipt.assert_complete()


def test_failures_with_an_answer_in_between_are_not_in_a_row(portal, fault):
    fault("job_slow", 1, times=1)
    job = portal.export(REQUEST)
    failed = 0

    def fail_again(event):
        nonlocal failed
        if isinstance(event, events.StatusReceived) and failed < 12:
            failed += 4
            fault("http_error", 503, path="/status", times=4)

    assert len(job.wait(on_event=fail_again).load().only) == 7555
    assert failed == 12


def test_a_deadline_holds_while_the_portal_is_in_trouble(portal, fault):
    job = portal.export(REQUEST)
    fault("too_many_requests", 100, path="/status")
    fault("http_error", 503, path="/status")
    with pytest.raises(errors.ExportTimeoutError):
        job.wait(timeout_s=0.3, on_event=lambda _: None)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Disk full on the data store", "Disk full on the data store"),
        ('{"error": {"code": 500, "message": "Layer is locked", "details": []}}', "Layer is locked"),
    ],
)
def test_a_job_that_fails_gives_the_portals_reason(portal, fault, told, said):
    fault("job_failed", told, times=1)
    with pytest.raises(errors.ExportFailedError, match=said):
        aew.run_export(portal, REQUEST, route="export")


def test_a_job_that_never_ends_is_left_at_the_deadline(portal, fault):
    fault("job_stuck", times=1)
    with pytest.raises(errors.ExportTimeoutError):
        aew.run_export(portal, REQUEST, route="export", timeout_s=0.5)


def test_a_portal_that_never_answers_in_json_again_is_an_error_and_the_job_can_be_waited_for_again(portal, fault):
    job = portal.export(REQUEST)
    fault("login_page", path="/status", times=9)
    with pytest.raises(errors.ResponseError, match="web page"):
        job.wait()
    assert len(job.wait().load().only) == 7555


class SlowJob(FileJob):
    """A job of which no portal knows, which is asked for its status a number of times until it is completed."""

    def __init__(self, portal, looks):
        super().__init__(SimpleNamespace(portal=portal, request=REQUEST, item=None, service=None), "j", None)
        self.looks = looks

    def _state(self, *, retry=True):  # noqa: ARG002  as the base class has it
        self.looks -= 1
        status = JobStatus.PROCESSING if self.looks else JobStatus.COMPLETED
        return JobState(status, status.value)

    def _result(self, seconds):
        return seconds


def test_a_job_is_looked_at_soon_then_less_often_and_at_least_every_fifteen_seconds(portal, monkeypatch):
    pauses = []
    monkeypatch.setattr("arcgis_export_widgets.workflow.job.wait", pauses.append)
    SlowJob(portal, 40).wait(on_event=lambda _: None)
    assert pauses[0] <= 0.2
    assert pauses == sorted(pauses)
    assert max(pauses) == 15
    assert len(pauses) == 39


def test_no_pause_outlasts_the_deadline(portal, fault, caplog):
    job = portal.export(REQUEST)
    fault("too_many_requests", 100, path="/status")
    with pytest.raises(errors.ExportTimeoutError):
        job.wait(timeout_s=0.2, on_event=lambda _: None)
    pauses = [record.args[1] for record in caplog.records if record.msg.startswith("%s in")]
    assert pauses
    assert max(pauses) <= 0.2
    job.delete()
