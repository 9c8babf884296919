"""Searches of many pages, against a server that answers as told."""

from scripted_server import as_json

from arcgis_export_widgets.portal.items.search import find_items


def page(*ids, following, kind="Feature Service"):
    return as_json({"results": [{"id": str(i), "type": kind} for i in ids], "nextStart": following})


def ids_of(session, item_type="Feature Service", limit=1000):
    found = find_items(session, "", item_type=item_type, limit=limit, sort_field=None, descending=False)
    return [int(item["id"]) for item in found]


def test_pages_are_taken_until_there_is_no_next(make_server, session_to):
    server = make_server(page(1, 2, following=3), page(3, 4, following=5), page(5, following=-1))
    assert ids_of(session_to(server)) == [1, 2, 3, 4, 5]
    assert [asked.form["start"] for asked in server.asked] == ["1", "3", "5"]


def test_pages_end_when_there_are_enough(make_server, session_to):
    server = make_server(page(1, 2, following=3), page(3, 4, following=5))
    assert ids_of(session_to(server), limit=3) == [1, 2, 3]
    assert len(server.asked) == 2


def test_an_item_that_slides_to_the_next_page_is_listed_once(make_server, session_to):
    server = make_server(page(1, 2, following=3), page(2, 3, following=-1))
    assert ids_of(session_to(server)) == [1, 2, 3]


def test_items_of_other_types_do_not_use_up_the_limit(make_server, session_to):
    server = make_server(page(1, 2, following=3, kind="Feature Service Template"), page(3, following=-1))
    assert ids_of(session_to(server), limit=1) == [3]


def test_a_portal_that_never_ends_its_pages_is_left(make_server, session_to):
    server = make_server(page(1, following=1))
    assert ids_of(session_to(server)) == [1]
