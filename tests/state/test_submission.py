from __future__ import annotations

import asyncio

import pytest

from arcgis_export_widgets import ExportLayer, ExportRequest
from arcgis_export_widgets.errors import ExportCancelledError, ItemNotFoundError
from arcgis_export_widgets.events import ChunkReceived, DownloadFinished
from arcgis_export_widgets.state.runner import SameThreadRunner, ThreadRunner
from arcgis_export_widgets.state.submission import Stage, Submission

USA = "345313e619df46f387f9ededbe15ac56"
REQUEST = ExportRequest(USA, "Shapefile", layers=[ExportLayer(1, where="POPULATION > 100000")])


@pytest.fixture
def submission():
    return Submission(SameThreadRunner())


def test_an_export_passes_all_stages_and_ends_with_frames(submission, portal):
    stages = []
    submission.observe(lambda change: stages.append(change["new"]), "stage")
    submission.start(portal, REQUEST)
    assert stages == [Stage.SUBMITTING, Stage.PROCESSING, Stage.DOWNLOADING, Stage.LOADING, Stage.FINISHED]
    rows = portal.feature_service(USA).layer(1).count("POPULATION > 100000")
    assert len(submission.result.frames["Cities"]) == rows
    assert submission.loaded == (("Cities", rows),)


def test_rows_that_are_missing_are_told_where_it_says_that_the_export_is_done(local_portal, submission, portal):
    local_portal.fault("count_drift", 1, path="/1/query")
    try:
        submission.start(portal, REQUEST)
    finally:
        local_portal.clear_faults()
    assert submission.stage is Stage.FINISHED
    ((_, rows),) = submission.loaded
    assert submission.differences == (f"Cities: the portal counted {rows + 1:,} rows but {rows:,} arrived.",)
    assert submission.differences[0] in submission.summary


def test_the_exported_item_is_deleted_if_so_wished(submission, portal):
    submission.start(portal, REQUEST)
    assert submission.item_deleted
    with pytest.raises(ItemNotFoundError):
        portal.item(submission.job.export_item_id)


def test_the_exported_item_is_kept_if_so_wished(submission, portal):
    submission.delete_after = False
    submission.start(portal, REQUEST)
    assert portal.item(submission.job.export_item_id).type == "Shapefile"
    assert "stays in the portal" in submission.summary
    submission.result.delete()


def test_a_second_export_begins_with_nothing_left_of_the_first(submission, portal):
    submission.start(portal, REQUEST)
    left = {"job", "result", "loaded", "received_bytes", "portal_status", "item_made", "item_deleted", "route"}
    assert all(getattr(submission, name) for name in left)
    seen = {}
    submission.observe(lambda _: seen.update({name: getattr(submission, name) for name in left}), "stage")
    submission.start(portal, ExportRequest(USA, "Shapefile", layers=[99]))
    assert not any(seen.values()), seen
    assert len(submission.history.exports) == 1


def test_a_failure_is_told_and_the_form_is_free_again(submission, portal):
    submission.start(portal, ExportRequest(USA, "Shapefile", layers=[99]))
    assert submission.stage is Stage.FAILED
    assert "99" in submission.error
    submission.start(portal, REQUEST)
    assert submission.stage is Stage.FINISHED
    assert submission.error == ""


def test_a_mistake_of_ours_is_told_as_one_and_frees_the_form(submission):
    submission.start(object(), REQUEST)
    assert submission.stage is Stage.FAILED
    assert submission.error.startswith("Unexpected AttributeError")


def test_a_second_export_waits_for_the_first(steps, portal):
    submission = Submission(steps)
    submission.start(portal, REQUEST)
    submission.start(portal, REQUEST)
    assert len(steps.asked) == 1


def test_the_clock_stops_with_the_export(steps, portal):
    submission = Submission(steps)
    submission.start(portal, REQUEST)
    assert len(steps.clocks) == 1
    steps.answer()
    assert steps.clocks == []
    assert submission.elapsed_s > 0


def test_cancelling_ends_the_export_and_deletes_the_unfinished_item(portal):
    async def scene():
        submission = Submission(ThreadRunner(asyncio.get_running_loop()))
        submission.observe(lambda _: submission.cancel(), "job")
        submission.start(portal, REQUEST)
        with pytest.raises(ExportCancelledError):
            await submission.finished()
        return submission

    submission = asyncio.run(scene())
    assert submission.stage is Stage.CANCELLED
    assert submission.error == ""
    with pytest.raises(ItemNotFoundError):
        portal.item(submission.job.export_item_id)


@pytest.mark.parametrize(
    ("kind", "path"),
    [("rate_limit", "/export"), ("rate_limit", "/query"), ("too_many_requests", "/query")],
    ids=["asked to wait in starting", "asked to wait in counting", "asked to wait by a header"],
)
def test_cancelling_does_not_wait_for_a_server_that_makes_one_wait(local_portal, portal, kind, path):
    async def scene():
        loop = asyncio.get_running_loop()
        submission = Submission(ThreadRunner(loop))
        submission.start(portal, REQUEST)
        loop.call_later(1.0, submission.cancel)
        with pytest.raises(ExportCancelledError):
            await asyncio.wait_for(submission.finished(), timeout=60)
        return submission

    local_portal.fault(kind, 60, path=path)
    try:
        submission = asyncio.run(scene())
    finally:
        local_portal.clear_faults()
    assert submission.stage is Stage.CANCELLED
    assert submission.error == ""


def test_finished_waits_for_the_result_while_the_loop_stays_free(portal):
    async def scene():
        submission = Submission(ThreadRunner(asyncio.get_running_loop()))
        submission.start(portal, REQUEST)
        assert submission.stage is Stage.SUBMITTING
        return await submission.finished()

    assert asyncio.run(scene()).frames["Cities"].crs is not None


def test_finished_gives_nothing_before_any_export(submission):
    assert asyncio.run(submission.finished()) is None


def test_finished_raises_what_went_wrong(submission, portal):
    submission.start(portal, ExportRequest(USA, "Shapefile", layers=[99]))
    with pytest.raises(ValueError, match="99"):
        asyncio.run(submission.finished())


def test_pieces_of_a_download_are_shown_no_faster_than_one_can_see(submission, tmp_path):
    seen = []
    submission.observe(lambda change: seen.append(change["new"]), "received_bytes")
    for received in range(1000):
        submission._throttled(ChunkReceived(received, 2000))
    submission._throttled(DownloadFinished(tmp_path / "x.zip", 2000))
    assert len(seen) < 100
    assert seen[-1] == 2000
