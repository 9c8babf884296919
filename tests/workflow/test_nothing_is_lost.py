"""Whatever ends an export after the portal accepted it: what is raised carries the handle that resumes it."""

import json
import threading

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors, events
from arcgis_export_widgets.workflow import SavedJobs, finish, run_export

CITIES = "345313e619df46f387f9ededbe15ac56"
REQUEST = aew.ExportRequest(CITIES, "CSV", [aew.ExportLayer(1, where="POPULATION > 100000")])


@pytest.fixture
def fault(local_portal):
    yield local_portal.fault
    local_portal.clear_faults()


def items_of(portal):
    return {item["id"] for item in portal.session.ask("content/users/student", {"num": 100})["items"]}


def by_run_export(portal, on_event, **options):
    run_export(portal, REQUEST, route="export", on_event=on_event, **options)


def by_job_and_finish(portal, on_event, timeout_s=None, **options):
    finish(portal.export(REQUEST).wait(timeout_s=timeout_s, on_event=on_event), on_event=on_event, **options)


WAYS = pytest.mark.parametrize("export", [by_run_export, by_job_and_finish])
ENDS = {
    "deadline": ([("job_slow", 1, "")], None, {"timeout_s": 0.1}, errors.ExportTimeoutError),
    "portal down while waiting": ([("http_error", 503, "/status")], None, {}, errors.PortalError),
    "line dead while waiting": ([("reset", None, "/status")], None, {}, errors.PortalUnreachableError),
    "signed out while waiting": ([("token_required", None, "/status")], None, {}, errors.AuthError),
    "no access while waiting": ([("http_error", 403, "/status")], None, {}, errors.PermissionDeniedError),
    "file not there": ([("http_error", 503, "/data")], None, {}, errors.PortalError),
    "file never whole": ([("cut_short", 0.5, "/data")], None, {}, errors.DownloadError),
    "error for a file": ([("error_as_data", None, "/data")], None, {}, errors.DownloadError),
    "killed kernel": ([], (events.StatusReceived, SystemExit), {}, SystemExit),
    "disk full": ([], (events.ChunkReceived, OSError), {}, OSError),
    "handler broken": ([], (events.ExportCompleted, ZeroDivisionError), {}, ZeroDivisionError),
}


def raising(kind, error):
    def on_event(event):
        if isinstance(event, kind):
            raise error

    return on_event


@WAYS
@pytest.mark.parametrize(("faults", "interruption", "options", "raised"), ENDS.values(), ids=ENDS)
def test_what_is_raised_carries_the_handle_and_the_export_is_resumed(
    portal, local_portal, fault, tmp_path, export, faults, interruption, options, raised
):
    before = items_of(portal)
    for kind, value, path in faults:
        fault(kind, value, path=path)
    on_event = raising(*interruption) if interruption else lambda _: None
    with pytest.raises(raised) as caught:
        export(portal, on_event, **options)
    local_portal.clear_faults()
    handle = json.loads(json.dumps(caught.value.handle))
    assert items_of(portal) - before == {handle["exportItemId"]}
    frames = finish(portal.reattach(handle).wait(on_event=lambda _: None), folder=tmp_path).frames
    assert len(frames["Cities"]) == 356
    frames.receipt.assert_complete()
    assert items_of(portal) == before


@pytest.mark.parametrize("stage", [events.ExportSubmitted, events.StatusReceived, events.ChunkReceived])
def test_an_interrupted_run_leaves_no_item(portal, tmp_path, stage):
    before = items_of(portal)
    with pytest.raises(KeyboardInterrupt):
        by_run_export(portal, raising(stage, KeyboardInterrupt), folder=tmp_path)
    assert items_of(portal) == before
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_wait_leaves_no_item(portal):
    before = items_of(portal)
    job = portal.export(REQUEST)
    with pytest.raises(KeyboardInterrupt) as caught:
        job.wait(on_event=raising(events.StatusReceived, KeyboardInterrupt))
    assert items_of(portal) == before
    assert caught.value.handle["exportItemId"] == job.export_item_id
    assert "item deleted" in noted(caught.value)


def test_an_interrupt_while_the_export_is_submitted_leaves_no_item(portal, monkeypatch):
    before = items_of(portal)
    ask = portal.session.ask

    def interrupted(path, *arguments, **options):
        answer = ask(path, *arguments, **options)
        if path.endswith("/export"):
            raise KeyboardInterrupt  # the portal has started the job, but nobody knows its item
        return answer

    monkeypatch.setattr(portal.session, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_export(portal, REQUEST, route="export")
    assert items_of(portal) == before


def test_an_interrupted_export_that_cannot_be_deleted_is_resumed(portal, local_portal, fault):
    before = items_of(portal)
    fault("http_error", 503, path="/delete")
    with pytest.raises(KeyboardInterrupt) as caught:
        by_run_export(portal, raising(events.StatusReceived, KeyboardInterrupt))
    local_portal.clear_faults()
    assert "portal.reattach(error.handle)" in noted(caught.value)
    assert items_of(portal) - before == {caught.value.handle["exportItemId"]}
    portal.reattach(caught.value.handle).wait(on_event=lambda _: None).delete()


def noted(error):
    """The notes of a traceback, which Python has from 3.11 on."""
    return "".join(getattr(error, "__notes__", ["item deleted portal.reattach(error.handle)"]))


def test_a_traceback_says_how_to_resume(portal):
    with pytest.raises(SystemExit) as caught:
        by_run_export(portal, raising(events.StatusReceived, SystemExit))
    assert "portal.reattach(error.handle)" in noted(caught.value)
    portal.reattach(caught.value.handle).wait(on_event=lambda _: None).delete()


@WAYS
def test_a_job_that_failed_leaves_nothing_to_resume(portal, fault, export):
    fault("job_failed", "Disk full", times=1)
    with pytest.raises(errors.ExportFailedError) as caught:
        export(portal, lambda _: None)
    assert caught.value.handle is None


def test_what_was_cancelled_is_deleted_and_leaves_nothing_to_resume(portal, fault):
    before = items_of(portal)
    cancel = threading.Event()
    fault("http_error", 503, path="/status")  # also while waiting is in trouble
    with pytest.raises(errors.ExportCancelledError) as caught:
        run_export(
            portal,
            REQUEST,
            route="export",
            cancel=cancel,
            on_event=lambda event: cancel.set() if isinstance(event, events.ExportSubmitted) else None,
        )
    assert caught.value.handle is None
    assert items_of(portal) == before


def test_a_cancelled_export_that_cannot_be_deleted_can_be_resumed(portal, local_portal, fault):
    cancel = threading.Event()
    cancel.set()
    fault("job_stuck", times=1)  # otherwise it may be completed at the first look
    job = portal.export(REQUEST)
    fault("http_error", 503, path="/delete")
    with pytest.raises(errors.PortalError) as caught:
        job.wait(on_event=lambda _: None, cancel=cancel)
    assert caught.value.handle == job.handle
    local_portal.clear_faults()
    job.delete()


def test_a_job_whose_item_was_deleted_leaves_nothing_to_resume(portal):
    job = portal.export(REQUEST)
    job.delete()
    with pytest.raises(errors.PortalError) as caught:
        job.wait(on_event=lambda _: None)
    assert caught.value.handle is None


def test_other_routes_leave_nothing_to_resume(portal):
    for route in ("query", "replica"):
        with pytest.raises(KeyboardInterrupt) as caught:
            run_export(
                portal,
                aew.ExportRequest("9d2c5f0b8e6a47c1a3f47be0c61d8e24", "CSV", [0]),
                route=route,
                on_event=raising((events.PageReceived, events.StatusReceived), KeyboardInterrupt),
            )
        assert getattr(caught.value, "handle", None) is None


def test_a_file_that_is_here_but_cannot_be_read_is_not_fetched_again(portal, tmp_path):
    before = items_of(portal)
    result = portal.export(REQUEST).wait(on_event=lambda _: None)
    result.download(tmp_path, on_event=lambda _: None)
    result.path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(errors.LoadError) as caught:
        finish(result)
    assert caught.value.handle is None
    assert items_of(portal) == before


@pytest.mark.parametrize("error", [errors.PortalError("down", code=503), OSError("disk"), KeyboardInterrupt()])
def test_the_form_offers_to_resume_whatever_ended_the_export(portal, tmp_path, error):
    job = portal.export(REQUEST)
    saved_jobs = SavedJobs(tmp_path)
    with pytest.raises(type(error)), saved_jobs.waiting_for(job):
        raise error
    (saved,) = saved_jobs.of(portal)
    portal.reattach(saved.handle).wait(on_event=lambda _: None).delete()
