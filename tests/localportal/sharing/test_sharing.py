"""Sign-in, search, items and sharing over raw HTTP."""

import urllib.parse

import pytest
import requests

NOT_THERE = {"error": {"code": 400, "messageCode": "CONT_0001", "message": "Item does not exist or is inaccessible.",
                       "details": []}}  # fmt: skip


def test_a_wrong_password_is_reported_as_in_arcgis(anonymous):
    answer = anonymous.post("generateToken", username="student", password="guess")
    assert answer.status_code == 200
    assert answer.json()["error"] == {
        "code": 400, "message": "Unable to generate token.", "details": ["Invalid username or password."],
    }  # fmt: skip


@pytest.mark.parametrize("place", ["X-Esri-Authorization", "Authorization", "query", "form", "cookie"])
def test_a_token_is_taken_from_wherever_clients_put_it(portal, student, place):
    url = f"{portal.url}/sharing/rest/community/self"
    arguments = {"params": {"f": "json"}}
    if place == "query":
        arguments["params"]["token"] = student.token
    elif place == "form":
        answer = requests.post(url, data={"f": "json", "token": student.token}, timeout=60)
        assert answer.json()["username"] == "student"
        return
    elif place == "cookie":
        arguments["cookies"] = {"esri_auth": urllib.parse.quote(f'{{"token":"{student.token}"}}')}
    else:
        arguments["headers"] = {place: f"Bearer {student.token}"}
    assert requests.get(url, timeout=60, **arguments).json()["username"] == "student"


def test_an_unknown_token_and_none_at_all_have_their_codes(anonymous):
    assert anonymous.get("community/self").json()["error"]["code"] == 499
    assert anonymous.get("portals/self", token="made-up").json()["error"]["code"] == 498


def test_a_token_bound_to_a_referer_needs_it(anonymous):
    form = {"username": "student", "password": "learn-arcgis", "client": "referer", "referer": "https://my.app/page"}
    token = anonymous.post("generateToken", **form).json()["token"]
    assert anonymous.get("community/self", token=token).json()["error"]["code"] == 498
    url = f"{anonymous.url}/sharing/rest/community/self"
    answer = requests.get(url, params={"f": "json", "token": token}, headers={"Referer": "https://my.app/"}, timeout=60)
    assert answer.json()["username"] == "student"


def test_the_server_names_the_portal_that_gives_tokens(anonymous):
    info = anonymous.get(f"{anonymous.url}/arcgis/rest/info").json()
    assert info["owningSystemUrl"] == anonymous.url
    assert info["authInfo"]["tokenServicesUrl"] == f"{anonymous.url}/sharing/rest/generateToken"


def test_urls_follow_the_proxy_in_front(anonymous):
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "gis.example.com"}
    answer = anonymous.request("GET", "info", params={"f": "json"}, headers=headers)
    assert answer.json()["owningSystemUrl"] == "https://gis.example.com"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('type:"Feature Service" owner:student', True),
        ('title:"towns" AND (type:"feature service")', True),
        ("towns NOT type:CSV", True),
        ('towns -type:"Feature Service"', False),
        ("owner:teacher OR title:tow*", True),
        ('typekeywords:"Hosted Service" tags:none', False),
    ],
)
def test_search_understands_what_people_write(anonymous, query, found):
    titles = [item["title"] for item in anonymous.get("search", q=query).json()["results"]]
    assert ("towns" in titles) is found


def test_search_needs_a_query_and_pages(anonymous, student):
    assert anonymous.get("search").json()["error"]["code"] == 400
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    page = student.get("search", q="owner:student", num=1).json()
    assert (page["num"], page["nextStart"], page["total"] > 1) == (1, 2, True)
    assert student.get("search", q=f"id:{started['exportItemId']}").json()["nextStart"] == -1


def test_a_private_item_is_not_there_for_others_and_there_for_the_administrator(student, sign_in, anonymous):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    path = f"content/items/{started['exportItemId']}"
    assert anonymous.get(path).json() == NOT_THERE
    assert sign_in("colleague").get(path).json() == NOT_THERE
    assert sign_in("teacher").get(path).json()["owner"] == "student"


def test_an_item_shared_with_the_organisation_is_there_for_its_members(student, sign_in, anonymous):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    path = f"content/items/{started['exportItemId']}"
    student.post(f"content/users/student/items/{started['exportItemId']}/share", everyone="false", org="true")
    assert sign_in("visitor").get(path).json()["access"] == "org"
    assert anonymous.get(path).json() == NOT_THERE


def test_an_item_is_updated_moved_protected_and_deleted(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    item_id = started["exportItemId"]
    user = "content/users/student"
    assert student.post(f"{user}/items/{item_id}/update", title="New", typekeywords="a,b").json()["success"]
    folder = student.post(f"{user}/createFolder", title=f"folder {item_id}").json()["folder"]["id"]
    assert student.post(f"{user}/items/{item_id}/move", folder=folder).json()["folder"] == folder
    again = student.post(f"{user}/items/{item_id}/move", folder=folder).json()
    assert again["error"]["messageCode"] == "CONT_0011"
    listed = student.get(f"{user}/{folder}").json()["items"]
    assert [(item["title"], item["typeKeywords"], item["ownerFolder"]) for item in listed] == [
        ("New", ["a", "b"], folder)
    ]

    student.post(f"{user}/{folder}/items/{item_id}/protect")
    refused = student.post(f"{user}/{folder}/items/{item_id}/delete").json()
    assert refused["error"]["messageCode"] == "CONT_0048"
    student.post(f"{user}/items/{item_id}/unprotect")
    assert student.post(f"{user}/items/{item_id}/delete").json() == {"success": True, "itemId": item_id}
    assert student.get(f"content/items/{item_id}").json() == NOT_THERE


def test_deleting_many_reports_on_each(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    answer = student.post("content/users/student/deleteItems", items=f"{started['exportItemId']},{'0' * 32}").json()
    assert [result["success"] for result in answer["results"]] == [True, False]


def test_nobody_deletes_what_is_not_theirs(student, sign_in):
    item_id = student.service_item()
    answer = sign_in("colleague").post(f"content/users/student/items/{item_id}/delete").json()
    assert answer["error"]["code"] == 403


def test_a_page_for_people_escapes_what_it_shows(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]}, title="<script>alert(1)</script>")
    path = f"content/items/{started['exportItemId']}"
    page = student.request("GET", path, params={"f": "html"})
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text


def test_an_unknown_address_is_404_in_the_envelope(anonymous):
    answer = anonymous.get("no/such/thing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


def test_a_page_says_the_number_asked_for_which_esris_python_api_adds_up(anonymous):
    page = anonymous.get("search", q='type:"Feature Service"', num=10).json()
    assert 0 < len(page["results"]) < page["num"] == 10
    assert page["nextStart"] == -1


def test_the_front_page_leads_people_to_the_services(anonymous):
    page = requests.get(f"{anonymous.url}/", timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    assert f'<a href="{anonymous.service()}">' in page.text
