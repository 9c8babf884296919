"""Whatever is asked, the answer has no path of the machine, no secret and no sign of a crash."""

import json
import re
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arcgis_export_widgets.localportal.server.routes import ROUTES

PACKAGE = str(Path(__file__).resolve().parents[3])
FORBIDDEN = (tempfile.gettempdir() + "/", PACKAGE, sys.prefix, "Traceback", "duckdb", "scrypt", "site-packages")
BAD = ("", "'", "-1", "9" * 30, "nan", "../../etc/passwd", "[]", "{}", "null", '{"a":', "é\u202e", "%00", "1,2,3,4")


def check(answer):
    assert answer.status_code < 500, answer.text
    for text in FORBIDDEN:
        assert text not in answer.text, (answer.url, text)


@pytest.mark.parametrize("username", [None, "student", "visitor", "teacher"])
@pytest.mark.parametrize("wanted", ["json", "html"])
def test_no_address_reveals_the_machine(portal, sign_in, anonymous, username, wanted):
    caller = sign_in(username) if username else anonymous
    item_id = anonymous.service_item()
    values = {"item_id": item_id, "username": "student", "service": "towns", "layer_id:int": "0", "object_id:int": "1"}
    for path, method in [(path, method) for path, _, methods in ROUTES for method in methods]:
        if path.startswith("/localportal/expireTokens") or path.endswith("/delete"):
            continue  # would end the session, or the data that other tests read
        filled = re.sub(r"\{([^}]+)\}", lambda match: values.get(match[1], "nothing"), path)
        place = "params" if method == "GET" else "data"
        check(caller.request(method, f"{portal.url}{filled}", **{place: {"f": wanted}}))


QUERY_PARAMETERS = (
    "where", "objectIds", "geometry", "geometryType", "inSR", "outSR", "spatialRel", "relationParam", "distance",
    "units", "time", "outFields", "returnGeometry", "maxAllowableOffset", "geometryPrecision", "returnDistinctValues",
    "returnIdsOnly", "returnCountOnly", "returnExtentOnly", "orderByFields", "groupByFieldsForStatistics",
    "outStatistics", "having", "returnZ", "returnM", "resultOffset", "resultRecordCount", "resultType",
    "quantizationParameters", "returnCentroid", "maxRecordCountFactor", "topFilter", "bin", "layerDefs", "f",
)  # fmt: skip
STATISTIC = '[{{"statisticType": "{}", "onStatisticField": "{}", "outStatisticFieldName": "{}"}}]'
TEXT = st.sampled_from(["POPULATION", "NAME", "*", '"', 'a" FROM x; --', "count(*)", "1) OR (1=1", "layer xmin", "é"])
VALUES = st.one_of(
    st.sampled_from(BAD),
    st.sampled_from(["true", "1", "0", "json", "pbf", "geojson", "4326", "POPULATION DESC", "0,40,5,45", "tile"]),
    TEXT,
    st.builds(STATISTIC.format, st.sampled_from(["sum", "count", "PERCENTILE_CONT", "eval"]), TEXT, TEXT),
    st.builds(lambda x, y: json.dumps({"x": x, "y": y}), st.floats(), st.integers()),
    st.builds(lambda rings: json.dumps({"rings": rings}), st.lists(st.lists(st.tuples(st.floats(), st.integers())))),
)
OPERATIONS = st.sampled_from(["0/query", "1/query", "3/query", "0/queryTopFeatures", "0/queryBins", "query"])


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    operation=OPERATIONS, parameters=st.dictionaries(st.sampled_from(QUERY_PARAMETERS), VALUES, min_size=1, max_size=6)
)
def test_no_query_crashes_the_portal(anonymous, operation, parameters):
    answer = anonymous.post(f"{anonymous.service()}/{operation}", **parameters)
    check(answer)
    if answer.headers["Content-Type"].startswith("application/json"):
        assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("name", QUERY_PARAMETERS)
def test_no_bad_value_of_one_parameter_crashes_the_portal(anonymous, name):
    for value in BAD:
        for operation in ("0/query", "0/queryBins"):
            check(anonymous.post(f"{anonymous.service()}/{operation}", **{"where": "1=1", name: value}))
