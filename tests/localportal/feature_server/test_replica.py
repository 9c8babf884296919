"""createReplica with a data format."""

import io
import json
import time

import geopandas as gpd
import pandas as pd
import pytest
import shapely


@pytest.fixture(scope="module")
def service_url(portal, anonymous):
    points = shapely.points([1.0, 2.0, 3.0], [50.0, 50.0, 50.0])
    item_id = portal.add(
        gpd.GeoDataFrame({"A": [1, 2, 3]}, geometry=points, crs=4326), "Open points", allow_export=True
    )
    return anonymous.get(f"content/items/{item_id}").json()["url"]


def test_a_service_without_extract_has_no_replicas(anonymous):
    error = anonymous.post(f"{anonymous.service()}/createReplica", dataFormat="csv", layers="0").json()["error"]
    assert error["message"] == "This operation is not supported."


def test_a_replica_is_cut_by_where_and_geometry(anonymous, service_url):
    answer = anonymous.post(
        f"{service_url}/createReplica",
        layers="0",
        layerQueries=json.dumps({"0": {"where": "A > 1", "queryOption": "useFilter"}}),
        geometry="0,49,2.5,51",
        geometryType="esriGeometryEnvelope",
        inSR=4326,
        dataFormat="csv",
        transportType="esriTransportTypeUrl",
    ).json()
    frame = pd.read_csv(io.BytesIO(anonymous.request("GET", answer["URL"]).content))
    assert frame["A"].tolist() == [2]


def test_a_replica_may_be_waited_for(anonymous, service_url):
    form = {"layers": "0", "dataFormat": "geojson", "async": "true"}
    status_url = anonymous.post(f"{service_url}/createReplica", **form).json()["statusUrl"]
    status = anonymous.get(status_url).json()
    deadline = time.monotonic() + 120
    while status["status"] == "InProgress" and time.monotonic() < deadline:
        status = anonymous.get(status_url).json()
    assert status["status"] == "Completed"
    assert len(anonymous.request("GET", status["resultUrl"]).json()["features"]) == 3


@pytest.mark.parametrize(
    "form",
    [{"dataFormat": "dxf"}, {"layers": "7"}, {"layerQueries": "[]"}, {"replicaSR": "4"}, {"geometry": "nowhere"}],
)
def test_bad_input_is_refused(anonymous, service_url, form):
    form = {"dataFormat": "csv", "layers": "0", **form}
    error = anonymous.post(f"{service_url}/createReplica", **form).json()["error"]
    assert (error["code"], error["message"]) == (400, "Unable to create replica.")
    assert "query" not in error["details"][0]
