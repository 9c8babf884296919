"""Clients that others wrote read a whole layer: pyesridump, and GDAL's ESRIJSON driver through pyogrio."""

import urllib.parse

import pyogrio
import pytest
import shapely
from esridump.dumper import EsriDumper


@pytest.fixture
def low_cap(portal):
    portal.fault("cap", 30)
    yield
    portal.clear_faults()


@pytest.mark.usefixtures("low_cap")
def test_gdal_pages_through_a_layer(anonymous):
    query = urllib.parse.urlencode({"where": "1=1", "outFields": "*", "f": "json"})
    frame = pyogrio.read_dataframe(f"ESRIJSON:{anonymous.service()}/0/query?{query}")
    assert (len(frame), frame["OBJECTID"].nunique(), frame.crs.to_epsg()) == (200, 200, 4326)
    assert frame["OPENED"].iloc[1].isoformat() == "2020-01-02T12:00:00+00:00"


def test_gdal_reads_polygons_with_holes(anonymous):
    frame = pyogrio.read_dataframe(f"ESRIJSON:{anonymous.service()}/1/query?where=1%3D1&outFields=*&f=json")
    assert shapely.area(frame.geometry.array[:2]).tolist() == [15.0, 2.0]
    assert frame.geometry.isna().tolist() == [False, False, True]


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_esridump_reads_a_layer(anonymous, layer):
    features = list(EsriDumper(f"{anonymous.service()}/{layer}", pause_seconds=0))
    assert len(features) == {0: 200, 1: 3, 2: 2}[layer]
    if layer == 0:
        assert features[21]["properties"]["NAME"] == "Città 21"
        assert features[21]["geometry"] == {"type": "Point", "coordinates": [1.0, 41.0]}
