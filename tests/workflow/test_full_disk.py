"""A disk on which nothing more can be written: errors of this package, and nothing is lost."""

import contextlib
import threading

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors
from arcgis_export_widgets.events import DownloadFinished, ignore

resource = pytest.importorskip("resource", reason="Windows has no limits for the size of files")

CITIES = "345313e619df46f387f9ededbe15ac56"
REQUEST = aew.ExportRequest(CITIES, "geoPackage", [1])


@contextlib.contextmanager
def full_disk(limit_bytes):
    """No file can grow beyond this size, which is as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def items_of(portal):
    return {item["id"] for item in portal.session.ask("content/users/student", {"num": 100})["items"]}


@pytest.fixture
def exported(portal, tmp_path):
    """An exported file of some hundred kilobytes."""
    result = aew.run_export(portal, REQUEST, route="export", folder=tmp_path / "before")
    return result.path


def test_a_download_without_room_is_an_error_with_the_handle_and_no_file(portal, tmp_path):
    before = items_of(portal)
    with full_disk(50_000), pytest.raises(errors.DownloadError, match="Free some space") as caught:
        aew.run_export(portal, REQUEST, route="export", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert items_of(portal) - before == {caught.value.handle["exportItemId"]}
    frames = portal.reattach(caught.value.handle).wait(on_event=ignore).load(on_event=ignore)
    frames.receipt.assert_complete()


def test_features_fetched_page_by_page_without_room_are_an_error_and_no_file(portal, tmp_path):
    with full_disk(50_000), pytest.raises(errors.DownloadError):
        aew.run_export(portal, REQUEST, route="query", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "convert", [aew.to_parquet, lambda path, to: aew.load(path, npartitions=2, partitions_folder=to)]
)
def test_parquet_without_room_is_an_error_and_no_file(exported, tmp_path, convert):
    pytest.importorskip("pyarrow")
    pytest.importorskip("dask_geopandas")
    with full_disk(20_000), pytest.raises(errors.LoadError, match="Free some space"):
        convert(exported, tmp_path / "parquet")
    assert list((tmp_path / "parquet").iterdir()) == []


def test_a_zip_without_room_to_unpack_is_an_error(portal, tmp_path):
    path = aew.run_export(portal, aew.ExportRequest(CITIES, "Shapefile", [1]), folder=tmp_path).path
    with full_disk(20_000), pytest.raises(errors.LoadError, match="cannot be unpacked"):
        aew.load(path)


def test_a_saved_job_without_room_stays_what_it_was(portal, tmp_path):
    job = portal.export(REQUEST)
    path = job.save(tmp_path / "job.json")
    saved = path.read_bytes()
    with full_disk(100), pytest.raises(errors.ExportError, match="Free some space") as caught:
        job.save(path)
    assert path.read_bytes() == saved
    assert [file.name for file in tmp_path.iterdir()] == ["job.json"]
    assert caught.value.handle == job.handle
    portal.reattach(path).wait(on_event=ignore).delete()


def test_a_saved_job_is_put_in_the_place_of_the_one_before_in_one_step(portal, tmp_path):
    job = portal.export(REQUEST)
    path = job.save(tmp_path / "job.json")
    (tmp_path / "same").hardlink_to(path)
    job.started_s += 1
    job.save(path)
    assert (tmp_path / "same").read_bytes() != path.read_bytes()  # nothing was written into the file itself
    job.wait(on_event=ignore).delete()


@pytest.mark.parametrize("folder", ["/proc/nowhere", "file/inside", "a\0b", "~nobody-at-all/x", "a" * 300])
def test_a_folder_that_cannot_be_written_to_is_an_error_before_anything_starts(portal, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    before = items_of(portal)
    with pytest.raises(errors.RequestError):
        aew.run_export(portal, REQUEST, route="export", folder=folder)
    assert items_of(portal) == before


def test_a_cancelled_save_of_pages_leaves_no_file(portal, tmp_path):
    cancel = threading.Event()
    result = portal.plan(REQUEST, "query").start().wait(on_event=ignore)
    cancel.set()
    finished = []
    with pytest.raises(errors.ExportCancelledError):
        result.download(tmp_path, cancel=cancel, on_event=lambda e: finished.append(isinstance(e, DownloadFinished)))
    assert list(tmp_path.iterdir()) == []
    assert not any(finished)
