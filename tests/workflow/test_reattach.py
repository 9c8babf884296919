"""Resuming a job after the kernel was restarted."""

import json

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors

CITIES = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def request_of_cities():
    return aew.ExportRequest(CITIES, "CSV", [aew.ExportLayer(1, where="POPULATION > 100000")])


def test_another_session_waits_for_the_job_and_compares_with_the_first_count(
    local_portal, portal, request_of_cities, tmp_path
):
    path = portal.export(request_of_cities).save(tmp_path / "job.json")
    with aew.Portal(local_portal.url, username="student", password="learn-arcgis") as later:
        result = later.reattach(path).wait()
        frames = result.load()
        result.delete()
    assert len(frames["Cities"]) == 356
    frames.receipt.assert_complete()
    assert frames.receipt.layers[0].extent_fits


def test_an_export_whose_deadline_passed_is_resumed_by_what_the_error_holds(local_portal, portal, request_of_cities):
    local_portal.fault("job_slow", 1, times=1)
    with pytest.raises(errors.ExportTimeoutError) as caught:
        aew.run_export(portal, request_of_cities, timeout_s=0.1)
    result = portal.reattach(json.loads(json.dumps(caught.value.handle))).wait()
    assert len(result.load()["Cities"]) == 356
    result.delete()


def test_a_handle_is_plain_json_without_a_secret(portal, request_of_cities):
    job = portal.export(request_of_cities)
    text = json.dumps(job.handle)
    assert portal.session.auth.token(portal.session) not in text
    assert "learn-arcgis" not in text
    job.wait().delete()


def test_a_job_whose_item_is_gone_raises_an_error(portal, request_of_cities):
    job = portal.export(request_of_cities)
    handle = job.handle
    job.wait().delete()
    with pytest.raises(errors.PortalError, match="does not exist or is inaccessible"):
        portal.reattach(handle).wait()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: {}, "not a saved job"),
        (lambda handle: handle | {"handleVersion": 99}, "not a saved job"),
        (lambda handle: {key: value for key, value in handle.items() if key != "jobId"}, "lacks jobId"),
        (lambda handle: handle | {"portal": "https://elsewhere.example.com"}, "Open that portal"),
        (lambda handle: handle | {"layers": []}, "other layers"),
        (lambda handle: handle | {"layers": [{}]}, "damaged"),
        (lambda handle: handle | {"layers": [handle["layers"][0] | {"extent": "here"}]}, "damaged"),
        (lambda handle: handle | {"layers": 1}, "damaged"),
        (lambda handle: handle | {"startedAt": "yesterday"}, "damaged"),
    ],
)
def test_a_damaged_handle_is_refused(portal, request_of_cities, change, words):
    job = portal.export(request_of_cities)
    with pytest.raises(errors.RequestError, match=words):
        portal.reattach(change(job.handle))
    job.wait().delete()


def test_a_file_without_a_handle_is_named_in_the_error(portal, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    for name in ("notes.txt", "gone.json"):
        with pytest.raises(errors.RequestError, match=name):
            portal.reattach(tmp_path / name)
