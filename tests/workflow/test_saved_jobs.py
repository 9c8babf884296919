"""Exports under way are saved to files, so that the next kernel can resume them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from arcgis_export_widgets import ExportJob, ExportRequest, LocalPortal, Portal
from arcgis_export_widgets.command_line.saved_job import save
from arcgis_export_widgets.errors import (
    ExportCancelledError,
    ExportFailedError,
    ExportTimeoutError,
    ItemNotFoundError,
    RequestError,
)
from arcgis_export_widgets.workflow import SavedJobs

USA = "345313e619df46f387f9ededbe15ac56"
PASSWORD = "learn-arcgis"


@pytest.fixture
def saved_jobs(tmp_path):
    return SavedJobs(tmp_path / "jobs")


@pytest.fixture
def job(portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1], title="Cities to come back to"))
    yield job
    job.wait(on_event=lambda _: None).delete()


def left_behind(saved_jobs, portal, job):
    """What a process that was killed while it waited leaves in the folder."""
    with saved_jobs.waiting_for(job):
        (path,) = saved_jobs.folder.glob("*.json")
        document = json.loads(path.read_text())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    document["waiting"]["pid"] = gone.pid
    path.write_text(json.dumps(document))
    (found,) = saved_jobs.of(portal)
    return found


def test_a_job_whose_process_is_gone_is_found_and_goes_on(saved_jobs, portal, job):
    found = left_behind(saved_jobs, portal, job)
    assert found.request.title == "Cities to come back to"
    again = portal.reattach(found.handle)
    assert len(again.wait(on_event=lambda _: None).load()["Cities"]) == 7555


def test_a_job_that_is_waited_for_is_not_offered_to_others(saved_jobs, portal, job):
    with saved_jobs.waiting_for(job):
        assert saved_jobs.of(portal) == ()
        assert len(list(saved_jobs.folder.iterdir())) == 1


def test_a_process_number_that_was_given_out_anew_does_not_hide_a_job(saved_jobs, portal, job):
    found = left_behind(saved_jobs, portal, job)
    document = json.loads(found.path.read_text())
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    document["waiting"] = {"pid": parent.pid, "processStartedAt": time.time() - 3600}
    found.path.write_text(json.dumps(document))
    assert len(saved_jobs.of(portal)) == 1
    parent.communicate(b"\n")


@pytest.mark.parametrize("error", [ExportTimeoutError("late"), ItemNotFoundError("away")])
def test_what_could_not_be_waited_for_is_offered_again(saved_jobs, portal, job, error):
    with pytest.raises(type(error)), saved_jobs.waiting_for(job):
        raise error
    assert [found.request.title for found in saved_jobs.of(portal)] == ["Cities to come back to"]


@pytest.mark.parametrize("error", [ExportFailedError("no"), ExportCancelledError("stop")])
def test_what_failed_or_was_cancelled_is_forgotten(saved_jobs, job, error):
    with pytest.raises(type(error)), saved_jobs.waiting_for(job):
        raise error
    assert list(saved_jobs.folder.iterdir()) == []


def test_what_arrived_is_forgotten(saved_jobs, job):
    with saved_jobs.waiting_for(job):
        assert len(list(saved_jobs.folder.iterdir())) == 1
    assert list(saved_jobs.folder.iterdir()) == []


def test_another_user_and_another_portal_see_nothing_of_it(saved_jobs, portal, job, local_portal):
    left_behind(saved_jobs, portal, job)
    assert saved_jobs.of(Portal(local_portal.url, username="colleague", password=PASSWORD)) == ()
    with LocalPortal() as other:
        assert saved_jobs.of(Portal(other.url, username="student", password=PASSWORD)) == ()


def test_discarding_deletes_the_item(saved_jobs, portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1]))
    found = left_behind(saved_jobs, portal, job)
    saved_jobs.discard(portal, found)
    assert saved_jobs.of(portal) == ()
    with pytest.raises(ItemNotFoundError):
        portal.item(job.export_item_id)


def test_discarding_what_is_gone_already_is_no_error(saved_jobs, portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1]))
    found = left_behind(saved_jobs, portal, job)
    job.wait(on_event=lambda _: None).delete()
    saved_jobs.discard(portal, found)
    assert saved_jobs.of(portal) == ()


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"handle": {"request": {"itemId": 5}}}'])
def test_damaged_files_are_passed_over(saved_jobs, portal, job, damage):
    left_behind(saved_jobs, portal, job)
    (saved_jobs.folder / "damaged.json").write_text(damage)
    assert len(saved_jobs.of(portal)) == 1


def test_a_saved_job_that_could_not_be_resumed_is_not_offered(saved_jobs, portal, job):
    found = left_behind(saved_jobs, portal, job)
    document = json.loads(found.path.read_text())
    del document["handle"]["jobId"]
    found.path.write_text(json.dumps(document))
    assert saved_jobs.of(portal) == ()


def test_files_of_long_ago_are_deleted(saved_jobs, portal, job):
    found = left_behind(saved_jobs, portal, job)
    document = json.loads(found.path.read_text())
    document["handle"]["startedAt"] -= 15 * 86_400
    found.path.write_text(json.dumps(document))
    assert saved_jobs.of(portal) == ()
    assert not found.path.exists()


def test_the_files_hold_no_secret_and_are_the_users_own(saved_jobs, portal, job):
    found = left_behind(saved_jobs, portal, job)
    text = found.path.read_text()
    assert PASSWORD not in text
    assert portal.session.auth.token(None) not in text
    assert saved_jobs.folder.stat().st_mode & 0o077 == 0


def test_an_id_that_leads_out_of_the_folder_stays_in_it(saved_jobs, job, tmp_path):
    hostile = ExportJob(job.checked, replace(job.export, export_item_id="../../outside"))
    with saved_jobs.waiting_for(hostile):
        (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
        assert written.parent == saved_jobs.folder
    paths = [save(hostile, saved_jobs.folder) for _ in range(2)]
    assert {path.parent for path in paths} == {saved_jobs.folder}
    assert len(set(paths)) == 2


def test_a_folder_that_cannot_be_written_stops_no_export(tmp_path, portal, job, caplog):
    (tmp_path / "file").write_text("")
    saved_jobs = SavedJobs(tmp_path / "file" / "jobs")
    with saved_jobs.waiting_for(job):
        pass
    assert "will not find export" in caplog.text
    assert saved_jobs.of(portal) == ()


def test_a_saved_job_that_names_an_item_which_is_no_exported_file_is_refused(portal, job):
    forged = json.loads(json.dumps(job.handle)) | {"exportItemId": USA}  # it would be deleted once it was "fetched"
    with pytest.raises(RequestError, match="not an exported CSV"):
        portal.reattach(forged)
    assert portal.item(USA).id == USA


KILLED = """
import os, sys
import arcgis_export_widgets as aew
from arcgis_export_widgets.events import ChunkReceived
from arcgis_export_widgets.portal.items.download import download

def die(event):
    if isinstance(event, ChunkReceived):
        os.kill(os.getpid(), 9)

portal = aew.Portal(sys.argv[1], username="student", password="learn-arcgis")
job = portal.export(aew.ExportRequest(sys.argv[2], "CSV", layers=[1]))
job.save(sys.argv[3] + "/job.json")
job.wait(on_event=lambda event: None).download(sys.argv[3], on_event=die)
"""


def test_a_kernel_killed_during_a_download_leaves_no_half_file_under_its_name_and_a_job_to_resume(portal, tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, portal.url, USA, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".json", ".part"]
    result = portal.reattach(tmp_path / "job.json").wait(on_event=lambda _: None)
    result.load(folder=tmp_path, on_event=lambda _: None).receipt.assert_complete()
    assert result.path.suffix == ".csv"
    result.delete()
