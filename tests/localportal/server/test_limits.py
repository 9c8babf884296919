"""What the portal refuses to protect itself, and what it never tells."""

import re

import pytest
import requests


def chunks(size_bytes):
    yield b"f=json&where="
    for _ in range(size_bytes // 1_000_000):
        yield b"x" * 1_000_000


@pytest.mark.parametrize("body", [b"where=" + b"x" * 20_000_001, chunks(30_000_000)], ids=["announced", "in_chunks"])
def test_a_body_that_is_too_large_is_refused(anonymous, body):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = requests.post(f"{anonymous.service()}/0/query?f=json", data=body, headers=headers, timeout=60)
    except requests.ConnectionError:
        return  # the server may hang up on a sender that goes on
    assert answer.json()["error"]["code"] == 413


def test_thousands_of_fields_are_refused(anonymous):
    answer = anonymous.post(f"{anonymous.service()}/0/query", **{f"a{number}": "1" for number in range(2000)})
    assert answer.json()["error"]["code"] == 400


def test_no_more_features_come_than_the_layer_allows(anonymous):
    layer = anonymous.get(f"{anonymous.service()}/0").json()
    assert layer["maxRecordCount"] == 2000
    answer = anonymous.query(0, where="1=1", resultRecordCount=10**9)
    assert len(answer["features"]) == 200
    huge = anonymous.query(0, where="1=1", resultRecordCount=10**400)
    assert huge["error"]["code"] == 400


def test_a_form_may_come_as_multipart_too(anonymous):
    answer = requests.post(
        f"{anonymous.service()}/0/query",
        files={"where": (None, "OBJECTID < 3"), "returnCountOnly": (None, "true"), "f": (None, "json")},
        timeout=60,
    )
    assert answer.json() == {"count": 2}


def test_no_answer_names_a_folder_of_the_machine(student, data_file, portal):
    started, _ = student.export("CSV", {"layers": [{"id": 0}]})
    failed, status = student.export("Shapefile", {"layers": [{"id": 0, "where": "NOPE = 1"}]})
    paths = ["portals/self", f"content/items/{started['exportItemId']}", "search?q=*", "content/users/student",
             f"{portal.url}/arcgis/rest/services", student.service(), f"{student.service()}/layers",
             f"content/users/student/items/{failed['exportItemId']}/status"]  # fmt: skip
    answers = " ".join([str(status), *(student.get(path).text for path in paths)])
    assert str(data_file.parent) not in answers
    assert not re.search(r"/tmp/|site-packages|localportal-", answers)


@pytest.mark.parametrize(
    "path",
    ["content/items/..%2F..%2Fetc%2Fpasswd/data", "content/items/%2e%2e/data", "content/items/x/data?f=html"],
)
def test_no_path_leads_out_of_the_items(anonymous, path):
    answer = anonymous.request("GET", path)
    assert "root:" not in answer.text
    assert "CONT_0001" in answer.text or answer.status_code == 404


def test_passwords_and_tokens_are_in_no_answer_of_others(student, sign_in):
    answers = (
        sign_in("teacher").get("community/users/student").text
        + sign_in("colleague").get("community/users/student").text
    )
    assert student.token not in answers
    assert "password" not in answers.lower()
    assert "privileges" not in sign_in("colleague").get("community/users/student").json()
