"""Searches of many pages, against a server that answers as told."""

import pytest
from scripted_server import as_json

from arcgis_export_widgets.portal import PortalClient


def page(*ids, following, kind="Feature Service"):
    return as_json({"results": [{"id": str(i), "type": kind} for i in ids], "nextStart": following})


@pytest.fixture
def search(make_server):
    """Search a portal that lists `pages`: the ids found, and the start of each page requested."""

    def found(*pages, limit=1000):
        server = make_server(as_json({}), *pages)
        with PortalClient(server.url, anonymous=True) as client:
            ids = [int(item.id) for item in client.search(limit=limit)]
        return ids, [int(asked.form["start"]) for asked in server.asked[1:]]

    return found


def test_pages_are_taken_until_there_is_no_next(search):
    pages = page(1, 2, following=3), page(3, 4, following=5), page(5, following=-1)
    assert search(*pages) == ([1, 2, 3, 4, 5], [1, 3, 5])


def test_pages_end_when_there_are_enough(search):
    assert search(page(1, 2, following=3), page(3, 4, following=5), limit=3) == ([1, 2, 3], [1, 3])


def test_an_item_that_slides_to_the_next_page_is_listed_once(search):
    assert search(page(1, 2, following=3), page(2, 3, following=-1)) == ([1, 2, 3], [1, 3])


def test_items_of_other_types_do_not_use_up_the_limit(search):
    pages = page(1, 2, following=3, kind="Feature Service Template"), page(3, following=-1)
    assert search(*pages, limit=1) == ([3], [1, 3])


def test_a_portal_that_never_ends_its_pages_is_left(search):
    assert search(page(1, following=1)) == ([1], [1])
