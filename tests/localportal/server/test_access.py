"""Who may reach the portal: by which names, from which pages, with which passwords, and who may control it."""

import io
import json
import socket
import sqlite3
import subprocess
import sys
import zipfile

import geopandas as gpd
import pyogrio
import pytest
import requests
import shapely

from arcgis_export_widgets.localportal import LocalPortal
from arcgis_export_widgets.localportal.http.access import Access, outward_address

COMMAND = [sys.executable, "-m", "arcgis_export_widgets.localportal", "--exit-with-parent"]
SECRET = "TOPSECRET"
VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>"
)
at_its_own_address = pytest.mark.allow_hosts(["127.0.0.1", outward_address("0.0.0.0")])


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        *(("127.0.0.1:8080", True), ("localhost", True), ("LOCALHOST:1", True), ("[::1]:8080", True), ("::1", True)),
        *(("192.168.1.5:80", True), (socket.gethostname(), True), ("my.hub.org", True), ("my.hub.org.:443", True)),
        *(("evil.example", False), ("127.0.0.1.evil.example:8080", False), ("localhost.evil.example", False)),
        *(("", False), ("127.0.0.1@evil.example", False), ("my.hub.org.evil.example", False)),
    ],
)
def test_the_portal_knows_its_own_names(host, is_own):
    assert Access(names=["my.hub.org"]).is_own_name(host) is is_own


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example"])
def test_a_page_that_rebinds_a_name_to_this_machine_is_refused(anonymous, host):
    answer = anonymous.request("GET", "portals/self", params={"f": "json"}, headers={"Host": host})
    assert answer.status_code == 421
    assert "allow-host" in answer.text


def test_a_portal_with_tls_knows_its_names_too(data_file):
    with LocalPortal([data_file], tls=True) as running:
        url, verify = f"{running.url}/sharing/rest/info?f=json", str(running.certificate)
        assert requests.get(url, verify=verify, timeout=60).json()["owningSystemUrl"] == running.url
        rebound = requests.get(url, verify=verify, timeout=60, headers={"Host": "evil.example"})
        assert rebound.status_code == 421


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8888", True),
        ("http://127.0.0.1:8866", True),
        ("https://[::1]:1", True),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://evil.example:8888", False),
        ("null", False),
    ],
)
def test_only_pages_of_this_machine_may_read_answers(anonymous, origin, allowed):
    answer = anonymous.request("GET", "portals/self", params={"f": "json"}, headers={"Origin": origin})
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed


def test_no_page_may_read_what_the_switchboard_answers_or_change_anything(sign_in, portal):
    teacher = sign_in("teacher")
    for headers in ({"Origin": "http://localhost:8888"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = teacher.request(
            "POST", f"{portal.url}/localportal/faults", data={"kind": "cap", "value": "1", "f": "json"}, headers=headers
        )
        assert answer.json()["error"]["code"] == 403
    assert len(teacher.query(0, where="1=1")["features"]) == 200


def test_an_administrator_without_a_page_may_use_the_switchboard_on_this_machine(sign_in, portal):
    answer = sign_in("teacher").request("GET", f"{portal.url}/localportal/faults", params={"f": "json"})
    assert "cap" in answer.json()["kinds"]


@pytest.fixture(scope="module")
def open_portal(data_file):
    """A portal that other machines can reach."""
    with LocalPortal([data_file], host="0.0.0.0") as running:
        yield running


def token_at(portal, username, password):
    form = {"f": "json", "username": username, "password": password}
    return requests.post(f"{portal.url}/sharing/rest/generateToken", data=form, timeout=60).json().get("token")


@at_its_own_address
def test_beyond_this_machine_no_published_password_opens_anything(open_portal):
    assert "0.0.0.0" not in open_portal.url
    for username, password in open_portal.passwords.items():
        assert token_at(open_portal, username, "learn-arcgis") is None
        assert len(password) >= 12
    assert len(set(open_portal.passwords.values())) == len(open_portal.passwords)
    assert token_at(open_portal, "teacher", open_portal.passwords["teacher"])
    form = {"f": "json", "grant_type": "client_credentials", "client_id": "classroom-app"}
    asked = form | {"client_secret": "learn-arcgis"}
    answer = requests.post(f"{open_portal.url}/sharing/rest/oauth2/token", data=asked, timeout=60).json()
    assert "access_token" not in answer


@at_its_own_address
def test_beyond_this_machine_the_switchboard_is_closed_to_the_teacher_too(open_portal):
    token = token_at(open_portal, "teacher", open_portal.passwords["teacher"])
    for operation in ("faults", "faults/clear", "expireTokens", "add"):
        answer = requests.post(f"{open_portal.url}/localportal/{operation}?f=json&token={token}", data=b"x", timeout=60)
        assert answer.json()["error"]["code"] == 403
    open_portal.fault("cap", 1)  # who started it still can
    open_portal.clear_faults()


def printed(*arguments, lines):
    process = subprocess.Popen([*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        return [process.stdout.readline() for _ in range(lines)]
    finally:
        process.communicate()


def test_a_portal_for_others_prints_an_address_they_can_open_its_passwords_and_a_warning(data_file, tmp_path):
    given = tmp_path / "passwords.txt"
    given.write_text("teacher chalk-and-talk\n")
    lines = printed("--host", "0.0.0.0", "--passwords", str(given), "--data", str(data_file), lines=8)
    assert "0.0.0.0" not in lines[0]
    assert "warning" in lines[1]
    assert "closed" in lines[2]
    (teacher,) = (line for line in lines if "teacher (admin)" in line)
    assert teacher.split()[-1] == "chalk-and-talk"
    assert not any("learn-arcgis" in line for line in lines)


def added(portal, body):
    key = portal._key  # what the process that started the portal knows
    return requests.post(
        f"{portal.url}/localportal/add?f=json&title=x", data=body, headers={"X-LocalPortal-Key": key}, timeout=60
    ).json()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(f"a,b\n1,{SECRET}\n")
    return path


def geopackage(path, *statements):
    frame = gpd.GeoDataFrame({"NAME": ["a"]}, geometry=[shapely.Point(1, 2)], crs=4326)
    pyogrio.write_dataframe(frame, path, layer="towns", driver="GPKG")
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path.read_bytes()


def zipped(name, content):
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(name, content)
        return stream.getvalue()


def test_only_a_geopackage_of_plain_tables_can_be_added(portal, secret, tmp_path):
    vrt = VRT.format(secret=secret)
    pipeline = {
        "type": "gdal_streamed_alg",
        "command_line": f"gdal vector pipeline ! read {secret} ! write x --of stream",
    }
    endless = "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    computed = "ALTER TABLE towns ADD COLUMN big GENERATED ALWAYS AS (zeroblob(1000)) VIRTUAL"
    for body in (
        *(
            vrt.encode(),
            json.dumps(pipeline).encode(),
            b"",
            b"SQLite format 3\x00 and no more",
            b"{}",
            secret.read_bytes(),
        ),
        *(zipped("x.vrt", vrt), geopackage(tmp_path / "v.gpkg", endless), geopackage(tmp_path / "c.gpkg", computed)),
    ):
        assert added(portal, body)["error"]["code"] == 400
    assert added(portal, geopackage(tmp_path / "plain.gpkg"))["success"] is True


def test_a_file_of_instructions_is_not_followed_when_it_is_served(secret, tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(VRT.format(secret=secret))
    assert SECRET in pyogrio.read_dataframe(path).to_string()
    process = subprocess.run([*COMMAND, "--data", str(path)], input="", capture_output=True, text=True, check=False)
    assert "cannot be read" in process.stderr


@pytest.mark.parametrize(
    ("client_id", "redirect_uri", "accepted"),
    [
        ("app", "https://my.app/back", True),
        ("app", "http://127.0.0.1:54321/", True),
        ("app", "http://localhost/callback", True),
        ("app", "urn:ietf:wg:oauth:2.0:oob", True),
        ("pythonapi", "urn:ietf:wg:oauth:2.0:oob", True),
        ("app", "https://my.app/back/../evil", False),
        ("app", "https://evil.example/back", False),
        ("app", "http://127.0.0.1@evil.example/", False),
        ("app", "http://localhost.evil.example/", False),
        ("app", "javascript:alert(1)", False),
        ("pythonapi", "https://my.app/back", False),
        ("stranger", "http://127.0.0.1:54321/", False),
    ],
)
def test_codes_go_to_registered_applications_only(anonymous, client_id, redirect_uri, accepted):
    parameters = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code"}
    page = anonymous.request("GET", "oauth2/authorize", params=parameters)
    assert ("oAuthInfo" in page.text) is accepted
