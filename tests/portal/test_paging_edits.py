"""Layers that are edited while their rows are fetched."""

import re

import pytest
from scripted_server import as_json

from arcgis_export_widgets.errors import IncompleteResultError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal import FeatureLayer

LAYER = {
    "id": 0,
    "name": "Rows",
    "fields": [{"name": "OID", "type": "esriFieldTypeOID"}],
    "maxRecordCount": 10,
}
RANGE = re.compile(r"OID >= (\d+) AND OID <= (\d+)")


class EditedTable:
    """A table of rows 1 to 50 with an editor at work: `edit` is called before each page that is answered."""

    def __init__(self, make_server, edit, *, lists_ids=True):
        self.rows = set(range(1, 51))
        self.edit = edit
        self.lists_ids = lists_ids
        self.answered = 0
        self.server = make_server(self.answer)

    def answer(self, asked):
        if "returnCountOnly" in asked.form:
            return as_json({"count": len(self.rows)})
        if "returnIdsOnly" in asked.form:
            return as_json({"objectIds": sorted(self.rows) if self.lists_ids else None})
        self.answered += 1
        self.edit(self)
        asked_range = RANGE.search(asked.form["where"])
        first, last = map(int, asked_range.groups()) if asked_range else (self.beyond(asked), 10**6)
        found = [row for row in sorted(self.rows) if first <= row <= last]
        more = len(found) > 10
        features = [{"attributes": {"OID": row}} for row in found[:10]]
        return as_json({"features": features, "exceededTransferLimit": more})

    @staticmethod
    def beyond(asked):
        step = re.search(r"OID > (\d+)", asked.form["where"])
        return int(step[1]) + 1 if step else 1

    def fetch(self, session_to):
        definition = LayerDefinition.from_json(LAYER)
        session = session_to(self.server)
        found = FeatureLayer(self.server.url, definition, session).pages(workers=1)
        return [number for page in found for number in page.object_ids.tolist()]


def once(at, change):
    return lambda table: change(table.rows) if table.answered == at else None


@pytest.mark.parametrize("lists_ids", [True, False])
def test_rows_added_meanwhile_come_as_well(make_server, session_to, lists_ids):
    table = EditedTable(make_server, once(2, lambda rows: rows.update({51, 52})), lists_ids=lists_ids)
    assert table.fetch(session_to) == list(range(1, 53))


def test_rows_deleted_before_they_were_fetched_are_not_missed(make_server, session_to):
    table = EditedTable(make_server, once(2, lambda rows: rows.difference_update(range(31, 51))))
    assert table.fetch(session_to) == list(range(1, 31))


def test_rows_deleted_after_they_were_fetched_stay_and_this_is_said(make_server, session_to, caplog):
    table = EditedTable(make_server, once(3, lambda rows: rows.discard(1)))
    assert table.fetch(session_to) == list(range(1, 51))
    assert "1 rows were deleted while they were fetched" in caplog.text


def test_one_row_deleted_and_another_added_is_noticed(make_server, session_to):
    table = EditedTable(make_server, once(2, lambda rows: (rows.discard(50), rows.add(60))))
    assert sorted(table.fetch(session_to)) == [*range(1, 50), 60]


def test_a_layer_that_never_rests_is_an_error_with_both_numbers(make_server, session_to):
    table = EditedTable(make_server, lambda table: table.rows.add(max(table.rows) + 1))
    with pytest.raises(IncompleteResultError, match="being edited") as caught:
        table.fetch(session_to)
    assert caught.value.expected > caught.value.received >= 50
