"""What all tests share: a running local portal, a layer as a server describes it, and a clean environment."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from arcgis_export_widgets import LocalPortal, Portal
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal.http.retry import RetryPolicy

# a busy machine is no defect; what hypothesis does otherwise (the same examples each time where CI is set) stays
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees credentials, proxies or kept exports of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ARCGIS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("NETRC", os.devnull)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield


@pytest.fixture(autouse=True)
def no_pauses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again as often as ever, but at once; tests marked `pauses` are about the pauses."""
    if "pauses" not in request.keywords:
        monkeypatch.setattr(RetryPolicy, "pauses", lambda policy: iter([0.0] * (policy.attempts - 1)))


@pytest.fixture(scope="session")
def local_portal() -> Iterator[LocalPortal]:
    """The local portal with its sample data, in a process of its own; jobs take a fraction of a second."""
    with LocalPortal(job_duration_s=0.05, options=["--app", "app"]) as running:
        yield running


@pytest.fixture
def portal(local_portal: LocalPortal) -> Iterator[Portal]:
    """A client of it, signed in as the student who owns the sample items."""
    client = Portal(local_portal.url, username="student", password="learn-arcgis")
    yield client
    client.close()


def field(name, kind, **more):
    return {"name": name, "type": f"esriFieldType{kind}", **more}


def coded(name, labels):
    values = [{"code": code, "name": label} for code, label in labels.items()]
    return {"type": "codedValue", "name": name, "codedValues": values}


CITIES = {
    "id": 0,
    "name": "Cities",
    "geometryType": "esriGeometryPoint",
    "extent": {"spatialReference": {"wkid": 102100, "latestWkid": 3857}},
    "objectIdField": "OBJECTID",
    "maxRecordCount": 2000,
    "fields": [
        field("OBJECTID", "OID"),
        field("POPULATION", "Integer", alias="Total population"),
        field("STATE", "String", length=30),
        field("NAME", "String", length=400),
        field("AREA_KM2", "Double"),
        field("Größe", "Double"),
        field("opened", "Date"),
        field("founded", "DateOnly"),
        field("closes_at", "TimeOnly"),
        field("ORDER", "SmallInteger"),
        field("DATE", "Date"),
        field("VALUE", "Double"),
        field("STATUS", "String", domain=coded("Status", {"R": "Reviewed", "O": "Open"})),
        field("KIND", "SmallInteger", domain=coded("Kind", {1: "Road", 2: "Rail"})),
        field("GlobalID", "GlobalID"),
    ],
}


@pytest.fixture
def cities():
    return LayerDefinition.from_json(CITIES)
