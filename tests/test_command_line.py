"""The same export without a notebook."""

import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets.__main__ import main

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
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
@pytest.mark.parametrize("text", ["{", json.dumps({"item": CITIES}), json.dumps({"itemId": CITIES})])
def test_an_invalid_request_is_reported_with_its_file(request_file, capsys, text):
    request_file.write_text(text)
    assert main(["run", str(request_file)]) == 2
    assert capsys.readouterr().err.startswith(f"{request_file}: The saved request ")


def test_open_routes_are_named_as_command_line_options(signed_in, request_file, tmp_path, capsys):
    signed_in("visitor")
    assert main(["run", str(request_file), "--out", str(tmp_path), "--route", "export"]) == 1
    assert "Open to you: --route query." in capsys.readouterr().err


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


def started(request_file, *options):
    """The command in a process of its own, once the portal works on its job."""
    command = [sys.executable, "-m", "arcgis_export_widgets", "run", str(request_file), *options]
    run = subprocess.Popen(command, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stderr=subprocess.PIPE, text=True)
    assert any(line.startswith("processing") for line in run.stderr)
    return run


@pytest.fixture
def fault(local_portal):
    yield local_portal.fault
    local_portal.clear_faults()


@pytest.mark.usefixtures("signed_in")
def test_an_interrupted_export_leaves_no_item_behind_and_no_saved_job(fault, portal, request_file, tmp_path):
    before = titles_of(portal)
    fault("job_stuck", times=1)
    with started(request_file, "--out", str(tmp_path / "data"), "--timeout", "60") as run:
        assert list((tmp_path / "data").glob("*.job.json"))
        run.send_signal(signal.SIGTERM)
        said = run.stderr.read()
    assert run.returncode == 130
    assert "its unfinished item deleted" in said
    assert titles_of(portal) == before
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.usefixtures("signed_in")
def test_an_export_whose_deadline_passed_is_resumed_by_the_command_it_prints(
    fault, portal, request_file, tmp_path, capsys
):
    before = titles_of(portal)
    out = tmp_path / "a folder"
    fault("job_slow", 5, times=1)
    assert main(["run", str(request_file), "--out", str(out), "--timeout", "0.1", "--quiet"]) == 4
    said = capsys.readouterr()
    handle = Path(said.out.strip())
    assert list(out.iterdir()) == [handle]
    sentence, command = said.err.splitlines()
    assert sentence == "The export was not ready after 0.1 s. The portal is still working on it; resume it with"
    assert main(["resume", str(handle), "--out", str(out), "--timeout", "0.1"]) == 4
    assert handle.exists()
    assert "learn-arcgis" not in handle.read_text() + said.err

    resumed = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    assert (resumed.returncode, resumed.stderr) == (0, "")  # as quiet as asked for
    file, receipt_file, verdict = resumed.stdout.splitlines()
    assert verdict == "Complete: all 356 rows the portal counted arrived."
    receipt = json.loads(Path(receipt_file).read_text())
    assert (receipt["route"], receipt["receipt"]["layers"][0]["counted"]) == ("export", 356)
    assert sorted(out.iterdir()) == sorted(map(Path, (file, f"{file}.layers.json", receipt_file)))
    assert titles_of(portal) == before


@pytest.mark.usefixtures("signed_in")
def test_an_export_whose_process_was_killed_can_be_resumed(fault, portal, request_file, tmp_path, capsys):
    before = titles_of(portal)
    fault("job_slow", 3, times=1)
    with started(request_file, "--out", str(tmp_path / "data")) as run:
        run.kill()
    (handle,) = (tmp_path / "data").iterdir()
    assert main(["resume", str(handle), "--out", str(tmp_path), "--quiet"]) == 0
    assert "all 356 rows" in capsys.readouterr().out
    assert titles_of(portal) == before
    assert not handle.exists()


@pytest.mark.usefixtures("signed_in")
def test_a_file_that_cannot_be_fetched_today_can_be_fetched_tomorrow(fault, request_file, tmp_path, capsys):
    fault("error_as_data", path="/data", times=3)
    assert main(["run", str(request_file), "--out", str(tmp_path), "--quiet"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("The portal sent an error instead of the file")
    assert "The export itself may still be in the portal; resume it with\n" in said.err
    assert main(["resume", said.out.strip(), "--out", str(tmp_path), "--quiet"]) == 0


@pytest.mark.usefixtures("signed_in")
def test_a_job_that_failed_leaves_no_saved_job(fault, request_file, tmp_path, capsys):
    fault("job_failed", "Disk full", times=1)
    assert main(["run", str(request_file), "--out", str(tmp_path / "data"), "--quiet"]) == 1
    said = capsys.readouterr()
    assert "Disk full" in said.err
    assert "resume it with" not in said.err
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.usefixtures("signed_in")
def test_saved_jobs_of_one_title_do_not_overwrite_each_other(fault, request_file, tmp_path, capsys):
    request_file.write_text(json.dumps(REQUEST | {"title": "Big / cities"}))
    handles = set()
    for _ in range(2):
        fault("job_slow", 1, times=1)
        assert main(["run", str(request_file), "--out", str(tmp_path), "--timeout", "0.1", "--quiet"]) == 4
        handles.add(Path(capsys.readouterr().out.strip()))
    assert len(handles) == 2
    assert all(handle.name.startswith("Big _ cities") and handle.parent == tmp_path for handle in handles)
    for handle in handles:
        assert main(["resume", str(handle), "--out", str(tmp_path), "--keep", "--quiet"]) == 0
        assert not handle.exists()


@pytest.mark.usefixtures("signed_in")
def test_pages_that_take_too_long_leave_nothing(request_file, tmp_path, capsys):
    options = ["--out", str(tmp_path / "data"), "--timeout", "0.00001", "--quiet"]
    assert main(["run", str(request_file), "--route", "query", *options]) == 4
    said = capsys.readouterr()
    assert "0 of 356 rows had arrived" in said.err
    assert "Nothing was saved, and nothing is left in the portal." in said.err
    assert (said.out, list((tmp_path / "data").iterdir())) == ("", [])


def test_a_copy_or_the_sample_that_takes_too_long_says_why_it_cannot_be_resumed(
    monkeypatch, request_file, tmp_path, capsys
):
    options = ["--out", str(tmp_path / "data"), "--timeout", "0.01", "--quiet"]
    assert main(["run", str(request_file), "--sample", *options]) == 4
    assert "the local portal has ended" in capsys.readouterr().err
    request_file.write_text(json.dumps({"itemId": QUAKES, "exportFormat": "CSV"}))
    with aew.LocalPortal(job_duration_s=60) as slow:
        monkeypatch.setenv("ARCGIS_USER", "student")
        monkeypatch.setenv("ARCGIS_PASSWORD", "learn-arcgis")
        assert main(["run", str(request_file), "--portal", slow.url, "--route", "replica", *options]) == 4
    said = capsys.readouterr()
    assert "cannot be resumed: run it with a longer --timeout, or with --route query" in said.err
    assert (said.out, list((tmp_path / "data").iterdir())) == ("", [])


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read as a saved job"),
        ("{}", "not a saved job"),
        ('{"handleVersion": 1, "portal": "https://elsewhere.example.com"}', "lacks contentUser"),
    ],
)
def test_a_file_that_is_not_a_saved_job_is_named_and_stays(tmp_path, capsys, text, words):
    path = tmp_path / "job.json"
    path.write_text(text)
    assert main(["resume", str(path), "--out", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err
    assert path.exists()


@pytest.fixture
def job_file(portal, tmp_path):
    path = portal.export(aew.ExportRequest(CITIES, "CSV", [2])).save(tmp_path / "job.json")
    yield path
    portal.reattach(path).wait().delete()


@pytest.mark.parametrize("named_by", ["--portal", "ARCGIS_HOST"])
def test_a_job_of_another_portal_sends_no_credentials_there_or_elsewhere(
    named_by, portal, job_file, monkeypatch, capsys
):
    monkeypatch.setenv("ARCGIS_USER", "student")
    monkeypatch.setenv("ARCGIS_PASSWORD", "learn-arcgis")
    asked = []
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as elsewhere:
        elsewhere.verify_request = lambda _, address: bool(asked.append(address))
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        other = f"http://127.0.0.1:{elsewhere.server_port}"
        monkeypatch.setenv("ARCGIS_HOST", other if named_by == "ARCGIS_HOST" else portal.url)
        options = ["--portal", other] if named_by == "--portal" else []
        assert main(["resume", str(job_file), "--out", str(job_file.parent), *options]) == 2
        elsewhere.shutdown()
    said = capsys.readouterr().err
    assert f"This job is at {portal.url}, not at {other}" in said
    assert f"add --portal {portal.url}." in said
    assert asked == []
    assert job_file.exists()


def test_without_a_portal_a_job_of_another_than_arcgis_online_is_refused(portal, job_file, monkeypatch, capsys):
    monkeypatch.setenv("ARCGIS_USER", "student")
    monkeypatch.setenv("ARCGIS_PASSWORD", "learn-arcgis")
    monkeypatch.delenv("ARCGIS_HOST", raising=False)
    assert main(["resume", str(job_file), "--out", str(job_file.parent)]) == 2
    assert f"This job is at {portal.url}, not at https://www.arcgis.com" in capsys.readouterr().err


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("command", ["run", "resume"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--timeout", "-1"], "'-1' is not a number of seconds above 0"),
        (["--timeout", "0"], "'0' is not a number of seconds above 0"),
        (["--timeout", "nan"], "'nan' is not a number of seconds above 0"),
        (["--timeout", "inf"], "Leave the option out to wait as long as it takes"),
        (["--timeout", "abc"], "'abc' is not a number of seconds above 0"),
        (["--verify", "gone.pem"], "gone.pem cannot be read: No such file"),
        (["--verify", "."], "argument --verify: . "),
        (["--verify", "request.json"], "request.json contains no certificates"),
        (["--out", "request.json"], "is a file. Give a folder"),
        (["--out", "request.json/data"], "No file can be written to"),
        (["--out", "locked"], "No file can be written to locked (Permission denied)"),
        (["--out", "locked/data"], "No file can be written to locked/data (Permission denied)"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_started(
    portal, request_file, tmp_path, capfd, monkeypatch, command, options, words
):
    monkeypatch.chdir(tmp_path)
    before = titles_of(portal)
    (tmp_path / "locked").mkdir(mode=0o500)
    assert as_somebody([command, request_file.name, *options]) == 2
    said = capfd.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert titles_of(portal) == before


def as_somebody(arguments):
    """The exit status of the command, run by a user to whom folders can be locked, which they are not to root."""
    if os.geteuid() == 0:
        os.chown(".", 65534, 65534)
        os.seteuid(65534)
    try:
        return main(arguments)
    except SystemExit as ended:  # argparse's way
        return ended.code
    finally:
        os.seteuid(os.getuid())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("run", ("ARCGIS_API_KEY", "4 not ready in time", '"itemId"', "--sample", "resume")),
        ("resume", ("ARCGIS_API_KEY", "4 not ready in time", "job.save", "--keep", "--out data --portal https://")),
    ],
)
def test_its_help_teaches(capsys, command, words):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = capsys.readouterr().out
    for word in words:
        assert word in text


@pytest.mark.usefixtures("signed_in")
def test_ctrl_c_means_again_what_it_meant_before(request_file, tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert main(["run", str(request_file), "--out", str(tmp_path), "--quiet"]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(("step_s", "repeated"), [(11, True), (0.1, False)])
def test_lines_of_one_kind_are_written_every_ten_seconds(
    local_portal, request_file, tmp_path, capsys, monkeypatch, step_s, repeated
):
    clock = itertools.count(step=step_s)
    now = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("arcgis_export_widgets.command_line.run.time", now)
    local_portal.fault("job_slow", 1, times=1)
    assert main(["run", str(request_file), "--out", str(tmp_path)]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "processing" in line]
    assert len(lines) > 1 if repeated else len(lines) == 1
