"""The query operation over raw HTTP: expectations follow from how the test data are made."""

import itertools
import json

import pytest
import requests


def attributes(answer, name):
    return [feature["attributes"][name] for feature in answer["features"]]


def test_a_where_clause_keeps_what_it_says(anonymous):
    answer = anonymous.query(0, where="POPULATION >= 19500", outFields="POPULATION")
    assert attributes(answer, "POPULATION") == [19500, 19600, 19700, 19800, 19900]


def test_null_comes_as_null_and_dates_as_epoch_milliseconds(anonymous):
    answer = anonymous.query(0, objectIds="1,2", outFields="*")
    first, second = (feature["attributes"] for feature in answer["features"])
    assert first["POPULATION"] is None
    assert second["OPENED"] == 1577880000000 + 86_400_000


def test_a_point_has_x_and_y(anonymous):
    answer = anonymous.query(0, objectIds="22", outFields="NAME")
    assert answer["features"] == [{"attributes": {"NAME": "Città 21"}, "geometry": {"x": 1.0, "y": 41.0}}]


def test_without_out_fields_there_are_no_attributes(anonymous):
    answer = anonymous.query(0, objectIds="1")
    assert answer["fields"] == []
    assert answer["features"][0]["attributes"] == {}


def test_an_envelope_keeps_the_points_on_and_in_it(anonymous):
    answer = anonymous.query(0, geometry="3,42,5,43", returnCountOnly="true")
    assert answer == {"count": 6}


def test_an_envelope_in_web_mercator_is_reprojected_to_the_layer(anonymous):
    box = {"xmin": 300000, "ymin": 5100000, "xmax": 600000, "ymax": 5400000, "spatialReference": {"wkid": 102100}}
    answer = anonymous.query(0, geometry=json.dumps(box), geometryType="esriGeometryEnvelope", outFields="NAME")
    # 2.69..5.39 degrees east, 41.6..43.6 degrees north
    assert attributes(answer, "NAME") == ["Città 43", "Città 44", "Città 45", "Città 63", "Città 64", "Città 65"]


def test_a_polygon_with_a_hole_does_not_intersect_what_is_in_the_hole(anonymous):
    answer = anonymous.query(1, geometry="1.2,41.2,1.8,41.8", returnCountOnly="true")
    assert answer == {"count": 0}


@pytest.mark.parametrize(
    ("box", "names"),
    [
        ("-1,39,14,45", ["ring", "pair"]),  # both inside
        ("9,39,14,42", ["pair"]),  # inside
        ("3,39,12.5,40.5", ["ring", "pair"]),  # both across the edge
        ("11.2,40.2,11.8,40.8", []),  # between the two squares of the pair
    ],
)
def test_an_envelope_keeps_areas_in_it_and_those_across_its_edge(anonymous, box, names):
    answer = anonymous.query(1, geometry=box, outFields="AREA_NAME_IN_FULL")
    assert attributes(answer, "AREA_NAME_IN_FULL") == names
    assert anonymous.query(1, geometry=box, returnCountOnly="true") == {"count": len(names)}


@pytest.mark.parametrize(
    ("relation", "count"),
    [("Intersects", 1), ("Within", 1), ("Contains", 0), ("Disjoint", 1), ("EnvelopeIntersects", 1), ("Touches", 0)],
)
def test_a_spatial_relation_is_that_of_the_query_geometry_to_the_feature(anonymous, relation, count):
    answer = anonymous.query(
        1, geometry="2.5,42.5,3,43", spatialRel=f"esriSpatialRel{relation}", returnCountOnly="true"
    )
    assert answer == {"count": count}


def test_a_distance_reaches_that_many_metres(anonymous):
    near = {"geometry": "5,45", "geometryType": "esriGeometryPoint", "returnCountOnly": "true"}
    # one degree of latitude is 111 km, one of longitude at 45 degrees north 79 km
    assert anonymous.query(0, **near, distance=90, units="esriSRUnit_Kilometer") == {"count": 3}
    assert anonymous.query(0, **near, distance=115_000) == {"count": 5}


def test_pages_follow_each_other_and_say_when_more_is_there(anonymous):
    first = anonymous.query(0, where="1=1", outFields="OBJECTID", resultRecordCount=150)
    second = anonymous.query(0, where="1=1", outFields="OBJECTID", resultRecordCount=150, resultOffset=150)
    assert first["exceededTransferLimit"] is True
    assert "exceededTransferLimit" not in second
    assert attributes(first, "OBJECTID") + attributes(second, "OBJECTID") == list(range(1, 201))


def test_order_puts_nulls_first_when_rising(anonymous):
    answer = anonymous.query(
        0, where="1=1", outFields="POPULATION", orderByFields="POPULATION ASC", resultRecordCount=22
    )
    assert attributes(answer, "POPULATION") == [None] * 20 + [100, 200]


def test_count_ids_and_extent_together(anonymous):
    where = "OBJECTID IN (1, 3)"
    assert anonymous.query(0, where=where, returnIdsOnly="true") == {
        "objectIdFieldName": "OBJECTID",
        "objectIds": [1, 3],
    }
    extent = anonymous.query(0, where=where, returnExtentOnly="true", returnCountOnly="true")
    assert extent["count"] == 2
    assert {key: extent["extent"][key] for key in ("xmin", "xmax", "ymin")} == {"xmin": 0.0, "xmax": 2.0, "ymin": 40.0}


def test_ids_of_nothing_are_null_and_its_extent_is_not_a_number(anonymous):
    assert anonymous.query(0, where="1=0", returnIdsOnly="true")["objectIds"] is None
    assert anonymous.query(0, where="1=0", returnExtentOnly="true")["extent"]["xmin"] == "NaN"


def test_rings_run_clockwise_outside_and_the_other_way_in_holes(anonymous):
    rings = anonymous.query(1, objectIds="1")["features"][0]["geometry"]["rings"]
    areas = [sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2 for ring in rings]
    assert areas == [-16.0, 1.0]


def test_a_null_geometry_has_no_geometry_key(anonymous):
    assert "geometry" not in anonymous.query(1, objectIds="3")["features"][0]


def test_geojson_is_in_degrees_with_ids_and_the_limit_in_its_properties(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/2/query", f="geoJSON", where="1=1", resultRecordCount=1).json()
    assert answer["properties"] == {"exceededTransferLimit": True}
    feature = answer["features"][0]
    assert feature["id"] == 1
    assert feature["geometry"]["coordinates"][-1][0] == pytest.approx(8.98315, abs=1e-5)


def test_geojson_polygons_run_counter_clockwise(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/1/query", f="geojson", where="1=1").json()
    ring, pair, nothing = (feature["geometry"] for feature in answer["features"])
    corners = ring["coordinates"][0]
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(corners)) > 0
    assert (pair["type"], len(pair["coordinates"]), nothing) == ("MultiPolygon", 2, None)


def test_generalising_leaves_out_vertices(anonymous):
    full = anonymous.query(2, objectIds="1")["features"][0]["geometry"]["paths"][0]
    simple = anonymous.query(2, objectIds="1", maxAllowableOffset=10)["features"][0]["geometry"]["paths"][0]
    assert (len(full), len(simple)) == (1001, 2)


@pytest.mark.parametrize("tolerance", [2, 10, 1000])
def test_generalised_areas_never_vanish(anonymous, tolerance):
    ring, pair, nowhere = anonymous.query(1, maxAllowableOffset=tolerance)["features"]
    for feature, (west, south, east, north) in ((ring, (0, 40, 4, 44)), (pair, (10, 40, 13, 41))):
        corners = [corner for part in feature["geometry"]["rings"] for corner in part]
        assert len(corners) >= 4
        assert all(west <= x <= east and south <= y <= north for x, y in corners)
    assert "geometry" not in nowhere


def test_geometry_precision_rounds_the_coordinates(anonymous):
    path = anonymous.query(2, objectIds="1", outSR=4326, geometryPrecision=3)["features"][0]["geometry"]["paths"][0]
    assert path[-1] == [8.983, 40.916]


def test_a_quantized_answer_counts_cells_from_the_upper_left(anonymous):
    grid = {"mode": "view", "tolerance": 1000, "extent": {"xmin": 0, "ymin": 4_999_000, "xmax": 1e6, "ymax": 5_002_000}}
    answer = anonymous.query(2, where="1=1", quantizationParameters=json.dumps(grid))
    assert answer["transform"] == {"originPosition": "upperLeft", "scale": [1000, 1000], "translate": [0, 5_002_000]}
    first, second = (feature["geometry"]["paths"][0] for feature in answer["features"])
    assert (first[:2], second[0], len(first)) == ([[0, 2], [1, 0]], [0, 1], 1001)


def test_a_table_answers_attributes_only(anonymous):
    answer = anonymous.query(3, where="CODE = 'b'", outFields="LABEL", geometry="0,0,1,1")
    assert answer["features"] == [{"attributes": {"LABEL": "two"}}]
    assert "geometryType" not in answer


def test_distinct_values_come_once(anonymous):
    answer = anonymous.query(0, where="1=1", outFields="CODE", returnDistinctValues="true", returnGeometry="false")
    assert attributes(answer, "CODE") == [None, "a", "b", "it's"]


def test_statistics_per_group(anonymous):
    statistics = [
        {"statisticType": "count", "onStatisticField": "OBJECTID", "outStatisticFieldName": "n"},
        {"statisticType": "max", "onStatisticField": "OPENED", "outStatisticFieldName": "last"},
        {"statisticType": "avg", "onStatisticField": "SCORE", "outStatisticFieldName": "mean"},
    ]
    answer = anonymous.query(
        0,
        where="CODE IS NOT NULL",
        outStatistics=json.dumps(statistics),
        groupByFieldsForStatistics="CODE",
        orderByFields="n DESC, CODE DESC",
        having="COUNT(*) > 10",
    )
    assert attributes(answer, "CODE") == ["it's", "b", "a"]
    assert answer["features"][2]["attributes"] == {
        "CODE": "a", "n": 50, "last": 1577880000000 + 196 * 86_400_000, "mean": 98 / 8,
    }  # fmt: skip


def test_pages_of_groups_with_equal_statistics_contain_each_group_once(anonymous):
    count = json.dumps([{"statisticType": "count", "onStatisticField": "NAME", "outStatisticFieldName": "n"}])
    grouped = {"where": "1=1", "outStatistics": count, "groupByFieldsForStatistics": "NAME", "orderByFields": "n DESC"}
    pages = [anonymous.query(0, **grouped, resultOffset=start, resultRecordCount=50) for start in range(0, 200, 50)]
    names = [name for page in pages for name in attributes(page, "NAME")]
    assert names == sorted(f"Città {number}" for number in range(200))


def test_percentiles(anonymous):
    statistics = [
        {"statisticType": "PERCENTILE_CONT", "onStatisticField": "SCORE", "outStatisticFieldName": "p",
         "statisticParameters": {"value": 0.25, "orderBy": "DESC"}}
    ]  # fmt: skip
    answer = anonymous.query(0, where="OBJECTID <= 5", outStatistics=json.dumps(statistics))
    assert attributes(answer, "p") == [0.375]


def test_bins_count_features_between_boundaries(anonymous):
    definition = {"type": "fixedBoundariesBin", "onField": "POPULATION", "parameters": {"boundaries": [0, 1000, 2000]}}
    answer = anonymous.get(f"{anonymous.service()}/0/queryBins", bin=json.dumps(definition), where="1=1").json()
    # 0 and 1000 are null; 2000 belongs to the last bin, but is null too
    assert attributes(answer, "frequency") == [9, 9]


def test_one_feature_has_an_address(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/0/22").json()
    assert answer["feature"]["attributes"]["NAME"] == "Città 21"


@pytest.mark.parametrize(
    ("parameters", "detail"),
    [
        ({"where": "POPULATION >"}, "'where' parameter is invalid"),
        ({"where": "POPULATION = 'many'"}, "'where' parameter is invalid"),
        ({"where": "1=1", "outFields": "FOO"}, "'Invalid field: FOO' parameter is invalid"),
        ({"where": "FOO = 1"}, "'Invalid field: FOO' parameter is invalid"),
        ({"where": "1=1", "outSR": "4"}, "'outSR' parameter is invalid"),
        ({"where": "1=1", "geometry": "{"}, "'geometry' parameter is invalid"),
        ({"where": "1=1", "returnCountOnly": "maybe"}, "'returnCountOnly' parameter is invalid"),
    ],
)
def test_bad_input_is_named_in_the_envelope(anonymous, parameters, detail):
    answer = anonymous.get(f"{anonymous.service()}/0/query", **parameters)
    assert answer.status_code == 200
    assert answer.json()["error"] == {
        "code": 400, "message": "Cannot perform query. Invalid query parameters.", "details": [detail],
    }  # fmt: skip


def test_geojson_with_measures_is_refused(anonymous):
    answer = anonymous.query(0, objectIds="1", returnM="true", f="geojson")
    assert answer["error"]["details"] == ["'returnM' parameter is invalid"]


def test_parameter_names_and_booleans_are_read_in_any_case_by_post_too(anonymous):
    answer = anonymous.post(f"{anonymous.service()}/0/query", WHERE="1=1", RETURNCOUNTONLY="True", outfields="")
    assert answer.json() == {"count": 200}


@pytest.mark.parametrize(
    "where", ["1=1", "POPULATION >= 0", "OBJECTID IN (" + ",".join(map(str, range(200, 0, -1))) + ")"]
)
def test_pages_without_an_order_are_in_the_order_of_object_ids(anonymous, where):
    pages = [
        anonymous.query(0, where=where, outFields="OBJECTID", resultOffset=offset, resultRecordCount=60)["features"]
        for offset in (0, 60, 120, 180)
    ]
    ids = [feature["attributes"]["OBJECTID"] for page in pages for feature in page]
    assert ids == sorted(set(ids))
    assert len(ids) == anonymous.query(0, where=where, returnCountOnly="true")["count"]


def test_object_ids_asked_for_in_any_order_come_in_theirs(anonymous):
    found = anonymous.query(0, objectIds="199,7,64,1", outFields="OBJECTID")["features"]
    assert [feature["attributes"]["OBJECTID"] for feature in found] == [1, 7, 64, 199]


POLYGON = {"rings": [[[-1, 39], [-1, 60], [30, 60], [25, 39], [-1, 39]]], "spatialReference": {"wkid": 4326}}


def test_pages_of_what_lies_in_a_polygon_follow_each_other(anonymous):
    area = {"geometry": json.dumps(POLYGON), "geometryType": "esriGeometryPolygon", "outFields": "OBJECTID"}
    pages = [anonymous.query(0, resultRecordCount=80, resultOffset=offset, **area) for offset in (0, 80, 160)]
    assert [len(page["features"]) for page in pages] == [80, 80, 40]
    assert ["exceededTransferLimit" in page for page in pages] == [True, True, False]
    assert [number for page in pages for number in attributes(page, "OBJECTID")] == list(range(1, 201))


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, 2000),
        ({"resultRecordCount": 1999}, 1999),
        ({"resultRecordCount": 2000}, 2000),
        ({"resultRecordCount": 2001}, 2000),
        ({"resultRecordCount": 2001, "maxRecordCountFactor": 2}, 2001),
    ],
)
def test_no_more_features_come_at_once_than_the_layer_says(local_portal, parameters, count):
    services = f"{local_portal.url}/arcgis/rest/services"
    (name,) = (
        service["name"]
        for service in requests.get(services, {"f": "json"}, timeout=60).json()["services"]
        if "cities" in service["name"].lower()
    )
    layer = f"{services}/{name}/FeatureServer/1"
    assert requests.get(layer, {"f": "json"}, timeout=60).json()["maxRecordCount"] == 2000
    form = {"f": "json", "where": "1=1", "returnGeometry": "false", "outFields": "OBJECTID", **parameters}
    answer = requests.post(f"{layer}/query", form, timeout=60).json()
    assert len(answer["features"]) == count
    assert answer["exceededTransferLimit"] is True
