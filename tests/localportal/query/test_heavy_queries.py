"""Queries that would take minutes or gigabytes are refused or ended, and others are answered meanwhile."""

import json
import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely

from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.layers import layer as layers
from arcgis_export_widgets.localportal.layers.layer import Layer, number_rows
from arcgis_export_widgets.localportal.query import spatial_filter
from arcgis_export_widgets.localportal.query.spatial_filter import SpatialFilter


def answered_meanwhile(anonymous, form, layer=0):
    """The answer to a query during which the portal answers other requests."""
    url = f"{anonymous.service()}/{layer}/query"
    return anonymous.meanwhile(lambda: anonymous.post(url, returnCountOnly="true", **form))


def star(corners):
    """A ring whose edges nearly all cross each other."""
    turns = [2 * math.pi * number * (corners // 2) / corners for number in range(corners)]
    ring = [[10 + 9 * math.cos(turn), 45 + 4 * math.sin(turn)] for turn in turns]
    return [*ring, ring[0]]


def triangles(count):
    return [[[x, 40], [x + 10, 49], [x + 10, 40], [x, 40]] for x in np.linspace(0, 9, count).tolist()]


POINTS = [[number % 100 / 10, 40 + number // 100 / 10] for number in range(2000)]
TOO_COMPLICATED = {
    "a ring that crosses itself": ("Polygon", {"rings": [star(301)]}, {}, "too complicated"),
    "lines that cross each other": ("Polyline", {"paths": [star(601)]}, {}, "too complicated"),
    "rings that cross each other": ("Polygon", {"rings": triangles(700)}, {}, "too complicated"),
    "one place again and again": ("Polygon", {"rings": [[[1, 41]] * 90_000]}, {}, "too complicated"),
    "many vertices": ("Multipoint", {"points": [[1, 41]] * 100_001}, {}, "more than 100,000 vertices"),
    "surroundings of many points": ("Multipoint", {"points": POINTS}, {"distance": "1000000"}, "'distance'"),
    "surroundings of long edges": ("Polyline", {"paths": [star(301)]}, {"distance": "1000"}, "'distance'"),
    "many edges to divide": (
        "Polyline", {"paths": [[[step % 2 * 9, step / 999] for step in range(20_000)]]}, {"inSR": "3857"}, "long edges",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "geometry", "more", "reason"), TOO_COMPLICATED.values(), ids=TOO_COMPLICATED)
def test_a_geometry_that_would_take_minutes_is_refused_with_the_reason(anonymous, kind, geometry, more, reason):
    form = {"geometryType": f"esriGeometry{kind}", "geometry": json.dumps(geometry), "inSR": "4326", **more}
    answer = answered_meanwhile(anonymous, form)
    assert reason in answer["error"]["details"][0]


def test_large_but_plain_geometries_are_answered(anonymous):
    turns = np.linspace(0, 2 * math.pi, 20_000)
    circle = np.column_stack([9.5 + 3.2 * np.cos(turns), 44.5 + 3.2 * np.sin(turns)]).tolist()
    bow_tie = [[0, 40], [9, 49], [9, 40], [0, 49], [0, 40]]
    for rings in ([circle], triangles(20), [bow_tie]):
        form = {"geometryType": "esriGeometryPolygon", "geometry": json.dumps({"rings": rings}), "inSR": "4326"}
        assert answered_meanwhile(anonymous, form)["count"] > 10


def test_surroundings_of_many_parts_are_those_of_each(anonymous):
    some = [[0, 40], [1, 40], [19, 49]]
    form = {"geometryType": "esriGeometryMultipoint", "geometry": json.dumps({"points": some}), "inSR": "4326"}
    assert answered_meanwhile(anonymous, form | {"distance": "1"})["count"] == 3
    assert answered_meanwhile(anonymous, form | {"distance": "90", "units": "esriSRUnit_Kilometer"})["count"] == 5


PLACE_ERRORS = [
    {"xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN"},
    {"xmin": None, "ymin": 40, "xmax": 1, "ymax": 41},
    {"xmin": [], "ymin": 40, "xmax": 1, "ymax": 41},
    {"xmin": float("-inf"), "ymin": 40, "xmax": "Infinity", "ymax": 41},
    {"xmin": 0, "ymin": 0, "xmax": 10**400, "ymax": 1},
    {"x": 1e200, "y": 1e200},
    {"x": {}, "y": True},
    {"paths": [[]]},
    {"paths": [[[0, 1e300], [1, 2]]]},
    {"rings": [[["a", "b"], [1, 2]]]},
    {"rings": 5},
    {"rings": [[[float("nan"), 1], [1, 2], [3, 4], [float("nan"), 1]]]},
]


@pytest.mark.parametrize("geometry", PLACE_ERRORS, ids=map(str, range(len(PLACE_ERRORS))))
def test_a_geometry_without_numbers_is_refused_by_its_name(anonymous, geometry):
    answer = anonymous.query(0, geometry=json.dumps(geometry), geometryType="esriGeometryPolygon")
    assert answer["error"]["details"] == ["'geometry' parameter is invalid"]


@pytest.mark.parametrize("distance", ["100", "-100", "1e300"])
@pytest.mark.parametrize(
    "geometry",
    ["0,95,1,99", "1e20,1e20", '{"rings":[]}', '{"points":[]}', '{"rings":[[[0,0],[1,1],[2,2],[0,0]]]}'],
)
def test_surroundings_of_what_has_none_are_no_internal_error(anonymous, geometry, distance):
    answer = anonymous.query(0, geometry=geometry, geometryType="esriGeometryPolygon", distance=distance)
    assert answer.get("features") == [] or answer["error"]["details"] == ["'geometry' parameter is invalid"]


HEAVY_CLAUSES = {
    "joined texts": ("||".join(["NAME"] * 200) + " = 'x'", "250,000 characters of text"),
    "one long text": (f"CONCAT({'NAME,' * 5000} NAME) = 'x'", "250,000 characters of text"),
    "many new texts": (" OR ".join(f"UPPER(NAME) = '{number}'" for number in range(2000)), "250,000 characters"),
    "copies of a long text": (f"{'UPPER(' * 9}COALESCE(CODE, '{'x' * 30_000}'){')' * 9} = 'x'", "250,000 characters"),
    "words": ("POPULATION IN (" + "1," * 60_000 + "1)", "at most 100,000"),
}


@pytest.mark.parametrize(("clause", "reason"), HEAVY_CLAUSES.values(), ids=HEAVY_CLAUSES)
def test_a_clause_that_would_take_gigabytes_is_refused_with_the_limit(anonymous, clause, reason):
    answer = answered_meanwhile(anonymous, {"where": clause})
    assert reason in answer["error"]["details"][0]


ORDINARY = {
    "ranges of ids": " OR ".join(f"(OBJECTID BETWEEN {start} AND {start + 3})" for start in range(1, 15_000, 10)),
    "thousands of ids": f"OBJECTID IN ({','.join(str(number) for number in range(1, 9999, 2))})",
    "joined names": "CODE || ' ' || NAME || ', ' || NAME LIKE 'a Citt%'",
    "many comparisons": " OR ".join(f"UPPER(NAME) = 'CITTÀ {number}'" for number in range(0, 400, 2)),
}


@pytest.mark.parametrize("clause", ORDINARY.values(), ids=ORDINARY)
def test_what_people_ask_for_is_within_the_limits(anonymous, clause):
    assert answered_meanwhile(anonymous, {"where": clause})["count"] > 40


def test_thousands_of_ids_are_within_the_limits_and_half_a_million_are_not(anonymous):
    form = {"objectIds": ",".join(map(str, range(1, 20_000)))}
    assert answered_meanwhile(anonymous, form) == {"count": 200}
    answer = answered_meanwhile(anonymous, {"objectIds": "1," * 500_000 + "1"})
    assert "more than 500,000 values" in answer["error"]["details"][0]


def test_an_id_that_no_row_can_have_is_refused_by_its_name(anonymous):
    answer = anonymous.query(0, objectIds=f"1,{10**30}")
    assert answer["error"]["details"] == ["'objectIds' parameter is invalid"]


def test_millions_of_characters_of_json_are_refused(anonymous):
    answer = answered_meanwhile(anonymous, {"outStatistics": f"[{'[],' * 700_000}[]]"})
    assert "more than 2,000,000 characters" in answer["error"]["details"][0]


BOUNDARIES = [[0, 5, 10], [0, 0, 3, 3, 20], [3, 3], [24.875, 0, 12.5], list(range(25)), [-5, -1], [0.125, 0.25, 0.375]]


@pytest.mark.parametrize("boundaries", BOUNDARIES, ids=map(str, BOUNDARIES))
def test_bins_count_what_lies_between_their_boundaries(anonymous, boundaries):
    asked = {"type": "fixedBoundariesBin", "onField": "SCORE", "parameters": {"boundaries": boundaries}}
    answer = anonymous.get(f"{anonymous.service()}/0/queryBins", where="1=1", bin=json.dumps(asked)).json()
    ordered, scores = sorted(boundaries), np.arange(200) / 8
    inside = [int(((scores >= low) & (scores < high)).sum()) for low, high in pairwise(ordered)]
    inside[-1] += int((scores == ordered[-1]).sum())
    assert [one["attributes"]["frequency"] for one in answer["features"]] == inside


@pytest.mark.parametrize("odd", ["NaN", float("inf"), float("nan")])
def test_bins_without_numbers_are_refused_by_their_name(anonymous, odd):
    for asked in (
        {"type": "fixedBoundariesBin", "onField": "SCORE", "parameters": {"boundaries": [0, odd]}},
        {"type": "autoIntervalBin", "onField": "SCORE", "parameters": {"numberOfBins": 3, "end": odd}},
    ):
        answer = anonymous.get(f"{anonymous.service()}/0/queryBins", where="1=1", bin=json.dumps(asked)).json()
        assert answer["error"]["details"] == ["'bin' parameter is invalid"]


def points(count):
    field, attributes = number_rows(pd.DataFrame(index=range(count)))
    where = shapely.points(np.arange(count), 0)
    return Layer(0, "points", [field], attributes, geometries=where, geometry_type="esriGeometryPoint")


def test_rows_that_are_computed_while_they_are_fetched_are_within_the_time_limit(monkeypatch):
    monkeypatch.setattr(layers, "MOST_SECONDS", 0.3)
    sql = "SELECT a.range FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1"
    with pytest.raises(ArcGISError) as ended:
        points(1).fetch(sql, [], lambda cursor: cursor.fetchall())
    assert "took longer" in ended.value.details[0]


def test_a_query_that_needs_too_much_memory_is_ended_and_the_next_one_is_answered(monkeypatch):
    monkeypatch.setattr(layers, "_QUERY_BYTES", 50_000_000)
    layer = points(1)
    with pytest.raises(ArcGISError) as ended:
        layer.fetch("SELECT list(range) FROM range(50000000)", [], lambda cursor: cursor.fetchall())
    assert "more memory" in ended.value.details[0]
    assert layer.fetch("SELECT 1", [], lambda cursor: cursor.fetchall()) == [(1,)]


def test_comparing_geometries_for_too_long_is_ended(monkeypatch):
    layer, rows = points(1000), np.arange(1000)
    asked = SpatialFilter(shapely.Point(5, 0).buffer(3.5), "intersects", is_box=False)
    assert asked.matching(layer, rows).tolist() == [2, 3, 4, 5, 6, 7, 8]
    monkeypatch.setattr(spatial_filter, "MOST_SECONDS", -1)
    with pytest.raises(ArcGISError) as ended:
        asked.matching(layer, rows)
    assert "Comparing geometries took longer" in ended.value.details[0]
