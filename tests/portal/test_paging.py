"""Pages by ranges of object ids, against a server that answers as badly as it likes."""

import json
import re
import threading

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets.errors import AuthError, IncompleteResultError, PortalError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.portal.layers.page_reader import WORKERS

FIELDS = [{"name": "OID", "type": "esriFieldTypeOID"}, {"name": "NAME", "type": "esriFieldTypeString"}]
ROWS = 95
RANGE = re.compile(r"OID >= (\d+) AND OID <= (\d+)")


class Table:
    """A server with rows 1 to 95 that answers counts, ids and ranges; `page` may spoil what a range brings."""

    def __init__(self, make_server, page=lambda ids: ids):
        self.page = page
        self.ranges = []
        self.waiting = threading.Semaphore(0)
        self.server = make_server(self.answer)

    def answer(self, asked):
        if "returnCountOnly" in asked.form:
            return as_json({"count": ROWS})
        if "returnIdsOnly" in asked.form:
            return as_json({"objectIds": list(range(ROWS, 0, -1))})
        first, last = map(int, RANGE.search(asked.form["where"]).groups())
        self.ranges.append((first, last))
        ids = self.page(list(range(first, last + 1)))
        if isinstance(ids, Answer):
            return ids
        return as_json({"features": [{"attributes": {"OID": i, "NAME": f"row {i}"}} for i in ids]})

    def pages(self, session_to, page_size=10, **options):
        layer = {"id": 0, "name": "Rows", "fields": FIELDS, "maxRecordCount": page_size}
        session, definition = session_to(self.server), LayerDefinition.from_json(layer)
        return FeatureLayer(self.server.url, definition, session).pages(**options)


def ids_of(found):
    return [number for page in found for number in page.object_ids.tolist()]


def test_ranges_bring_every_row_once_in_order(make_server, session_to):
    table = Table(make_server)
    assert ids_of(table.pages(session_to)) == list(range(1, ROWS + 1))
    assert sorted(table.ranges) == [(first, min(first + 9, ROWS)) for first in range(1, ROWS + 1, 10)]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda ids: ids[:3], id="page smaller than asked"),
        pytest.param(lambda ids: ids[::-1], id="other order"),
        pytest.param(lambda ids: [*ids, *ids[:2]], id="rows twice"),
        pytest.param(lambda ids: [*ids[:-1], ids[0]] if len(ids) > 1 else ids, id="one row in another's place"),
        pytest.param(lambda ids: [*ids, 1000], id="a row that was not asked for"),
    ],
)
def test_however_a_page_is_sent_no_row_is_lost_or_doubled(make_server, session_to, spoil):
    assert sorted(ids_of(Table(make_server, spoil).pages(session_to))) == list(range(1, ROWS + 1))


def test_a_page_that_is_too_much_is_asked_for_in_halves(make_server, session_to):
    def too_much(ids):
        return as_json({"error": {"code": 400, "message": "Error performing query operation"}}) if len(ids) > 3 else ids

    table = Table(make_server, too_much)
    assert ids_of(table.pages(session_to)) == list(range(1, ROWS + 1))
    assert (1, 10) in table.ranges
    assert (1, 2) in table.ranges


def test_a_server_that_sends_fewer_than_it_says_is_asked_for_as_many_as_it_sends(make_server, session_to):
    def three(ids):
        features = [{"attributes": {"OID": number}} for number in ids[:3]]
        return as_json({"features": features, "exceededTransferLimit": len(ids) > 3})

    table = Table(make_server, three)
    assert ids_of(table.pages(session_to, workers=1)) == list(range(1, ROWS + 1))
    assert max(last - first for first, last in table.ranges[-10:]) < 3


def test_a_row_that_never_comes_is_an_error(make_server, session_to):
    table = Table(make_server, lambda ids: [number for number in ids if number != 42])
    with pytest.raises(IncompleteResultError, match="counted 95 rows but 94 arrived"):
        ids_of(table.pages(session_to))


def test_a_row_that_always_fails_is_named_by_the_servers_error(make_server, session_to):
    def broken(ids):
        return as_json({"error": {"code": 500, "message": "row 42 is broken"}}) if 42 in ids else ids

    with pytest.raises(PortalError, match="row 42 is broken"):
        ids_of(Table(make_server, broken).pages(session_to))


def test_who_may_not_read_is_not_asked_for_smaller_pages(make_server, session_to):
    table = Table(make_server, lambda _: as_json({"error": {"code": 499, "message": "Token Required"}}))
    with pytest.raises(AuthError):
        ids_of(table.pages(session_to))
    assert all(last - first >= 4 for first, last in table.ranges)


def test_pages_are_fetched_some_at_a_time_and_no_more_when_nobody_takes_them(make_server, session_to):
    together, lock = [0, 0], threading.Lock()
    gate = threading.Barrier(WORKERS)

    def counting(ids):
        with lock:
            together[0] += 1
            together[1] = max(together)
        if len(table.ranges) <= WORKERS:
            gate.wait(60)
        with lock:
            together[0] -= 1
        return ids

    table = Table(make_server, counting)
    found = table.pages(session_to, page_size=2)
    next(found)
    found.close()
    assert together[1] == WORKERS
    assert len(table.ranges) < ROWS / 2 / 2


def test_a_range_survives_any_number_of_failures_that_are_not_in_a_row(make_server, session_to):
    failed = []

    def every_other(ids):
        if len(failed) % 2 == 0:
            failed.append(ids)
            return Answer(b"busy", status=503)
        failed.append(ids)
        return ids[:1]  # so that a range of ten takes ten requests

    table = Table(make_server, every_other)
    assert sorted(ids_of(table.pages(session_to, workers=1))) == list(range(1, ROWS + 1))
    assert len(failed) == 2 * ROWS


@pytest.mark.parametrize("code", [400, 500])
def test_a_page_of_a_single_row_is_asked_for_again_as_any_other(make_server, session_to, code):
    troubles = [as_json({"error": {"code": code, "message": "Unable to perform query"}})] * ROWS

    def first_fails(ids):
        return troubles.pop() if len(table.ranges) % 2 else ids

    table = Table(make_server, first_fails)
    found = table.pages(session_to, page_size=1, workers=1)
    assert [next(found).object_ids.tolist() for _ in range(5)] == [[1], [2], [3], [4], [5]]
    found.close()


def test_broken_lines_and_overload_are_ridden_out(make_server, session_to):
    troubles = [Answer(b"", hang_up=True), Answer(b"busy", status=503), as_json({"features": []}, cut=4)]

    def once(ids):
        return troubles.pop() if troubles else ids

    assert ids_of(Table(make_server, once).pages(session_to)) == list(range(1, ROWS + 1))


def test_pbf_that_cannot_be_read_is_asked_for_in_json(make_server, session_to):
    def answer(asked):
        if "returnCountOnly" in asked.form:
            return as_json({"count": 2})
        if asked.form["f"] == "pbf":
            return Answer(b"\x12\x05nonsense")
        return as_json({"features": [{"attributes": {"OID": i}} for i in (1, 2)]})

    server = make_server(answer)
    layer = {"id": 0, "name": "Rows", "fields": FIELDS, "supportedQueryFormats": "JSON, geoJSON, PBF"}
    definition = LayerDefinition.from_json(layer)
    found = FeatureLayer(server.url, definition, session_to(server)).pages()
    assert ids_of(found) == [1, 2]
    assert json.dumps([asked.form["f"] for asked in server.asked]) == '["json", "pbf", "json", "json"]'
