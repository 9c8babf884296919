"""A portal that answers one byte at a time: cancelling and deadlines end every wait, and nothing is left."""

import threading

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors, events
from arcgis_export_widgets.workflow import finish

CITIES = "345313e619df46f387f9ededbe15ac56"
HOUR = 3600


@pytest.fixture
def drip(local_portal):
    """Makes the portal take an hour for each answer of an operation."""
    yield lambda path: local_portal.fault("drip", HOUR, path=path)
    local_portal.clear_faults()


def items_of(portal):
    return {item["id"] for item in portal.session.ask("content/users/student", {"num": 100})["items"]}


@pytest.mark.parametrize(("route", "path"), [("export", "/status"), ("replica", "/jobs/"), ("query", "/query")])
def test_a_deadline_comes_in_time(portal, drip, route, path):
    job = portal.plan(aew.ExportRequest(QUAKES if route == "replica" else CITIES, "CSV", [1]), route).start()
    drip(path)
    with pytest.raises(errors.ExportTimeoutError) as late:
        job.wait(timeout_s=0.5, on_event=events.ignore)
    assert late.value.handle == job.handle


QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"


@pytest.mark.parametrize(
    ("route", "path"), [("export", "/status"), ("export", "/data"), ("replica", "/jobs/"), ("query", "/query")]
)
def test_cancelling_ends_the_wait_and_leaves_nothing(portal, local_portal, drip, tmp_path, route, path):
    before, cancel = items_of(portal), threading.Event()
    request = aew.ExportRequest(QUAKES if route == "replica" else CITIES, "CSV", [1])
    job = portal.plan(request, route).start()
    drip(path)
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(errors.ExportCancelledError):
        finish(job.wait(on_event=events.ignore, cancel=cancel), folder=tmp_path, cancel=cancel)
    local_portal.clear_faults()
    assert items_of(portal) == before
    assert list(tmp_path.iterdir()) == []
