"""The portal as a process: start, end, command line, TLS."""

import json
import socket
import subprocess
import sys

import pytest
import requests

from arcgis_export_widgets.localportal import LocalPortal, LocalPortalError
from arcgis_export_widgets.localportal.__main__ import main

COMMAND = [sys.executable, "-m", "arcgis_export_widgets.localportal"]


def answers(url):
    try:
        return requests.get(f"{url}/sharing/rest?f=json", timeout=60).ok
    except requests.ConnectionError:
        return False


def test_it_ends_silently_when_its_parent_is_gone(data_file):
    process = subprocess.Popen(
        [*COMMAND, "--announce", "--exit-with-parent", "--data", str(data_file)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    url = json.loads(process.stdout.readline())["url"]
    assert answers(url)
    said = process.communicate(timeout=120)
    assert (process.returncode, *said) == (0, b"", b"")
    assert not answers(url)


def test_a_port_in_use_is_reported_with_a_way_out(data_file):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalPortalError, match=f"cannot listen on 127.0.0.1 port {port}.*--port"):
            LocalPortal([data_file], port=port).start()


def test_a_missing_file_or_one_that_is_not_a_vector_file_is_reported(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    for name, words in (("gone.gpkg", "no file"), ("notes.txt", "notes.txt cannot be read")):
        with pytest.raises(SystemExit, match=words):
            main(["--data", str(tmp_path / name)])


def test_the_url_before_start_is_an_error():
    with pytest.raises(LocalPortalError, match="call start"):
        _ = LocalPortal().url


@pytest.fixture(scope="module")
def secure(data_file):
    with LocalPortal([data_file], tls=True) as portal:
        yield portal


def test_tls_is_verified_with_the_certificate_it_names(secure):
    assert secure.url.startswith("https://")
    info = requests.get(f"{secure.url}/sharing/rest/info?f=json", verify=str(secure.certificate), timeout=60).json()
    assert info["owningSystemUrl"] == secure.url
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(secure.url, timeout=60)


def test_all_tokens_can_be_ended_at_once(secure):
    rest, verify = f"{secure.url}/sharing/rest", str(secure.certificate)
    form = {"f": "json", "username": "student", "password": "learn-arcgis"}
    token = requests.post(f"{rest}/generateToken", data=form, verify=verify, timeout=60).json()["token"]
    secure.expire_tokens()
    answer = requests.get(f"{rest}/community/self?f=json&token={token}", verify=verify, timeout=60).json()
    assert answer["error"]["code"] == 498


@pytest.fixture(scope="module")
def printed(data_file, tmp_path_factory):
    """What a portal over two files, with a fault, prints; it runs until the module's tests are over."""
    other = tmp_path_factory.mktemp("other") / "other.geojson"
    other.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"A": 1},'
                     ' "geometry": {"type": "Point", "coordinates": [1, 2]}}]}')  # fmt: skip
    process = subprocess.Popen(
        [*COMMAND, "--exit-with-parent", "--fault", "cap:3", "--data", str(data_file), str(other)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield [process.stdout.readline() for _ in range(7)]
    process.communicate()


def test_urls_items_and_users_are_printed(printed):
    assert printed[0].startswith("portal   http://127.0.0.1:")
    assert "student (publisher)" in printed[1]
    assert "towns  (Feature Service)" in printed[3]
    assert "/arcgis/rest/services/towns/FeatureServer" in printed[4]


def test_several_files_make_several_services(printed):
    assert "other  (Feature Service)" in printed[5]
    url = printed[0].split()[1]
    listed = requests.get(f"{url}/arcgis/rest/services?f=json", timeout=60).json()["services"]
    assert [service["name"] for service in listed] == ["towns", "other"]
    assert printed[4].split() == [listed[0]["url"]]


def test_a_fault_can_be_switched_on_from_the_command_line(printed):
    towns = requests.get(f"{printed[4].strip()}/0/query?f=json&where=1=1", timeout=60).json()
    assert len(towns["features"]) == 3


def test_importing_it_needs_no_server_libraries():
    code = "import sys, arcgis_export_widgets.localportal as lp; print({'starlette', 'duckdb'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def test_it_ends_without_waiting_for_a_job_that_is_running(data_file):
    process = subprocess.Popen(
        [*COMMAND, "--announce", "--exit-with-parent", "--job-duration", "3600", "--data", str(data_file)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    url = json.loads(process.stdout.readline())["url"]
    form = {"f": "json", "username": "student", "password": "learn-arcgis"}
    token = requests.post(f"{url}/sharing/rest/generateToken", data=form, timeout=60).json()["token"]
    search = requests.get(f"{url}/sharing/rest/search?f=json&q=towns", timeout=60).json()
    form = {"f": "json", "token": token, "itemId": search["results"][0]["id"], "exportFormat": "CSV", "title": "x"}
    started = requests.post(f"{url}/sharing/rest/content/users/student/export", data=form, timeout=60).json()
    assert "jobId" in started
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert not answers(url)


@pytest.mark.parametrize("as_given", [str, lambda path: path, lambda path: [path]])
def test_one_file_is_served_without_a_list(data_file, as_given):
    with LocalPortal(as_given(data_file)) as portal:
        assert answers(portal.url)
