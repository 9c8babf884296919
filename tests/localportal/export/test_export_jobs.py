"""Export jobs: where they write, and items that go away while their file is being written."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import pytest
import shapely

from arcgis_export_widgets.localportal.content.accounts import new_id
from arcgis_export_widgets.localportal.content.item import Item
from arcgis_export_widgets.localportal.export.formats import FORMATS
from arcgis_export_widgets.localportal.export.jobs import ExportJobs
from arcgis_export_widgets.localportal.export.request import ExportRequest, LayerExport, select_layer
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer


class SlowFormat:
    """Writes a file in two steps and waits between them until it is told to go on."""

    lock_us = 0

    def __init__(self):
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()
        self.folder = None

    def write(self, _layers, folder, base):
        self.folder = folder
        (folder / "contents").mkdir()
        self.has_begun.set()
        assert self.may_go_on.wait(60)
        path = folder / "contents" / base
        path.write_text("data")
        return path


@pytest.fixture
def jobs(tmp_path):
    running = ExportJobs(tmp_path, least_duration_s=0)
    yield running
    running.close()


def test_an_item_deleted_while_its_file_is_written_leaves_no_file_and_no_complaint(jobs, caplog):
    slow = SlowFormat()
    item = Item(new_id(), "student", "Export", "CSV")
    job = jobs.start(item, SimpleNamespace(format=slow, layers=()))
    assert slow.has_begun.wait(60)
    jobs.forget(item)
    slow.may_go_on.set()
    jobs.close(wait=True)
    assert job.finished.is_set()
    assert not slow.folder.exists()
    assert caplog.records == []


def test_a_writer_whose_file_is_missing_fails_the_job(jobs, caplog):
    lost = SimpleNamespace(lock_us=0, write=lambda _layers, folder, base: folder / base)
    job = jobs.start(Item(new_id(), "student", "Export", "CSV"), SimpleNamespace(format=lost, layers=()))
    assert job.finished.wait(60)
    assert job.to_json()["status"] == "failed"
    assert "FileNotFoundError" in job.message
    assert "failed" in caplog.text


def request_for(export_format):
    lines = [shapely.LineString([(0, 0)] * 100), shapely.LineString([(0, 0), (1, 1)])]
    service = Service(
        "s", "0" * 32, [frame_to_layer(gpd.GeoDataFrame({"A": [1, 2]}, geometry=lines, crs=4326), 0, "L")]
    )
    return ExportRequest(service, export_format, (LayerExport(0),), None, False, "")


def test_a_large_export_is_written_in_another_process(jobs):
    def write_here(*_):
        raise AssertionError("written in this process")

    slow = replace(FORMATS["csv"], lock_us=1_000_000, write=write_here)
    job = jobs.start(Item(new_id(), "student", "Export", "CSV"), request_for(slow))
    assert job.finished.wait(60)
    assert (job.status, job.message) == ("completed", "")
    assert job.item.path.read_text("utf-8-sig").split() == ["OBJECTID,A", "1,1", "2,2"]


def test_the_size_of_a_layer_counts_features_and_vertices():
    request = request_for(FORMATS["csv"])
    assert select_layer(request, request.layers[0]).size == pytest.approx(2 + 102, abs=4)


def test_no_more_jobs_are_started_than_the_portal_keeps(tmp_path):
    slow = SlowFormat()
    running = ExportJobs(tmp_path, least_duration_s=0, limit=2)

    def start():
        return running.start(Item(new_id(), "student", "Export", "CSV"), SimpleNamespace(format=slow, layers=()))

    first, second = start(), start()
    with pytest.raises(ArcGISError, match="Too many export jobs"):
        start()
    slow.may_go_on.set()
    assert first.finished.wait(60)
    assert second.finished.wait(60)
    assert start().finished.wait(60)
    running.close(wait=True)
