"""What a kernel left behind is offered by the next form, and can be resumed or given up."""

from __future__ import annotations

import pytest

from arcgis_export_widgets import ExportRequest, Portal
from arcgis_export_widgets.errors import ExportTimeoutError, ItemNotFoundError
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.saved_jobs import described
from arcgis_export_widgets.state.submission import Stage

USA = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def form(portal, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return ExportForm(portal, runner=SameThreadRunner())


@pytest.fixture
def left_behind(form, portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1], title="Yesterday's cities"))
    with pytest.raises(ExportTimeoutError), form.submission.saved_jobs.waiting_for(job):
        raise ExportTimeoutError("the kernel ended")
    form.saved_jobs.look()
    return job


def test_nothing_is_offered_where_nothing_was_left(form):
    assert form.saved_jobs.jobs == ()
    assert form.saved_jobs.note == ""


def test_a_new_form_offers_what_was_left_and_goes_on_with_it(left_behind, portal):
    form = ExportForm(portal, runner=SameThreadRunner())
    (saved,) = form.saved_jobs.jobs
    assert described(saved).startswith("Yesterday's cities as CSV, started 20")
    form.saved_jobs.resume(saved)
    assert form.submission.stage is Stage.FINISHED
    assert len(form.submission.result.frames["Cities"]) == 7555
    assert form.saved_jobs.jobs == ()
    assert len(form.submission.history.exports) == 1
    with pytest.raises(ItemNotFoundError):
        portal.item(left_behind.export_item_id)


def test_what_is_given_up_is_deleted_from_the_portal(form, left_behind, portal):
    form.saved_jobs.discard(form.saved_jobs.jobs[0])
    assert form.saved_jobs.jobs == ()
    with pytest.raises(ItemNotFoundError):
        portal.item(left_behind.export_item_id)


def test_it_appears_with_signing_in_and_goes_with_the_user(left_behind, portal, local_portal):
    form = ExportForm(runner=SameThreadRunner())
    assert form.saved_jobs.jobs == ()
    form.sign_in.portal = portal
    assert len(form.saved_jobs.jobs) == 1
    form.sign_in.portal = Portal(local_portal.url, username="colleague", password="learn-arcgis")
    assert form.saved_jobs.jobs == ()
    left_behind.wait(on_event=lambda _: None).delete()


@pytest.mark.usefixtures("left_behind")
def test_none_can_be_resumed_while_an_export_runs(steps, portal):
    form = ExportForm(portal, runner=steps)
    steps.settle()
    form.saved_jobs.resume(form.saved_jobs.jobs[0])
    assert form.submission.stage is Stage.SUBMITTING
    assert form.saved_jobs.busy
    steps.settle()
    assert not form.saved_jobs.busy
    assert form.submission.stage is Stage.FINISHED


def test_a_job_that_is_gone_from_the_portal_is_told_and_can_be_let_go(form, left_behind):
    left_behind.wait(on_event=lambda _: None).delete()
    form.saved_jobs.resume(form.saved_jobs.jobs[0])
    assert form.submission.stage is Stage.FAILED
    assert form.submission.error
    (saved,) = form.saved_jobs.jobs
    form.saved_jobs.discard(saved)
    assert form.saved_jobs.jobs == ()
    assert form.saved_jobs.error == ""
