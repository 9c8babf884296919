"""Members, groups and what is shared with them, over raw HTTP."""

import uuid

import pytest


@pytest.fixture
def group(student):
    """A private group of the student's, gone afterwards."""
    made = student.post("community/createGroup", title=f"Geography {uuid.uuid4()}", tags="class,2026").json()["group"]
    yield made
    student.post(f"community/groups/{made['id']}/delete")


@pytest.fixture
def private_item(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    return started["exportItemId"]


def test_members_find_each_other_and_strangers_find_nobody(student, anonymous):
    found = student.get("community/users", q="t*").json()["results"]
    assert [user["username"] for user in found] == ["teacher"]
    assert anonymous.get("community/users", q="t*").json()["total"] == 0


def test_a_members_id_may_replace_the_name(student):
    found = student.get("community/users", q="username:colleague").json()["results"][0]
    assert student.get(f"community/users/{found['id']}").json()["username"] == "colleague"


def test_members_do_not_see_each_others_address_and_the_administrator_does(student, sign_in):
    assert "email" not in student.get("community/users/colleague").json()
    assert "email" in sign_in("teacher").get("community/users/colleague").json()


def test_the_organisation_lists_its_members_page_by_page(student):
    page = student.get("portals/self/users", num=3).json()
    assert [user["username"] for user in page["users"]] == ["student", "visitor", "teacher"]
    assert (page["total"], page["nextStart"]) == (4, 4)


def test_a_private_group_is_seen_by_its_members_only(student, sign_in, group):
    path = f"community/groups/{group['id']}"
    assert student.get(path).json()["userMembership"]["memberType"] == "owner"
    assert sign_in("colleague").get(path).json()["error"]["code"] == 400
    student.post(f"{path}/addUsers", users="colleague,nobody").json()
    assert sign_in("colleague").get(path).json()["userMembership"]["memberType"] == "member"
    assert student.get(f"{path}/users").json() == {"owner": "student", "admins": ["student"], "users": ["colleague"]}


def test_groups_are_found_by_the_words_of_their_title(student, anonymous, group):
    query = {"q": f'title:"{group["title"]}"'}
    assert [one["id"] for one in student.get("community/groups", **query).json()["results"]] == [group["id"]]
    assert anonymous.get("community/groups", **query).json()["results"] == []
    student.post(f"community/groups/{group['id']}/update", access="public")
    assert anonymous.get("community/groups", **query).json()["total"] == 1


def test_an_item_shared_with_a_group_is_there_for_its_members_only(student, sign_in, group, private_item):
    student.post(f"community/groups/{group['id']}/addUsers", users="visitor")
    shared = student.post(f"content/users/student/items/{private_item}/share", groups=group["id"]).json()
    assert shared == {"notSharedWith": [], "itemId": private_item}
    assert sign_in("visitor").get(f"content/items/{private_item}").json()["access"] == "shared"
    assert "error" in sign_in("colleague").get(f"content/items/{private_item}").json()
    content = sign_in("visitor").get(f"content/groups/{group['id']}").json()
    assert [item["id"] for item in content["items"]] == [private_item]
    assert [one["id"] for one in student.get(f"content/items/{private_item}/groups").json()["admin"]] == [group["id"]]
    assert student.get("search", q=f"group:{group['id']}").json()["total"] == 1


def test_what_is_taken_out_of_a_group_is_private_again(student, sign_in, group, private_item):
    student.post(f"community/groups/{group['id']}/addUsers", users="visitor")
    student.post("content/users/student/shareItems", items=private_item, groups=group["id"])
    answer = student.post("content/users/student/unshareItems", items=private_item, groups=group["id"]).json()
    assert answer == {"results": [{"itemId": private_item, "success": True, "notUnsharedFrom": []}]}
    assert "error" in sign_in("visitor").get(f"content/items/{private_item}").json()
    assert student.get(f"content/items/{private_item}").json()["access"] == "private"


def test_a_deleted_group_shares_nothing_any_more(student, sign_in, group, private_item):
    student.post(f"community/groups/{group['id']}/addUsers", users="visitor")
    student.post(f"content/users/student/items/{private_item}/share", groups=group["id"])
    student.post(f"community/groups/{group['id']}/delete")
    assert "error" in sign_in("visitor").get(f"content/items/{private_item}").json()


def test_nobody_shares_with_a_group_they_are_not_in(student, sign_in, private_item):
    own = sign_in("colleague").post("community/createGroup", title=f"Ours {uuid.uuid4()}", access="org").json()["group"]
    answer = student.post(f"content/users/student/items/{private_item}/share", groups=own["id"]).json()
    assert answer["notSharedWith"] == [own["id"]]


def test_only_its_owner_and_the_administrator_change_a_group(student, sign_in, group):
    student.post(f"community/groups/{group['id']}/addUsers", users="colleague")
    path = f"community/groups/{group['id']}/update"
    assert sign_in("colleague").post(path, title="Mine").json()["error"]["code"] == 403
    assert sign_in("teacher").post(path, title="Renamed").json()["success"]
    assert sign_in("visitor").post("community/createGroup", title="No").json()["error"]["code"] == 403


def test_joining_needs_an_open_group_and_leaving_a_member(student, sign_in, group):
    path = f"community/groups/{group['id']}"
    student.post(f"{path}/update", access="org", isInvitationOnly="true")
    colleague = sign_in("colleague")
    assert colleague.post(f"{path}/join").json()["error"]["code"] == 400
    student.post(f"{path}/update", isInvitationOnly="false")
    assert colleague.post(f"{path}/join").json()["success"]
    assert group["id"] in {one["id"] for one in colleague.get("community/self").json()["groups"]}
    assert colleague.post(f"{path}/leave").json()["success"]
    assert student.post(f"{path}/leave").json()["error"]["code"] == 400


def test_search_by_box_keeps_items_that_reach_into_it(anonymous):
    assert anonymous.get("search", q="towns", bbox="5,42,6,43").json()["total"] == 1
    assert anonymous.get("search", q="towns", bbox="100,-10,110,0").json()["total"] == 0
    assert anonymous.get("search", bbox="5,42").json()["error"]["details"] == ["'bbox' parameter is invalid"]
