"""Whatever stands where another type of value should be, the answer is never an internal error."""

import copy
import json
import random

import geopandas as gpd
import pytest
import shapely

EXTENT = {"xmin": 0, "ymin": 40, "xmax": 5, "ymax": 45, "spatialReference": {"wkid": 4326, "latestWkid": 4326}}
RING = [[0, 40], [0, 45], [5, 45], [0, 40]]
GEOMETRIES = [
    EXTENT,
    {"x": 1, "y": 41, "spatialReference": {"wkid": 102100}},
    {"points": [[1, 41], [2, 42]]},
    {"paths": [RING[:3], RING[1:]]},
    {"rings": [RING, [[1, 44], [2, 44], [2, 43], [1, 44]]]},
]
PERCENTILE = {
    "statisticType": "percentile_cont",
    "onStatisticField": "POPULATION",
    "outStatisticFieldName": "p",
    "statisticParameters": {"value": 0.5, "orderBy": "ASC"},
}
BINS = [
    {"type": "autoIntervalBin", "onField": "POPULATION", "parameters": {"numberOfBins": 3, "start": 0, "end": 9}},
    {"type": "fixedIntervalBin", "onField": "SCORE", "parameters": {"interval": 10, "start": 0, "end": 99}},
    {"type": "fixedBoundariesBin", "onField": "SCORE", "parameters": {"boundaries": [0, 5, 10]}},
    {"type": "dateBin", "onField": "OPENED", "parameters": {"interval": {"value": 1, "unit": "month"}}},
]
GRID = {"extent": EXTENT, "tolerance": 0.1, "mode": "view", "originPosition": "upperLeft"}
TOP = {"groupByFields": "CODE", "topCount": 2, "orderByFields": "POPULATION DESC"}
STATISTICS = [PERCENTILE, {"statisticType": "max", "onStatisticField": "NAME"}]
QUERY = {
    "where": ["1=1", "POPULATION > 5", ""],
    "geometry": GEOMETRIES,
    "geometryType": ["esriGeometryEnvelope", "esriGeometryPolygon", "esriGeometryMultipoint"],
    "inSR": [{"wkid": 4326}, {"wkt": 'GEOGCS["x"]'}, 102100],
    "outSR": [{"wkid": 102100}, 4326, {"latestWkid": 3857}],
    "spatialRel": ["esriSpatialRelContains", "esriSpatialRelRelation"],
    "relationParam": ["T********"],
    "distance": [0, 100, -5],
    "units": ["esriSRUnit_Meter"],
    "objectIds": ["1,2,3"],
    "outFields": ["*", "NAME"],
    "orderByFields": ["NAME DESC"],
    "quantizationParameters": [GRID],
    "maxAllowableOffset": [0.5],
    "geometryPrecision": [3],
    "resultOffset": [5],
    "resultRecordCount": [5],
    "resultType": ["tile"],
    "maxRecordCountFactor": [2],
    "returnIdsOnly": [True],
    "returnCountOnly": [True],
    "returnExtentOnly": [True],
    "returnDistinctValues": [True],
    "outStatistics": [STATISTICS],
    "groupByFieldsForStatistics": ["CODE"],
    "having": ["COUNT(*) > 1"],
    "f": ["json", "pbf", "geojson", "html"],
}
SERVICE = {
    "layerDefs": [{"0": "1=1"}, [{"layerId": 0, "where": "1=1", "outFields": "NAME"}], "0:1=1;1:1=1"],
    "layers": ["0,1"],
    "layerQueries": [{"0": {"where": "1=1", "queryOption": "useFilter"}}],
    "dataFormat": ["json", "csv"],
    "replicaName": ["x"],
    "replicaSR": [{"wkid": 102100}],
    "geometry": GEOMETRIES,
    "geometryType": ["esriGeometryEnvelope"],
    "inSR": [4326],
    "async": [True],
}
PORTAL = {
    "q": ["towns", "created:[0 TO 9]", 'type:"CSV"'],
    "filter": ["owner:student"],
    "bbox": ["0,0,1,1"],
    "num": [5],
    "start": [1],
    "sortField": ["title"],
    "sortOrder": ["desc"],
    "username": ["student"],
    "password": ["learn-arcgis"],
    "expiration": [60],
    "client": ["referer", "ip"],
    "referer": ["http://x"],
    "grant_type": ["password", "client_credentials", "refresh_token"],
    "client_id": ["app"],
    "refresh_token": ["x"],
}
EXPORT = {
    "itemId": ["{item}"],
    "exportFormat": ["CSV", "GeoJson"],
    "title": ["x"],
    "exportParameters": [
        {"layers": [{"id": 0, "where": "1=1", "includeGeometry": True}], "targetSR": {"wkid": 102100}}
    ],
}
OPERATIONS = {
    "{layer}/query": QUERY,
    "{layer}/queryBins": QUERY | {"bin": BINS},
    "{layer}/queryTopFeatures": QUERY | {"topFilter": [TOP]},
    "{layer}/validateSQL": {"sql": ["1=1"]},
    "{service}/query": SERVICE,
    "{open}/createReplica": SERVICE,
    "{service}/getEstimates": SERVICE,
    "{service}/queryDomains": SERVICE,
    "search": PORTAL,
    "community/users": PORTAL,
    "community/groups": PORTAL,
    "generateToken": PORTAL,
    "oauth2/token": PORTAL,
    "content/users/student/export": EXPORT,
}
NEEDED = ["bin", "topFilter", "layerDefs", "sql", "itemId", "exportFormat", "q", "username", "password", "grant_type"]
DEEP = '[{"a":' * 40 + "1" + "}]" * 40
# `RAW` is replaced by what json.dumps cannot write
RAW = ["1e400", "-1e400", "NaN", "9" * 400, DEEP, '"\\ud800"', '"\\u0000"', "1e-400", "-0.0"]
ODD = [
    None, True, False, 0, -1, 1.5, 10**30, -(2**63), 2**31, 1e308, "", "NaN", "Infinity", "x", "'", "1", "-1", "null",
    "1e400", "é" * 50, [], {}, [[]], [None], [1, "x"], [[[]]], {"a": 1}, {"wkid": None}, [{}], "%s", "0x10", "٣",
]  # fmt: skip


def places_in(document, path=()):
    """Every place in a JSON document, as the keys and indexes that lead to it."""
    yield path
    inside = document.items() if isinstance(document, dict) else enumerate(document) if type(document) is list else ()
    for key, value in inside:
        yield from places_in(value, (*path, key))


def with_odd_value(document, chance):
    """The document as text, with something else in one place."""
    path = chance.choice(list(places_in(document)))
    raw = chance.choice(RAW) if chance.random() < 0.3 else json.dumps(chance.choice(ODD))
    if not path:
        return raw if chance.random() < 0.5 else raw.strip('"')
    changed = copy.deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if isinstance(inner, dict) and chance.random() < 0.2:
        del inner[path[-1]]
    else:
        inner[path[-1]] = "RAW"
    return json.dumps(changed).replace('"RAW"', raw)


def as_text(document):
    return document if isinstance(document, str) else json.dumps(document)


def one_request(operation, chance):
    """The parameters of a sensible request, of which one or two are odd."""
    known = OPERATIONS[operation]
    names = chance.sample(list(known), min(len(known), chance.randint(1, 5)))
    names = list(dict.fromkeys([*names, *(name for name in NEEDED if name in known)]))
    odd = chance.sample(names, min(len(names), chance.randint(1, 2)))
    return {
        name: with_odd_value(one, chance) if name in odd else as_text(one)
        for name in names
        for one in [chance.choice(known[name])]
    }


@pytest.fixture(scope="module")
def places_to_ask(portal, student):
    """What stands in braces in the requests: addresses and an item."""
    frame = gpd.GeoDataFrame({"POPULATION": [1, 2, 3]}, geometry=shapely.points([1, 2, 3], [41, 42, 43]), crs=4326)
    replicated = portal.add(frame, "Odd points", allow_export=True)
    return {
        "service": student.service(),
        "open": student.get(f"content/items/{replicated}").json()["url"],
        "item": student.service_item(),
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_odd_value_anywhere_is_never_an_internal_error(student, places_to_ask, operation):
    chance = random.Random(operation)
    for _ in range(60):
        layer = f"{student.service()}/{chance.randrange(4)}"
        path = operation.format(layer=layer, **places_to_ask)
        form = one_request(operation, chance)
        if form.get("itemId") == "{item}":
            form["itemId"] = places_to_ask["item"]
        answer = student.request("POST", path, data={"f": "json", **form})
        assert answer.status_code == 200, (path, form)
        if "json" in answer.headers["Content-Type"]:
            content = answer.json()
            assert not isinstance(content, dict) or content.get("error", {}).get("code") != 500, (path, form)
