"""Export jobs whose item goes away while its file is being written."""

import threading
from types import SimpleNamespace

import pytest

from arcgis_export_widgets.localportal.export_jobs import ExportJobs
from arcgis_export_widgets.localportal.identifiers import new_id
from arcgis_export_widgets.localportal.item import Item


class SlowFormat:
    """Writes a file in two steps and waits between them until it is told to go on."""

    holds_lock = False

    def __init__(self):
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()
        self.folder = None

    def write(self, _layers, folder, base):
        self.folder = folder
        (folder / "contents").mkdir()
        self.has_begun.set()
        assert self.may_go_on.wait(10)
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
    assert slow.has_begun.wait(10)
    jobs.forget(item)
    slow.may_go_on.set()
    jobs.close(wait=True)
    assert job.finished.is_set()
    assert not slow.folder.exists()
    assert caplog.records == []
