from dataclasses import replace

import pytest
from scripted_server import Answer

from arcgis_export_widgets import errors
from arcgis_export_widgets.portal import Envelope, PortalClient

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
A_MAP = "5b7f1c2e9a3d4d0f8c6e2b1a4f9d7e30"


def test_a_user_signs_in_with_name_and_password(client):
    assert client.username == "student"
    assert "student" in repr(client)
    assert "learn-arcgis" not in repr(client) + repr(vars(client.session))


def test_a_token_signs_in_whoever_it_was_issued_to(client, local_portal):
    token = client.session.auth.token(client.session._post_unsigned)
    assert PortalClient(local_portal.url, token=token).username == "student"


def test_without_credentials_one_looks_around_anonymously(local_portal):
    anonymous = PortalClient(local_portal.url)
    assert anonymous.username is None
    assert anonymous.feature_service(CITIES).layer(1).count() == 7555
    assert "Sign in" in anonymous.may_export(anonymous.item(CITIES)).reason


@pytest.mark.parametrize(
    ("credentials", "kind", "said"),
    [
        (
            {"username": "student", "password": "wrong"},
            errors.AuthError,
            "does not accept this password for the user student",
        ),
        ({"token": "made-up"}, errors.AuthError, "Sign in again"),
        ({"username": "student"}, errors.RequestError, "no password for the user student"),
        (
            {"token": "t", "username": "student", "password": "p"},
            errors.RequestError,
            "one way, not several: token, username, password",
        ),
        ({"token": "two\nlines"}, errors.RequestError, "line breaks"),
    ],
)
def test_credentials_that_do_not_work_are_known_at_once(local_portal, credentials, kind, said):
    with pytest.raises(kind, match=said) as caught:
        PortalClient(local_portal.url, **credentials)
    assert "made-up" not in str(caught.value)


def test_a_portal_nobody_answers_for_is_said_in_words():
    with pytest.raises(errors.PortalUnreachableError, match="Check the address"):
        PortalClient("http://127.0.0.1:9")


def test_an_item_is_found_by_id_by_its_page_and_by_its_layer(client):
    item = client.item(CITIES)
    assert item.title == "Cities and counties of the United States"
    assert client.item(item.page_url) == item
    assert client.item(f"{item.url}/1") == item


def test_search_sorts_as_told(client):
    everything = {"sort_field": "title", "item_type": None, "limit": 1000}  # other tests leave exports behind
    titles = [item.title for item in client.search(**everything)]
    assert titles == sorted(titles, key=str.lower)
    assert [item.title for item in client.search(**everything, descending=True)] == titles[::-1]


def test_search_finds_by_words_and_only_what_can_be_exported(client):
    assert [item.id for item in client.search("earthquakes")] == [QUAKES]
    assert A_MAP not in {item.id for item in client.search()}
    assert client.search("nothing of that kind") == []


def test_a_map_is_no_feature_service_and_the_error_says_what_it_is(client):
    with pytest.raises(errors.NotAFeatureServiceError, match="'A map, not a layer' is a Web Map"):
        client.feature_service(A_MAP)


def test_an_unknown_item_says_what_to_check(client):
    with pytest.raises(errors.ItemNotFoundError, match="Check the id"):
        client.item("0" * 32)


def test_layers_come_with_their_definitions_tables_last(client):
    layers = client.feature_service(QUAKES).layers
    assert [(layer.definition.id, layer.name, layer.definition.is_table) for layer in layers] == [
        (0, "Earthquakes", False),
        (1, "Countries", False),
        (2, "Country facts", True),
    ]
    status = layers[0].definition.field("status")
    assert status.domain.labels == {"A": "Automatic", "R": "Reviewed"}


def test_a_count_an_extent_and_a_preview_agree(client):
    cities = client.feature_service(CITIES).layer(1)
    where = "STATE_ABBR = 'HI' AND POPULATION > 20000"
    preview = cities.preview(where, limit=2000)
    box = cities.extent(where)
    assert len(preview["features"]) == cities.count(where) == cities.count(where, envelope=box)
    assert all(
        box.xmin <= x <= box.xmax and box.ymin <= y <= box.ymax
        for x, y in (feature["geometry"]["coordinates"] for feature in preview["features"])
    )
    assert cities.count(where, envelope=Envelope(0, 0, 1, 1)) == 0
    assert cities.extent("POPULATION < 0") is None


def test_all_rows_come_page_by_page_each_once(client):
    cities = client.feature_service(CITIES).layer(1)
    ids = [number for page in cities.pages("POPULATION > 9000") for number in page.object_ids.tolist()]
    assert len(ids) == len(set(ids)) == cities.count("POPULATION > 9000") > 4000


@pytest.mark.parametrize(
    ("username", "item", "allowed", "said"),
    [
        ("student", CITIES, True, "you own it"),
        ("teacher", CITIES, True, "administrator"),
        ("colleague", CITIES, False, "Only its owner, student"),
        ("colleague", QUAKES, True, "lets others export"),
        ("visitor", QUAKES, False, "may not create items"),
    ],
)
def test_who_may_export_is_known_beforehand_and_why(local_portal, username, item, allowed, said):
    client = PortalClient(local_portal.url, username=username, password="learn-arcgis")
    right = client.may_export(client.item(item))
    assert right.allowed is allowed
    assert said in right.reason


@pytest.mark.parametrize("username", ["student", "teacher", "colleague"])
def test_nobody_may_export_what_the_portal_does_not_host(local_portal, client, username):
    item = replace(client.item(CITIES), type_keywords=("ArcGIS Server", "Feature Service"))
    other = PortalClient(local_portal.url, username=username, password="learn-arcgis")
    right = other.may_export(item)
    assert not right.allowed
    assert "not hosted" in right.reason
    assert right.content_user is None


@pytest.mark.parametrize(
    "credentials", [{"username": "student", "password": "learn-arcgis"}, {"token": "made-up"}, {"anonymous": True}]
)
def test_an_address_that_is_no_portal_is_told_from_a_wrong_password(local_portal, credentials):
    with pytest.raises(errors.ResponseError, match=f"There is no portal at {local_portal.url}/foo: "):
        PortalClient(f"{local_portal.url}/foo", **credentials)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_serves_something_else_is_no_portal(make_server, status):
    server = make_server(*[Answer(status=status, body=b"<html>no such thing</html>")] * 9)
    with pytest.raises(errors.ResponseError, match="There is no portal"):
        PortalClient(server.url, username="student", password="learn-arcgis")


def test_an_item_names_itself(client):
    item = client.item(CITIES)
    assert client.item(item) == item
    with pytest.raises(errors.RequestError, match="'5' is not an item"):
        client.item(5)


def test_what_a_notebook_shows_fits_a_line_and_tells_what_it_is(client):
    item, service = client.item(CITIES), client.feature_service(CITIES)
    assert repr(item) == f"<Item {CITIES} {item.title!r}, Feature Service of student>"
    assert repr(service).startswith(f"<FeatureService {service.url}: 0 ")
    assert "1 'Cities'" in repr(service)
    layer = service.layer(1)
    assert repr(layer) == f"<FeatureLayer 1 'Cities', point, {len(layer.definition.fields)} fields, {layer.url}>"
    assert all(len(repr(one)) < 200 for one in (*client.search(), service, *service.layers))


def test_a_layer_asked_for_by_name_is_answered_with_its_number(client):
    with pytest.raises(errors.RequestError, match=r"by its number, not by its name: 1 \(Cities\)"):
        client.feature_service(CITIES).layer("cities")
