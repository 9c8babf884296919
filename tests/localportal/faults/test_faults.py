"""Faults on demand, and who may switch them on."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import requests
import shapely

from arcgis_export_widgets.localportal import LocalPortalError

COUNT = {"where": "1=1", "returnCountOnly": "true"}


@pytest.fixture
def exported(student):
    started, _ = student.export("CSV", {"layers": [{"id": 0}]})
    return f"content/items/{started['exportItemId']}/data"


def test_an_exceeded_quota_is_an_error_inside_http_200_and_passes(portal, anonymous):
    portal.fault("rate_limit", 7, path="/query", times=1)
    answer = anonymous.get(f"{anonymous.service()}/0/query", **COUNT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, 429)
    assert answer.json()["error"]["details"][0].endswith("Retry after 7 sec.")
    assert anonymous.query(0, **COUNT) == {"count": 200}


def test_a_gateway_error_is_not_json(portal, anonymous):
    portal.fault("http_error", 502)
    answer = anonymous.get("portals/self")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")


def test_a_token_is_refused_as_often_as_asked(portal, sign_in):
    visitor = sign_in("visitor")
    portal.fault("invalid_token", times=1)
    assert visitor.get("community/self").json()["error"]["code"] == 498
    assert visitor.get("community/self").json()["username"] == "visitor"


def test_a_truncated_body_is_shorter_than_its_content_length(portal, student, exported):
    portal.fault("truncate", 0.5, path="/data")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        student.request("GET", exported)


def test_an_error_comes_in_place_of_a_file(portal, student, exported):
    portal.fault("error_as_data", path="/data")
    answer = student.request("GET", exported)
    assert answer.status_code == 200
    assert "error" in answer.json()


def test_the_file_on_another_host_refuses_a_token(portal, student, exported):
    portal.fault("redirect")
    answer = student.request("GET", exported, allow_redirects=False)
    url = answer.headers["Location"]
    assert (answer.status_code, url.startswith("http://localhost:")) == (302, True)
    assert requests.get(url, params={"token": student.token}, timeout=60).status_code == 400
    assert requests.get(url, timeout=60).content.startswith("\ufeffOBJECTID".encode())


def test_a_stuck_job_continues_when_the_fault_is_cleared(portal, student):
    portal.fault("job_stuck", times=1)
    form = {"itemId": student.service_item(), "exportFormat": "CSV", "title": "x"}
    started = student.post("content/users/student/export", **form).json()
    path = f"content/users/student/items/{started['exportItemId']}/status"
    assert student.get(path, jobId=started["jobId"]).json()["status"] == "processing"
    portal.clear_faults()
    assert student.wait(started)["status"] == "completed"


def test_a_failing_job_gives_the_reason_it_was_given(portal, student):
    reason = json.dumps({"code": 400, "message": "Index was outside the bounds of the array."})
    portal.fault("job_failed", reason, times=1)
    _, status = student.export("CSV", {"layers": [{"id": 3}]})
    assert (status["status"], status["statusMessage"]) == ("failed", reason)


def test_a_cap_is_lower_than_the_layer_says_and_sets_exceeded_transfer_limit(portal, anonymous):
    portal.fault("cap", 7)
    answer = anonymous.query(0, where="1=1", resultRecordCount=50)
    assert (len(answer["features"]), answer["exceededTransferLimit"]) == (7, True)


def test_shuffled_pages_overlap(portal, anonymous):
    portal.fault("shuffle")
    pages = [anonymous.query(0, outFields="OBJECTID", resultRecordCount=100, resultOffset=o) for o in (0, 100)]
    ids = [feature["attributes"]["OBJECTID"] for page in pages for feature in page["features"]]
    assert (len(ids), len(set(ids)) < 200) == (200, True)


def test_only_administrators_and_the_starting_process_may_use_the_control_interface(portal, sign_in, anonymous):
    url = f"{portal.url}/localportal/faults"
    assert anonymous.post(url, kind="cap").json()["error"]["code"] == 403
    assert sign_in("student").post(url, kind="cap").json()["error"]["code"] == 403
    assert "rate_limit" in sign_in("teacher").get(url).json()["kinds"]
    with pytest.raises(LocalPortalError, match="Unknown fault 'earthquake'"):
        portal.fault("earthquake")


def test_a_frame_becomes_a_layer_and_hidden_fields_stay_hidden(portal, student, sign_in, tmp_path):
    frame = pd.DataFrame({"OPEN": ["a", "b"], "SECRET": [1, 2]})
    item_id = portal.add(frame, "Staff list", allow_export=True, hidden_fields=["SECRET"])
    item = student.get(f"content/items/{item_id}").json()
    assert "View Service" in item["typeKeywords"]
    layer = student.get(f"{item['url']}/0").json()
    assert ([field["name"] for field in layer["fields"]], layer["isView"]) == (["OBJECTID", "OPEN"], True)
    error = student.get(f"{item['url']}/0/query", where="SECRET = 1").json()["error"]
    assert error["details"] == ["'Invalid field: SECRET' parameter is invalid"]

    def columns(caller, parameters):
        started, _ = caller.export("CSV", parameters, itemId=item_id)
        return list(pd.read_csv(caller.download(started, tmp_path)).columns)

    assert columns(student, {}) == ["OBJECTID", "OPEN", "SECRET"]
    assert columns(student, {"enforceFieldVisibility": True}) == ["OBJECTID", "OPEN"]
    assert columns(sign_in("colleague"), {}) == ["OBJECTID", "OPEN"]


def test_a_frame_with_measures_is_refused_before_they_are_lost(portal):
    frame = gpd.GeoDataFrame({"A": [1]}, geometry=shapely.from_wkt(["POINT M (1 2 3)"]), crs=4326)
    with pytest.raises(LocalPortalError, match=r"measures \(M\)"):
        portal.add(frame, "Measured")


def test_a_connection_that_is_cut_before_the_work_leaves_no_trace(portal, student):
    portal.fault("reset", path="/createFolder", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        student.post("content/users/student/createFolder", title="never made")
    folders = student.get("content/users/student").json()["folders"]
    assert "never made" not in [folder["title"] for folder in folders]


def test_a_lost_answer_hides_work_that_was_done(portal, student):
    portal.fault("lost_answer", path="/export", times=1)
    form = {"itemId": student.service_item(), "exportFormat": "CSV", "title": "lost but there"}
    with pytest.raises(requests.exceptions.ConnectionError):
        student.post("content/users/student/export", **form)
    assert student.get("search", q='title:"lost but there"').json()["total"] == 1


def test_a_sign_in_page_comes_in_place_of_json(portal, student):
    portal.fault("login_page", path="portals/self")
    answer = student.get("portals/self")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Sign in</title>" in answer.text


def test_a_token_is_required_although_it_was_sent(portal, student):
    portal.fault("token_required", times=1)
    assert student.get("community/self").json()["error"]["code"] == 499


def test_json_cut_short_cannot_be_read_although_its_length_agrees(portal, anonymous):
    portal.fault("cut_short", 0.5, path="/query")
    answer = anonymous.get(f"{anonymous.service()}/0/query", where="1=1", outFields="*")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_repeated_feature_takes_the_place_of_another(portal, anonymous):
    portal.fault("repeat")
    answer = anonymous.query(0, where="OBJECTID <= 5", outFields="OBJECTID")
    assert [feature["attributes"]["OBJECTID"] for feature in answer["features"]] == [1, 2, 3, 4, 1]


def test_object_ids_are_null_although_there_are_features(portal, anonymous):
    portal.fault("null_ids")
    assert anonymous.query(0, where="1=1", returnIdsOnly="true")["objectIds"] is None


def test_a_count_drifts_from_the_features(portal, anonymous):
    portal.fault("count_drift", 3)
    assert anonymous.query(0, **COUNT) == {"count": 203}


@pytest.mark.parametrize("kind", ["json", "pbf"])
def test_a_count_that_drifts_below_zero_is_zero(portal, anonymous, kind):
    portal.fault("count_drift", -1000, path="/query")
    url = f"{anonymous.service()}/0/query"
    answer = requests.get(url, {"f": kind, "where": "1=1", "returnCountOnly": "true"}, timeout=60)
    assert answer.status_code == 200
    if kind == "json":
        assert answer.json() == {"count": 0}
    else:
        assert answer.headers["Content-Type"] == "application/x-protobuf"
