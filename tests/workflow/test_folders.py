"""Where files go: the folder somebody means, seen to before anything is started."""

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors, events
from arcgis_export_widgets.__main__ import main
from arcgis_export_widgets.request.python_code import python_code

CITIES = "345313e619df46f387f9ededbe15ac56"
BORDERS = aew.ExportRequest(CITIES, "CSV", [2], title="Borders")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.mark.parametrize("route", ["export", "query"])
def test_a_tilde_is_the_home_folder(portal, home, route):
    result = aew.run_export(portal, BORDERS, route=route, folder="~/data")
    assert result.path.parent == home / "data"
    result.frames.receipt.assert_complete()
    assert not list((home.parent / "here").iterdir())


def test_a_job_is_saved_and_resumed_in_the_home_folder(portal, home):
    job = portal.export(BORDERS)
    assert job.save("~/job.json") == home / "job.json"
    portal.reattach("~/job.json").wait().delete()


def test_a_tilde_that_the_shell_left_is_the_home_folder(home):
    (home / "request.json").write_text('{"itemId": "' + CITIES + '", "exportFormat": "CSV"}')
    assert main(["run", "~/request.json", "--out=~/data", "--sample", "--quiet"]) == 0
    assert list((home / "data").glob("*.zip"))
    assert not list((home.parent / "here").iterdir())


@pytest.mark.parametrize("route", ["export", "query"])
def test_what_is_no_folder_is_refused_before_anything_is_started(portal, tmp_path, route):
    (tmp_path / "a.py").touch()
    seen = []
    with pytest.raises(errors.RequestError, match=r"a\.py is a file\. Give a folder; it need not exist\."):
        aew.run_export(portal, BORDERS, route=route, folder=tmp_path / "a.py", on_event=seen.append)
    assert not any(isinstance(event, events.ExportSubmitted | events.PageReceived) for event in seen)
    with pytest.raises(errors.RequestError, match=r"No file can be written to .*below \(Not a directory\)"):
        aew.run_export(portal, BORDERS, route=route, folder=tmp_path / "a.py" / "below", on_event=seen.append)
    assert seen == []


def test_a_download_into_what_is_no_folder_is_refused_and_can_be_done_again(portal, tmp_path):
    (tmp_path / "a.py").touch()
    result = portal.export(BORDERS).wait()
    with pytest.raises(errors.RequestError, match="is a file"):
        result.download(tmp_path / "a.py")
    assert result.download(tmp_path / "data").is_file()
    result.delete()


@pytest.mark.parametrize("route", ["export", "query"])
def test_the_code_the_form_shows_leaves_the_file(tmp_path, monkeypatch, route):
    monkeypatch.chdir(tmp_path)
    code = python_code(BORDERS, portal_url=None, is_sample=True, route=route)
    names = {}
    exec(compile(code, "code", "exec"), names)
    del names["result"], names["job"]  # with which a temporary folder would go
    assert len(aew.load(tmp_path / "data").only) == 107


def test_a_request_that_is_refused_leaves_no_folder_behind(portal, tmp_path):
    with pytest.raises(errors.WhereError):
        aew.run_export(
            portal, aew.ExportRequest(CITIES, "CSV", [aew.ExportLayer(1, "NOPE = 1")]), folder=tmp_path / "d"
        )
    assert not (tmp_path / "d").exists()
