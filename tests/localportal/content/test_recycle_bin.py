"""Deleted items lie in the recycle bin until they are deleted for good, over raw HTTP."""

import pytest


@pytest.fixture
def deleted(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    item_id = started["exportItemId"]
    assert student.post(f"content/users/student/items/{item_id}/delete").json()["success"]
    return item_id


def in_bin(student):
    content = student.get("content/users/student", inRecycleBin="true", num=100).json()
    return [item["id"] for item in content["items"]]


def test_a_deleted_item_is_gone_for_everybody_and_in_its_owners_bin(student, sign_in, deleted):
    for caller in (student, sign_in("teacher")):
        assert caller.get(f"content/items/{deleted}").json()["error"]["messageCode"] == "CONT_0001"
        assert caller.get(f"content/items/{deleted}/data").json()["error"]["messageCode"] == "CONT_0001"
    assert deleted in in_bin(student)


def test_a_restored_item_has_its_file_again(student, deleted):
    assert student.post(f"content/users/student/items/{deleted}/restore").json() == {"success": True, "itemId": deleted}
    assert student.get(f"content/items/{deleted}/data").text.splitlines()[0] == "OBJECTID,CODE,LABEL"
    assert deleted not in in_bin(student)


def test_what_is_deleted_for_good_cannot_be_restored(student, deleted):
    path = f"content/users/student/items/{deleted}"
    assert student.post(f"{path}/delete", permanentDelete="true").json()["success"]
    assert student.post(f"{path}/restore").json()["error"]["messageCode"] == "CONT_0001"
    assert deleted not in in_bin(student)


def test_nobody_restores_what_another_has_deleted(sign_in, deleted):
    answer = sign_in("colleague").post(f"content/users/colleague/items/{deleted}/restore").json()
    assert answer["error"]["messageCode"] == "CONT_0001"
    answer = sign_in("colleague").post(f"content/users/student/items/{deleted}/restore").json()
    assert answer["error"]["code"] == 403


def test_permanent_delete_leaves_nothing_in_the_bin(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    form = {"items": started["exportItemId"], "permanentDelete": "true"}
    assert student.post("content/users/student/deleteItems", **form).json()["results"][0]["success"]
    assert started["exportItemId"] not in in_bin(student)


def test_the_portal_says_that_it_has_a_bin(student):
    portal = student.get("portals/self").json()
    assert portal["recycleBinSupported"]
    assert portal["recycleBinEnabled"]


def test_one_member_does_not_reach_into_the_content_of_another(student, sign_in, anonymous):
    colleague, teacher = sign_in("colleague"), sign_in("teacher")
    for path, form in (("", {}), ("/createFolder", {"title": "Mine now"}), ("/deleteItems", {"items": "0" * 32})):
        for caller, code in ((colleague, 403), (anonymous, 499)):
            answer = caller.post(f"content/users/student{path}", **form).json()
            assert answer["error"]["code"] == code, (path, caller.username)
    assert teacher.get("content/users/student").json()["username"] == "student"
    assert "Mine now" not in [folder["title"] for folder in student.get("content/users/student").json()["folders"]]
