"""Operations over whole services and groups of features, over raw HTTP."""

import json

import geopandas as gpd
import pytest


def test_several_layers_answer_one_query(anonymous):
    definitions = {"0": "POPULATION >= 19800", "1": "AREA_NAME_IN_SHORT = 'r'"}
    answer = anonymous.get(f"{anonymous.service()}/query", layerDefs=json.dumps(definitions)).json()
    assert [(layer["id"], len(layer["features"])) for layer in answer["layers"]] == [(0, 2), (1, 1)]


@pytest.mark.parametrize(
    "definitions",
    ["0:POPULATION >= 19800;3:1=1", '[{"layerId": 0, "where": "POPULATION >= 19800"}, {"layerId": 3}]'],
)
def test_layer_definitions_are_read_in_every_documented_form(anonymous, definitions):
    parameters = {"layerDefs": definitions, "returnCountOnly": "true"}
    answer = anonymous.get(f"{anonymous.service()}/query", **parameters).json()
    assert answer == {"layers": [{"id": 0, "count": 2}, {"id": 3, "count": 2}]}


@pytest.mark.parametrize("definitions", ["9:1=1", "nonsense", "[1]", '{"x": ""}'])
def test_layer_definitions_that_mean_nothing_are_refused(anonymous, definitions):
    answer = anonymous.get(f"{anonymous.service()}/query", layerDefs=definitions).json()
    assert answer["error"]["details"] == ["'layerDefs' parameter is invalid"]


def top(anonymous, wanted, /, **parameters):
    url = f"{anonymous.service()}/0/queryTopFeatures"
    return anonymous.get(url, topFilter=json.dumps(wanted), **parameters).json()


def test_top_features_are_the_first_of_every_group(anonymous):
    wanted = {"groupByFields": "CODE", "topCount": 2, "orderByFields": "POPULATION DESC"}
    answer = top(anonymous, wanted, outFields="CODE,POPULATION", where="POPULATION < 19000", returnGeometry="false")
    found = {(one["attributes"]["CODE"], one["attributes"]["POPULATION"]) for one in answer["features"]}
    # CODE repeats a, b, null, it's; every tenth population (0, 1000, ...) is null
    assert found == {("a", 18800), ("a", 18400), ("b", 18900), ("b", 18500), (None, 18600), (None, 18200),
                     ("it's", 18700), ("it's", 18300)}  # fmt: skip


def test_top_features_can_be_counted_and_chosen_by_place(anonymous):
    wanted = {"groupByFields": "CODE", "topCount": 1, "orderByFields": "SCORE"}
    assert top(anonymous, wanted, returnCountOnly="true") == {"count": 4}
    assert top(anonymous, wanted, returnIdsOnly="true", geometry="0,40,0,40")["objectIds"] == [1]


@pytest.mark.parametrize(
    "wanted",
    [None, {}, {"groupByFields": "CODE", "topCount": 0, "orderByFields": "SCORE"}, {"groupByFields": "", "topCount": 1,
     "orderByFields": "SCORE"}, {"groupByFields": "CODE", "topCount": "many", "orderByFields": "SCORE"}],
)  # fmt: skip
def test_a_top_filter_that_means_nothing_is_refused(anonymous, wanted):
    assert top(anonymous, wanted)["error"]["details"] == ["'topFilter' parameter is invalid"]


def test_estimates_have_count_and_extent_and_for_tables_the_count(anonymous):
    estimate = anonymous.get(f"{anonymous.service()}/0/getEstimates").json()
    assert estimate["count"] == 200
    assert [estimate["extent"][key] for key in ("xmin", "ymin", "xmax", "ymax")] == [0, 40, 19, 49]
    some = anonymous.get(f"{anonymous.service()}/getEstimates", layers="[0, 3]").json()["layerEstimates"]
    assert [(one["layerId"], one["count"], "extent" in one) for one in some] == [(0, 200, True), (3, 2, False)]


def test_a_layer_without_relationships_refuses_every_relationship(anonymous):
    url = f"{anonymous.service()}/0/queryRelatedRecords"
    answer = anonymous.get(url, objectIds="1", relationshipId="0").json()
    assert answer["error"]["code"] == 400


@pytest.mark.parametrize("count", [0, 1])
def test_a_local_system_and_an_empty_layer_are_served_like_any_other(portal, student, anonymous, count):
    yard = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([1], [2]), crs='LOCAL_CS["yard",UNIT["m",1]]')
    item_id = portal.add(yard.head(count), f"Yard {count}")
    assert item_id in {item["id"] for item in student.get("content/users/student", num=100).json()["items"]}
    url = student.get(f"content/items/{item_id}").json()["url"]
    counted = {"where": "1=1", "returnCountOnly": "true"}
    assert anonymous.get(f"{url}/0/query", **counted).json() == {"count": count}
    assert anonymous.get(f"{url}/1/query", **counted).json()["error"]["message"] == "Invalid URL"


def test_an_unknown_operation_is_an_invalid_url_in_the_envelope(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/0/applyMagic")
    assert (answer.status_code, answer.json()["error"]["message"]) == (200, "Invalid URL")


def test_answers_are_not_cached_so_what_becomes_private_is_not_shown(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/0/query", where="1=1", returnCountOnly="true")
    assert "max-age=0" in answer.headers["Cache-Control"]


def test_a_refusal_is_not_cached_so_it_is_not_shown_after_a_sign_in(anonymous):
    answer = anonymous.get("community/self")
    assert answer.json()["error"]["code"] == 499
    assert answer.headers["Cache-Control"] == "no-store"
