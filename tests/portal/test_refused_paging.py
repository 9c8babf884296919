"""Services that refuse paging or order, or cut off the list of ids, are read completely all the same."""

import re
from urllib.parse import parse_qsl

import pytest
from scripted_server import as_json

import arcgis_export_widgets as aew
from arcgis_export_widgets.errors import IncompleteResultError

MOST = 100
DEFINITION = {
    "id": 0,
    "name": "Wells",
    "type": "Table",
    "maxRecordCount": MOST,
    "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}],
}


def refusal(message="Pagination is not supported."):
    return as_json({"error": {"code": 400, "message": message, "details": []}})


@pytest.fixture
def read(make_server):
    """Read a table of 250 rows from a server that answers what `first` returns, or else as a usual one does."""

    def read_from(first, ids=range(1, 251), formats="JSON"):
        def answer(asked):
            path = asked.path.partition("?")[0]
            if path.endswith("/MapServer"):
                return as_json({"layers": [], "tables": [{"id": 0, "name": "Wells"}], "capabilities": "Query"})
            if path.endswith("/0"):
                return as_json(DEFINITION | {"supportedQueryFormats": formats})
            form = dict(parse_qsl(asked.path.partition("?")[2])) | asked.form
            return first(form) or query(form)

        def query(form):
            rows = list(ids)
            for sign, bound in re.findall(r"OBJECTID (>=|<=|>) (\d+)", form["where"]):
                rows = [i for i in rows if (i <= int(bound) if sign == "<=" else i >= int(bound) + (sign == ">"))]
            if form.get("returnCountOnly"):
                return as_json({"count": len(rows)})
            if form.get("returnIdsOnly"):
                return as_json({"objectIds": rows})
            features = [{"attributes": {"OBJECTID": i}} for i in rows[:MOST]]
            return as_json({"features": features, "exceededTransferLimit": len(rows) > MOST})

        return aew.read(f"{make_server(answer).url}/rest/services/Wells/MapServer/0")

    return read_from


@pytest.mark.parametrize(
    "refused", [["resultRecordCount"], ["orderByFields"], ["resultRecordCount", "orderByFields"]], ids="+".join
)
def test_a_layer_that_refuses_paging_or_order_is_read_completely(read, refused):
    frames = read(lambda form: refusal() if any(name in form for name in refused) else None)
    assert frames.only["OBJECTID"].tolist() == list(range(1, 251))
    assert frames.receipt.complete


@pytest.mark.parametrize("refused", [["resultRecordCount", "orderByFields"], []], ids=["paging and PBF", "PBF"])
def test_a_layer_that_offers_pbf_but_refuses_it_is_read_as_json(read, refused):
    frames = read(
        lambda form: refusal() if form["f"] == "pbf" or any(name in form for name in refused) else None,
        formats="JSON, PBF",
    )
    assert frames.only["OBJECTID"].tolist() == list(range(1, 251))


@pytest.mark.parametrize("listed", [[], list(range(1, 101))])
def test_a_list_of_ids_that_says_it_is_cut_off_is_not_relied_on(read, listed):
    cut_off = as_json({"objectIds": listed, "exceededTransferLimit": True})
    frames = read(lambda form: cut_off if form.get("returnIdsOnly") else None)
    assert len(frames.only) == 250
    assert frames.receipt.complete


def test_a_count_that_is_refused_is_made_from_the_ids(read):
    frames = read(lambda form: refusal() if form.get("returnCountOnly") else None)
    assert len(frames.only) == 250
    assert frames.receipt.complete


def test_a_service_that_refuses_everything_says_why(read):
    with pytest.raises(aew.ArcGISExportError, match="Unable to complete"):
        read(lambda _: refusal("Unable to complete operation."))


def test_ids_that_repeat_are_named_and_no_row_is_dropped_in_silence(read):
    with pytest.raises(IncompleteResultError, match="ids repeat"):
        read(lambda _: None, ids=[*range(1, 251), 5, 7])
