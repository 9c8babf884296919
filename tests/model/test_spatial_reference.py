"""Spatial references by wkid, code, WKT and CRS, all the same in the end."""

import pyproj
import pytest

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.model.spatial_reference import SpatialReference

LOCAL = 'LOCAL_CS["school yard",UNIT["m",1]]'


@pytest.mark.parametrize(
    "value",
    [3857, "3857", "EPSG:3857", "epsg: 3857", "wkid:3857", {"wkid": 3857}, {"wkid": "3857"}, pyproj.CRS("EPSG:3857"),
     {"wkid": 3857, "latestWkid": 3857}, pyproj.CRS("EPSG:3857").to_wkt(), SpatialReference(wkid=3857)],
)  # fmt: skip
def test_however_written_it_is_one_reference(value):
    assert SpatialReference.of(value) == SpatialReference(wkid=3857)


def test_esris_own_ids_are_found_where_epsg_has_none():
    reference = SpatialReference.of(102729)
    assert reference.crs.to_authority() == ("ESRI", "102729")
    assert reference.to_json() == {"wkid": 102729}


def test_the_latest_wkid_is_kept_and_gives_the_crs():
    reference = SpatialReference.of({"wkid": 102100, "latestWkid": 3857})
    assert reference.to_json() == {"wkid": 102100, "latestWkid": 3857}
    assert reference.crs.to_epsg() == 3857


def test_what_has_no_code_travels_as_wkt():
    reference = SpatialReference.of({"wkt": LOCAL})
    assert reference.to_json() == {"wkt": LOCAL}
    assert SpatialReference.of(reference.crs).wkid is None


def test_longitude_first_wgs84_is_wgs84():
    assert SpatialReference.of(pyproj.CRS("OGC:CRS84")) == SpatialReference(wkid=4326)


@pytest.mark.parametrize(
    "value",
    [999999, -1, True, None, 4326.0, "", "nowhere", "EPSG:", {}, {"wkid": None}, {"wkid": "x"}, {"wkt": "nonsense"}],
)
def test_what_nobody_knows_is_refused_at_once(value):
    with pytest.raises(RequestError):
        SpatialReference.of(value)


def test_two_ids_of_one_system_are_the_same_system():
    assert SpatialReference.of(102100).same_as(SpatialReference.of(3857))
    assert not SpatialReference.of(4326).same_as(SpatialReference.of(3857))


def test_people_see_code_and_name():
    assert SpatialReference.of(3857).label == "EPSG:3857 · WGS 84 / Pseudo-Mercator"
    assert SpatialReference.of({"wkt": LOCAL}).label == "custom · school yard"


def test_the_repr_shows_only_what_is_set():
    assert repr(SpatialReference.of(4326)) == "SpatialReference(wkid=4326)"


@pytest.mark.parametrize("wkid", [99999, 0, -1, "99999", 0.0])
def test_a_wkt_counts_where_the_id_beside_it_is_unknown(wkid):
    wkt = pyproj.CRS(27700).to_wkt("WKT1_ESRI")
    assert SpatialReference.of({"wkid": wkid, "wkt": wkt}).crs.to_epsg() == 27700
    assert SpatialReference.of({"wkid": wkid, "latestWkid": wkid, "wkt": wkt}).crs.to_epsg() == 27700


def test_a_known_id_counts_more_than_the_wkt_beside_it():
    wkt = pyproj.CRS(27700).to_wkt("WKT1_ESRI")
    assert SpatialReference.of({"wkid": 3857, "wkt": wkt}).crs.to_epsg() == 3857
    assert SpatialReference.of({"wkid": 99999, "latestWkid": 3857, "wkt": wkt}).crs.to_epsg() == 3857
