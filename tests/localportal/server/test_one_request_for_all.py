"""One request cannot stop the portal for everyone, and none ends in an internal error."""

import json
import random
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.http.time_limit import time_limit
from arcgis_export_widgets.localportal.layers.layer import Layer, number_rows
from arcgis_export_widgets.localportal.sharing.wildcards import has_words


@given(st.text("ab*?- _.é", min_size=1, max_size=6), st.text("aab- _.é", max_size=8))
def test_a_word_with_wildcards_is_found_where_the_regular_expression_finds_it(wanted, text):
    pattern = re.escape(wanted).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    assert has_words(wanted, text) is (re.search(rf"(?<!\w){pattern}(?!\w)", text) is not None)


LONG_SEARCHES = {
    "wildcards": "*" * 25 + "zzz",
    "wildcards and letters": "*a" * 3000 + "zzz",
    "question marks": "?" * 4000,
    "negations": "NOT " * 2400 + "towns",
    "minus signs": "-" * 9000 + "towns",
    "brackets": "(" * 5000 + "towns",
    "alternatives": " OR ".join(["t*w*n*s*x"] * 700),
    "too long": "a " * 100_000,
    "quotation marks": '"' * 9999,
}
LONG_CLAUSES = {
    "values": f"POPULATION IN ({','.join(map(str, range(100_000)))})",
    "values, as many as are allowed": f"POPULATION IN ({','.join(map(str, range(40_000)))})",
    "alternatives": " OR ".join(f"POPULATION = {number}" for number in range(20_000)),
    "alternatives, as many as are allowed": " OR ".join(["OBJECTID=1"] * 10_000),
    "quotes": "NAME = '" + "'" * 998_000,
    "quotes, as many as are allowed": "NAME = '" + "'" * 240_000,
    "sums": "POPULATION = " + "+".join("1" * 20_000),
    "words": "A " * 100_000,
    "brackets": "(" * 100_000 + "1=1" + ")" * 100_000,
    "negations": "NOT " * 50_000 + "1=1",
    "patterns": "NAME LIKE '" + "%a" * 50_000 + "'",
    "texts that grow": "NAME = " + "REPLACE(" * 50 + "NAME" + ", 'a', 'aaaaaaaaaaaaaaaaaaaa')" * 50,
    "brackets that never close": "(" * 200_000,
}


@pytest.mark.parametrize("search", LONG_SEARCHES.values(), ids=LONG_SEARCHES)
def test_a_search_does_not_keep_others_waiting(anonymous, search):
    answer = anonymous.meanwhile(lambda: anonymous.post("search", q=search))
    assert "results" in answer or answer["error"]["code"] == 400


@pytest.mark.parametrize("clause", LONG_CLAUSES.values(), ids=LONG_CLAUSES)
def test_a_where_clause_does_not_keep_others_waiting(anonymous, clause):
    url = f"{anonymous.service()}/0/query"
    answer = anonymous.meanwhile(lambda: anonymous.post(url, where=clause, returnCountOnly="true"))
    assert "count" in answer or answer["error"]["code"] == 400


@pytest.mark.parametrize(
    ("clause", "limit"), [("A" * 250_001, "250,000 are"), (" OR ".join(["1=1"] * 10_002), "10,000 are")]
)
def test_a_clause_that_is_too_long_is_refused_with_the_limit(anonymous, clause, limit):
    answer = anonymous.post(f"{anonymous.service()}/0/query", where=clause, returnCountOnly="true").json()
    assert limit in answer["error"]["details"][0]


ONE = {"statisticType": "count", "onStatisticField": "NAME"}
TOO_MANY = {
    "terms to sort by": {"orderByFields": ",".join(["NAME"] * 100_000)},
    "statistics": {"outStatistics": json.dumps([ONE] * 100_000)},
    "fields to group by": {"outStatistics": json.dumps([ONE]), "groupByFieldsForStatistics": ",".join(["NAME"] * 9999)},
    "groups": {
        "topFilter": json.dumps({"groupByFields": ",".join(["NAME"] * 9999), "topCount": 1, "orderByFields": ""})
    },
    "vertices": {"geometryType": "esriGeometryMultipoint", "geometry": json.dumps({"points": [[1, 2]] * 400_000})},
}


@pytest.mark.parametrize("form", TOO_MANY.values(), ids=TOO_MANY)
def test_more_terms_than_anybody_needs_are_refused_with_the_limit(anonymous, form):
    operation = "queryTopFeatures" if "topFilter" in form else "query"
    url = f"{anonymous.service()}/0/{operation}"
    answer = anonymous.meanwhile(lambda: anonymous.post(url, where="1=1", **form))
    assert "more than" in answer["error"]["details"][0]


CHANCE = random.Random(1)
CROSSING = [[CHANCE.random(), CHANCE.random()] for _ in range(300)]
COMPLICATED = {
    "edges that all cross": {"geometryType": "esriGeometryPolygon", "geometry": {"rings": [[*CROSSING, CROSSING[0]]]}},
    "a buffer around thousands of points": {
        "geometryType": "esriGeometryMultipoint", "distance": "1000",
        "geometry": {"points": [[number / 1000, 1] for number in range(9000)]},
    },
}  # fmt: skip


@pytest.mark.parametrize("form", COMPLICATED.values(), ids=COMPLICATED)
def test_a_geometry_that_would_take_minutes_is_refused(anonymous, form):
    form = form | {"geometry": json.dumps(form["geometry"]), "inSR": "4326", "returnCountOnly": "true"}
    url = f"{anonymous.service()}/0/query"
    answer = anonymous.meanwhile(lambda: anonymous.post(url, where="1=1", **form))
    assert "'geometry'" in answer["error"]["details"][0]


def test_a_clause_that_makes_long_texts_from_each_row_is_refused_with_the_limit(anonymous):
    clause = f"CONCAT('{'x' * 70_000}', NAME) = CONCAT('{'y' * 70_000}', CONCAT(NAME, '{'z' * 70_000}'))"
    answer = anonymous.post(f"{anonymous.service()}/0/query", where=clause, returnCountOnly="true").json()
    assert "250,000 characters of text" in answer["error"]["details"][0]


def test_a_query_whose_rows_go_on_for_ever_is_ended_while_they_are_fetched(monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.localportal.layers.layer.MOST_SECONDS", 0.3)
    field, attributes = number_rows(pd.DataFrame())
    layer = Layer(0, "x", [field], attributes)
    endless = "SELECT a.range FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 100000007 = 1"
    with pytest.raises(ArcGISError) as ended:
        layer.fetch(endless, (), lambda cursor: [None for _ in iter(cursor.fetchone, None)])
    assert "took longer" in ended.value.details[0]


def test_python_code_that_goes_on_for_ever_is_ended():
    def forever():
        while True:
            pass

    with pytest.raises(ArcGISError) as ended, time_limit("The search", 0.2):
        forever()
    assert "The search took longer than 0.2 s" in ended.value.details[0]


def test_a_query_that_goes_on_for_ever_is_ended(monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.localportal.layers.layer.MOST_SECONDS", 0.3)
    field, attributes = number_rows(pd.DataFrame())
    layer = Layer(0, "x", [field], attributes)
    with pytest.raises(ArcGISError) as ended:
        layer.run("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1")
    assert "took longer" in ended.value.details[0]
    assert layer.run("SELECT 1").fetchall() == [(1,)]


OPERATIONS = ["query", "queryBins", "queryTopFeatures", "queryRelatedRecords", "validateSQL", "getEstimates", ""]
PARAMETERS = [
    "where", "objectIds", "geometry", "geometryType", "inSR", "outSR", "defaultSR", "spatialRel", "relationParam",
    "distance", "units", "time", "outFields", "returnGeometry", "maxAllowableOffset", "geometryPrecision",
    "quantizationParameters", "resultOffset", "resultRecordCount", "resultType", "orderByFields", "outStatistics",
    "groupByFieldsForStatistics", "having", "returnDistinctValues", "returnCountOnly", "returnIdsOnly", "bin",
    "topFilter", "returnExtentOnly", "returnZ", "returnM", "sql", "relationshipId", "f", "maxRecordCountFactor",
    "returnCentroid",
]  # fmt: skip
STATISTIC = {"statisticType": "percentile_cont", "onStatisticField": "POPULATION", "outStatisticFieldName": "p"}
TEXTS = [
    "nojson",
    "1" * 500,
    "\ud800",
    "POPULATION DESC",
    "POPULATION",
    "esriGeometryPoint",
    "*",
    "NaN",
    "1,2,3,NaN",
    "1,2,3,4",
]
DOCUMENTS = [
    '"nojson"', "null", "[]", "{}", "[null]", "[[]]", "[1]", '["x"]', "1e400", "-1", "true",
    '[{"statisticType":null}]', '{"wkid":{}}', '{"wkid":1e99}', '{"wkt":5}', '{"wkid":-1}',
    '{"xmin":"NaN","ymin":"NaN","xmax":"NaN","ymax":"NaN"}', '{"xmin":null,"ymin":0,"xmax":1,"ymax":[]}',
    '{"x":"NaN","y":{}}', '{"xmin":NaN,"ymin":-Infinity,"xmax":1e999,"ymax":1}', '{"rings":[[["a","b"]]]}',
    '{"rings":[[[NaN,1],[1,2],[3,4],[NaN,1]]]}', '{"paths":[[1,2]]}', '{"points":"x"}',
    '{"type":"fixedIntervalBin","onField":"POPULATION"}',
    '{"type":"fixedBoundariesBin","onField":"POPULATION","parameters":{"boundaries":["a",null]}}',
    '{"type":"autoIntervalBin","onField":"POPULATION","parameters":{"numberOfBins":"NaN"}}',
    '{"type":"dateBin","onField":"OPENED","parameters":{"interval":{"value":1e30,"unit":"day"}}}',
    '{"groupByFields":null,"topCount":[],"orderByFields":{}}', '{"extent":{"xmin":"x"},"tolerance":"NaN"}',
    '{"extent":null,"tolerance":1e-320,"mode":"view"}',
]  # fmt: skip
STATISTICS = [json.dumps([STATISTIC | {"statisticParameters": odd}]) for odd in ([1], "x", {"value": {}}, 5)]
ODD = [*TEXTS, *DOCUMENTS, *STATISTICS]


@pytest.mark.parametrize("seed", range(25))
def test_no_parameter_ends_in_an_internal_error(student, seed):
    chance = random.Random(seed)
    for _ in range(30):
        path = f"{student.service()}/{chance.randrange(4)}/{chance.choice(OPERATIONS)}"
        chosen = chance.sample(PARAMETERS, chance.randint(1, 4))
        form = {name: chance.choice(ODD).encode("utf-8", "surrogatepass") for name in chosen}
        answer = student.request("POST", path, data={"f": "json", **form})
        assert answer.status_code == 200, (path, form)
        if "json" in answer.headers["Content-Type"]:
            assert answer.json().get("error", {}).get("code") != 500, (path, form)


@pytest.mark.parametrize(
    "path", ["search", "community/users", "content/users/student/export", "generateToken", "portals/self"]
)
def test_no_parameter_of_the_portal_ends_in_an_internal_error(student, path):
    names = [
        "q",
        "num",
        "start",
        "sortField",
        "bbox",
        "filter",
        "exportParameters",
        "itemId",
        "exportFormat",
        "expiration",
    ]
    chance = random.Random(path)
    for _ in range(60):
        form = {name: chance.choice(ODD).encode("utf-8", "surrogatepass") for name in chance.sample(names, 3)}
        answer = student.request("POST", path, data={"f": "json", **form})
        assert (answer.status_code, answer.json().get("error", {}).get("code")) != (200, 500), form
        assert answer.status_code == 200
