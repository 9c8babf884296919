"""Exports under way are written down, so that the next kernel can go on with them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from arcgis_export_widgets import ExportJob, ExportRequest, LocalPortal, Portal
from arcgis_export_widgets.command_line.handle import save
from arcgis_export_widgets.errors import ExportCancelledError, ExportFailedError, ExportTimeoutError, ItemNotFoundError
from arcgis_export_widgets.workflow import KeptJobs

USA = "345313e619df46f387f9ededbe15ac56"
PASSWORD = "learn-arcgis"


@pytest.fixture
def kept(tmp_path):
    return KeptJobs(tmp_path / "jobs")


@pytest.fixture
def job(portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1], title="Cities to come back to"))
    yield job
    job.wait(on_event=lambda _: None).delete()


def left_behind(kept, portal, job):
    """What a process that was killed while it waited leaves in the folder."""
    with kept.waiting_for(job):
        (path,) = kept.folder.glob("*.json")
        document = json.loads(path.read_text())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    document["waiting"]["pid"] = gone.pid
    path.write_text(json.dumps(document))
    (found,) = kept.of(portal)
    return found


def test_a_job_whose_process_is_gone_is_found_and_goes_on(kept, portal, job):
    found = left_behind(kept, portal, job)
    assert found.request.title == "Cities to come back to"
    again = portal.reattach(found.handle)
    assert len(again.wait(on_event=lambda _: None).load()["Cities"]) == 7555


def test_a_job_that_is_waited_for_is_not_offered_to_others(kept, portal, job):
    with kept.waiting_for(job):
        assert kept.of(portal) == ()
        assert len(list(kept.folder.iterdir())) == 1


def test_a_process_number_that_was_given_out_anew_does_not_hide_a_job(kept, portal, job):
    found = left_behind(kept, portal, job)
    document = json.loads(found.path.read_text())
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    document["waiting"] = {"pid": parent.pid, "processStartedAt": time.time() - 3600}
    found.path.write_text(json.dumps(document))
    assert len(kept.of(portal)) == 1
    parent.communicate(b"\n")


@pytest.mark.parametrize("error", [ExportTimeoutError("late"), ItemNotFoundError("away")])
def test_what_could_not_be_waited_for_is_offered_again(kept, portal, job, error):
    with pytest.raises(type(error)), kept.waiting_for(job):
        raise error
    assert [found.request.title for found in kept.of(portal)] == ["Cities to come back to"]


@pytest.mark.parametrize("error", [ExportFailedError("no"), ExportCancelledError("stop")])
def test_what_failed_or_was_cancelled_is_forgotten(kept, job, error):
    with pytest.raises(type(error)), kept.waiting_for(job):
        raise error
    assert list(kept.folder.iterdir()) == []


def test_what_arrived_is_forgotten(kept, job):
    with kept.waiting_for(job):
        assert len(list(kept.folder.iterdir())) == 1
    assert list(kept.folder.iterdir()) == []


def test_another_user_and_another_portal_see_nothing_of_it(kept, portal, job, local_portal):
    left_behind(kept, portal, job)
    assert kept.of(Portal(local_portal.url, username="colleague", password=PASSWORD)) == ()
    with LocalPortal() as other:
        assert kept.of(Portal(other.url, username="student", password=PASSWORD)) == ()


def test_giving_up_deletes_the_item(kept, portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1]))
    found = left_behind(kept, portal, job)
    kept.give_up(portal, found)
    assert kept.of(portal) == ()
    with pytest.raises(ItemNotFoundError):
        portal.item(job.export_item_id)


def test_giving_up_what_is_gone_already_is_no_error(kept, portal):
    job = portal.export(ExportRequest(USA, "CSV", layers=[1]))
    found = left_behind(kept, portal, job)
    job.wait(on_event=lambda _: None).delete()
    kept.give_up(portal, found)
    assert kept.of(portal) == ()


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"handle": {"request": {"itemId": 5}}}'])
def test_damaged_files_are_passed_over(kept, portal, job, damage):
    left_behind(kept, portal, job)
    (kept.folder / "damaged.json").write_text(damage)
    assert len(kept.of(portal)) == 1


def test_files_of_long_ago_are_taken_away(kept, portal, job):
    found = left_behind(kept, portal, job)
    document = json.loads(found.path.read_text())
    document["handle"]["startedAt"] -= 15 * 86_400
    found.path.write_text(json.dumps(document))
    assert kept.of(portal) == ()
    assert not found.path.exists()


def test_the_files_hold_no_secret_and_are_the_users_own(kept, portal, job):
    found = left_behind(kept, portal, job)
    text = found.path.read_text()
    assert PASSWORD not in text
    assert portal.session.auth._token not in text
    assert kept.folder.stat().st_mode & 0o077 == 0


def test_an_id_that_leads_out_of_the_folder_stays_in_it(kept, job, tmp_path):
    hostile = ExportJob(job.order, replace(job.export, export_item_id="../../outside"))
    with kept.waiting_for(hostile):
        (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
        assert written.parent == kept.folder
    saved = [save(hostile, kept.folder) for _ in range(2)]
    assert {path.parent for path in saved} == {kept.folder}
    assert len(set(saved)) == 2


def test_a_folder_that_cannot_be_written_stops_no_export(tmp_path, portal, job, caplog):
    (tmp_path / "file").write_text("")
    kept = KeptJobs(tmp_path / "file" / "jobs")
    with kept.waiting_for(job):
        pass
    assert "will not find export" in caplog.text
    assert kept.of(portal) == ()
