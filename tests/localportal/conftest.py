"""A local portal over a small file made here, once for all tests of this folder."""

import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import unquote

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import requests
import shapely

from arcgis_export_widgets.localportal import LocalPortal


def places():
    """200 points on a 20 x 10 grid of whole degrees; POPULATION is 0, 100, ... 19900, every tenth one null."""
    numbers = np.arange(200)
    population = pd.array(numbers * 100, dtype="Int32")
    population[::10] = pd.NA
    return gpd.GeoDataFrame(
        {
            "NAME": [f"Città {number}" for number in numbers],
            "POPULATION": population,
            "OPENED": pd.Timestamp("2020-01-01T12:00:00") + pd.to_timedelta(numbers, unit="D"),
            "SCORE": numbers / 8,
            "CODE": ["a", "b", None, "it's"] * 50,
        },
        geometry=shapely.points(numbers % 20, numbers // 20 + 40),
        crs=4326,
    )


def areas():
    """A square with a square hole, two squares as one feature, and nothing."""
    ring = shapely.box(0, 40, 4, 44).difference(shapely.box(1, 41, 2, 42))
    pair = shapely.MultiPolygon([shapely.box(10, 40, 11, 41), shapely.box(12, 40, 13, 41)])
    return gpd.GeoDataFrame(
        {"AREA_NAME_IN_FULL": ["ring", "pair", "nowhere"], "AREA_NAME_IN_SHORT": ["r", "p", "n"]},
        geometry=[ring, pair, None],
        crs=4326,
    )


def roads():
    """Two lines of many vertices in Web Mercator."""
    x = np.linspace(0, 1_000_000, 1001)
    lines = [shapely.LineString(np.column_stack([x, 5_000_000 + offset + 0 * x])) for offset in (0, 1000)]
    return gpd.GeoDataFrame({"LANES": [2, 4]}, geometry=lines, crs=3857)


@pytest.fixture(scope="session")
def data_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "towns.gpkg"
    pyogrio.write_dataframe(places(), path, layer="Places")
    pyogrio.write_dataframe(
        areas(), path, layer="Areas", append=True, geometry_type="MultiPolygon", promote_to_multi=True
    )
    pyogrio.write_dataframe(roads(), path, layer="Roads", append=True)
    pyogrio.write_dataframe(
        pd.DataFrame({"CODE": ["a", "b"], "LABEL": ["one", "two"]}), path, layer="Codes", append=True
    )
    return path


@dataclass
class Caller:
    """Raw HTTP to the portal as one member, or as nobody."""

    url: str
    token: str | None = None
    username: str | None = None

    def get(self, path, /, **parameters):
        return self.request("GET", path, params={"f": "json", **parameters})

    def post(self, path, /, **form):
        return self.request("POST", path, data={"f": "json", **form})

    def request(self, method, path, **arguments):
        headers = {"X-Esri-Authorization": f"Bearer {self.token}"} if self.token else {}
        url = path if path.startswith("http") else f"{self.url}/sharing/rest/{path}"
        return requests.request(method, url, headers=headers | arguments.pop("headers", {}), timeout=60, **arguments)

    def query(self, layer, /, **parameters):
        return self.get(f"{self.service()}/{layer}/query", **parameters).json()

    def service(self):
        return f"{self.url}/arcgis/rest/services/towns/FeatureServer"

    def service_item(self):
        return self.get("search", q='type:"Feature Service" title:towns').json()["results"][0]["id"]

    def export(self, export_format, parameters=None, **form):
        """Start an export and wait for its end; return the start's answer and the last status."""
        if parameters is not None:
            form["exportParameters"] = json.dumps(parameters)
        form = {"itemId": self.service_item(), "exportFormat": export_format, "title": "Export", **form}
        started = self.post(f"content/users/{self.username}/export", **form).json()
        assert "error" not in started, started
        return started, self.wait(started)

    def wait(self, started):
        path = f"content/users/{self.username}/items/{started['exportItemId']}/status"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            status = self.get(path, jobType="export", jobId=started["jobId"]).json()
            if status["status"] != "processing":
                return status
        raise AssertionError("the export did not end")

    def meanwhile(self, work):
        """Do `work` in a thread, and ask the portal for something else until it is done; return the JSON it got."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(work()))
        thread.start()
        asked = 0
        while thread.is_alive() or not asked:
            assert self.get("info").json()["owningSystemUrl"]
            asked += 1
            thread.join(0.05)
        return answers[0].json()

    def download(self, started, folder):
        answer = self.request("GET", f"content/items/{started['exportItemId']}/data")
        _, _, named = answer.headers["Content-Disposition"].partition("filename")
        name = unquote(named.removeprefix("*=utf-8''")) if named.startswith("*") else named.strip('="')
        (folder / name).write_bytes(answer.content)
        return folder / name


@pytest.fixture(scope="session")
def portal(data_file):
    applications = ("--app", "app=https://my.app/back", "--app", "</script><b>=https://my.app/back")
    with LocalPortal([data_file], job_duration_s=0.05, options=applications) as running:
        yield running


@pytest.fixture(scope="session")
def sign_in(portal):
    def signed_in(username):
        anonymous = Caller(portal.url)
        token = anonymous.post("generateToken", username=username, password="learn-arcgis").json()["token"]
        return Caller(portal.url, token, username)

    return signed_in


@pytest.fixture(scope="session")
def student(sign_in):
    return sign_in("student")


@pytest.fixture(scope="session")
def anonymous(portal):
    return Caller(portal.url)
