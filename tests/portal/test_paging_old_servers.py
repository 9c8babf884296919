"""Layers of old servers, which know little of what today's do: no paging, no order, no counts, small pages."""

import json
import re

import pytest
from scripted_server import as_json

from arcgis_export_widgets.errors import IncompleteResultError, ResponseError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal import FeatureLayer

# as a server of version 10.0 describes a layer: without objectIdField, maxRecordCount and capabilities
LAYER = {
    "id": 0,
    "name": "Parcels",
    "type": "Feature Layer",
    "geometryType": "esriGeometryPoint",
    "fields": [{"name": "PIN", "type": "esriFieldTypeString"}, {"name": "FID", "type": "esriFieldTypeOID"}],
}
ROWS = [3, 4, *range(100, 1200), 5000]
CAP = 500
MOST_REQUESTS = 50


class OldServer:
    """Sends at most 500 rows, ignores paging and formats, and never says that there are more."""

    def __init__(self, make_server, *, counts=True, lists_ids=True, in_order=True):
        self.counts, self.lists_ids, self.in_order = counts, lists_ids, in_order
        self.server = make_server(self.answer)

    def answer(self, asked):
        if self.counts and "returnCountOnly" in asked.form:
            return as_json({"count": len(ROWS)})
        if self.lists_ids and "returnIdsOnly" in asked.form:
            return as_json({"objectIdFieldName": "FID", "objectIds": ROWS})
        low, high = (re.search(rf"FID {sign} (\d+)", asked.form["where"]) for sign in (">=?", "<="))
        least = int(low[1]) + (">=" not in low[0]) if low else 0
        found = [row for row in ROWS if least <= row <= (int(high[1]) if high else 10**6)][:CAP]
        if not self.in_order:
            found = found[::-1]
        features = [{"attributes": {"PIN": f"pin {i}", "FID": i}, "geometry": {"x": i, "y": 0}} for i in found]
        return as_json({"displayFieldName": "PIN", "geometryType": "esriGeometryPoint", "features": features})

    def fetch(self, session_to):
        definition = LayerDefinition.from_json(LAYER)
        found = FeatureLayer(self.server.url, definition, session_to(self.server)).pages()
        return [number for page in found for number in page.object_ids.tolist()]


def test_ranges_of_ids_need_no_paging_of_the_server(make_server, session_to):
    assert OldServer(make_server).fetch(session_to) == ROWS


def test_rows_in_any_order_are_all_found_by_their_ids(make_server, session_to):
    assert sorted(OldServer(make_server, in_order=False).fetch(session_to)) == ROWS


@pytest.mark.parametrize("lists_ids", [True, False])
def test_rows_that_are_not_counted_are_not_taken_for_few(make_server, session_to, lists_ids):
    # the answer to returnCountOnly is the first 500 rows, as if there were no more
    server = OldServer(make_server, counts=False, lists_ids=lists_ids)
    assert server.fetch(session_to) == ROWS


class Stepping(OldServer):
    """Lists no ids, so that each page is asked for by what is greater than the last id."""

    def __init__(self, make_server, *, count=None, repeats=False):
        super().__init__(make_server, lists_ids=False)
        self.count, self.repeats = count or len(ROWS), repeats

    def answer(self, asked):
        if "returnCountOnly" in asked.form:
            return as_json({"count": self.count})
        if len(self.server.asked) > MOST_REQUESTS:  # for one who would ask for ever
            return as_json({"error": {"code": 400, "message": "That is enough."}})
        answer = json.loads(super().answer(asked).body)
        if self.repeats and (beyond := re.search(r"FID > (\d+)", asked.form["where"])):
            answer["features"].insert(0, {"attributes": {"PIN": "again", "FID": int(beyond[1])}, "geometry": None})
        return as_json(answer)


def test_rows_that_a_page_repeats_from_the_one_before_count_once(make_server, session_to):
    assert Stepping(make_server, repeats=True).fetch(session_to) == ROWS


def test_more_rows_than_counted_end_the_fetching_at_once(make_server, session_to):
    server = Stepping(make_server, count=3)
    with pytest.raises(IncompleteResultError, match="counted 3 rows"):
        server.fetch(session_to)
    pages = [asked for asked in server.server.asked if "outFields" in asked.form and "FID >" in asked.form["where"]]
    assert len(pages) == 0


@pytest.mark.parametrize("off", [-1, 1, 400])
def test_more_or_fewer_rows_than_counted_are_an_error_with_both_numbers(make_server, session_to, off):
    count = len(ROWS) + off
    with pytest.raises(IncompleteResultError, match=f"counted {count:,} rows but {len(ROWS):,} arrived"):
        Stepping(make_server, count=count).fetch(session_to)


def test_rows_neither_counted_nor_in_order_are_refused(make_server, session_to):
    server = OldServer(make_server, counts=False, lists_ids=False, in_order=False)
    with pytest.raises(ResponseError, match="no way to check whether all arrive"):
        server.fetch(session_to)


def test_fewer_ids_than_rows_where_a_server_lists_only_some(make_server, session_to):
    def answer(asked):
        if "returnIdsOnly" in asked.form:
            return as_json({"objectIds": ROWS[:1000]})
        return old.answer(asked)

    old = OldServer(make_server)
    server = make_server(answer)
    definition = LayerDefinition.from_json(LAYER | {"maxIdsCount": 1000})
    found = FeatureLayer(server.url, definition, session_to(server)).pages()
    assert [number for page in found for number in page.object_ids.tolist()] == ROWS


def test_a_layer_without_any_id_is_refused(make_server, session_to):
    definition = LayerDefinition.from_json(LAYER | {"fields": LAYER["fields"][:1]})
    server = OldServer(make_server).server
    with pytest.raises(ResponseError, match="has no object id field"):
        FeatureLayer(server.url, definition, session_to(server)).pages()
