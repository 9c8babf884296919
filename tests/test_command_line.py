"""The same export without a notebook."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets.__main__ import main

CITIES = "345313e619df46f387f9ededbe15ac56"
REQUEST = {
    "itemId": CITIES,
    "exportFormat": "Shapefile",
    "exportParameters": {"layers": [{"id": 1, "where": "POPULATION > 100000"}]},
}


@pytest.fixture
def signed_in(local_portal, monkeypatch):
    def as_user(username):
        for name, value in {"HOST": local_portal.url, "USER": username, "PASSWORD": "learn-arcgis"}.items():
            monkeypatch.setenv(f"ARCGIS_{name}", value)

    as_user("student")
    return as_user


@pytest.fixture
def request_file(tmp_path):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    return path


@pytest.mark.usefixtures("signed_in")
def test_a_saved_request_becomes_a_file_and_a_receipt(request_file, tmp_path, capsys):
    assert main(["run", str(request_file), "--out", str(tmp_path / "data")]) == 0
    said = capsys.readouterr()
    file, receipt_file, verdict = said.out.splitlines()
    assert verdict == "Complete: all 356 rows the portal counted arrived."
    assert len(aew.load(file)["Cities"]) == 356
    receipt = json.loads(Path(receipt_file).read_text())
    assert (receipt["route"], receipt["receipt"]["complete"]) == ("export", True)
    assert receipt["receipt"]["layers"][0]["counted"] == 356
    assert aew.ExportRequest.from_json(receipt["request"]).layers[0].where == "POPULATION > 100000"
    assert "Cities: 356 rows loaded" in said.err
    assert "learn-arcgis" not in said.out + said.err + Path(receipt_file).read_text()


def test_who_may_not_export_gets_a_geopackage_page_by_page(signed_in, request_file, tmp_path, capsys):
    signed_in("visitor")
    assert main(["run", str(request_file), "--out", str(tmp_path), "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].endswith(".gpkg")
    assert said.err == ""


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"exportFormat": "Parquet"}, 2, "Parquet"),
        ({"itemId": "0" * 32}, 1, "does not exist"),
        ({"exportParameters": {"layers": [{"id": 1, "where": "POPULATON > 1"}]}}, 2, "POPULATION"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence_with_its_status(request_file, tmp_path, capsys, change, status, words):
    request_file.write_text(json.dumps(REQUEST | change))
    assert main(["run", str(request_file), "--out", str(tmp_path)]) == status
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("signed_in")
def test_missing_rows_have_a_status_of_their_own(local_portal, request_file, tmp_path, capsys):
    local_portal.fault("count_drift", 1, path="/1/query")
    try:
        assert main(["run", str(request_file), "--out", str(tmp_path), "--quiet"]) == 3
    finally:
        local_portal.clear_faults()
    assert "NOT COMPLETE" in capsys.readouterr().out


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("name", ["gone.json", "."])
def test_a_request_that_cannot_be_read_is_named(tmp_path, capsys, name):
    assert main(["run", str(tmp_path / name)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_without_credentials_it_says_what_to_set(local_portal, request_file, capsys):
    assert main(["run", str(request_file), "--portal", local_portal.url]) == 2
    assert "Set ARCGIS_USER and ARCGIS_PASSWORD" in capsys.readouterr().err


def titles_of(portal):
    return sorted(item["title"] for item in portal.session.ask("content/users/student", {"num": 100})["items"])


@pytest.mark.usefixtures("signed_in")
def test_an_interrupted_export_leaves_no_item_behind(local_portal, portal, request_file, tmp_path):
    before = titles_of(portal)
    local_portal.fault("job_stuck", times=1)
    options = ["--out", str(tmp_path), "--timeout", "60"]
    command = [sys.executable, "-m", "arcgis_export_widgets", "run", str(request_file), *options]
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stderr=subprocess.PIPE, text=True
    ) as run:
        for line in run.stderr:
            if line.startswith("processing"):
                run.send_signal(signal.SIGTERM)
                break
        said = run.stderr.read()
    local_portal.clear_faults()
    assert run.returncode == 130
    assert "its unfinished item deleted" in said
    assert titles_of(portal) == before


def test_its_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    text = capsys.readouterr().out
    for word in ("ARCGIS_API_KEY", "exit status", '"itemId"', "--sample"):
        assert word in text
