"""Code in other tools' words, run against the local portal."""

from __future__ import annotations

import builtins
import getpass
import os
import subprocess
import zipfile

import pytest

from arcgis_export_widgets import ExportLayer, ExportRequest
from arcgis_export_widgets.request.dialects import Dialect, RequestCode

USA = "345313e619df46f387f9ededbe15ac56"
FOREIGN = [Dialect.ARCGIS, Dialect.REQUESTS, Dialect.CURL]


@pytest.fixture
def request_of_cities():
    where = "NAME = 'Coeur d''Alene' OR POPULATION > 2000000"
    return ExportRequest(USA, "Shapefile", [ExportLayer(1, where=where)], title='Big "cities" & $HOME', target_sr=3857)


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_student(code):
    return code.replace("your user name", "student").replace("sleep(5)", "sleep(0.1)").replace("sleep 5", "sleep 0.1")


def names_in(path):
    with zipfile.ZipFile(path) as archive:
        return {name.rpartition(".")[2] for name in archive.namelist()}


def exported_items(portal):
    return [item for item in portal.search("", item_type=None, limit=100) if item.type == "Shapefile"]


def test_plain_requests_export_the_same(local_portal, portal, request_of_cities, in_folder, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda: "learn-arcgis")
    code = RequestCode(request_of_cities, Dialect.REQUESTS, portal_url=local_portal.url).text
    before = len(exported_items(portal))
    exec(compile(as_student(code), "code", "exec"), {"__builtins__": builtins})
    assert "shp" in names_in(in_folder / "export.zip")
    assert len(exported_items(portal)) == before


def test_curl_exports_the_same(local_portal, request_of_cities, in_folder):
    code = RequestCode(request_of_cities, Dialect.CURL, portal_url=local_portal.url).text
    (in_folder / "export.sh").write_text(as_student(code))
    environment = {"PATH": os.environ["PATH"]}
    run = subprocess.run(
        ["bash", "export.sh"], input="learn-arcgis\n", capture_output=True, text=True, check=False, env=environment
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "export.zip"
    assert "shp" in names_in(in_folder / "export.zip")


@pytest.mark.parametrize("dialect", [Dialect.ARCGIS, Dialect.REQUESTS])
def test_python_dialects_compile_whatever_the_texts_hold(dialect, request_of_cities):
    request = ExportRequest(
        USA, "CSV", [ExportLayer(0, where="A = '''\"\\' {x} \u2028é'")], title="'''\n\\", tags=['"']
    )
    for one in (request, request_of_cities, ExportRequest(USA, "geoPackage")):
        compile(RequestCode(one, dialect, portal_url=None).text, "code", "exec")


@pytest.mark.parametrize("dialect", FOREIGN)
def test_secrets_in_the_portals_address_are_left_out(dialect, request_of_cities):
    code = RequestCode(request_of_cities, dialect, portal_url="https://me:geheim@gis.example.org/portal?token=abc").text
    assert "https://gis.example.org/portal" in code
    assert "geheim" not in code
    assert "abc" not in code


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_exported_item_is_deleted_only_if_wanted_in_any_dialect(dialect, request_of_cities):
    codes = [
        RequestCode(request_of_cities, dialect, portal_url=None, delete_after=delete).text for delete in (True, False)
    ]
    assert ["delete" in code for code in codes] == [True, False]
