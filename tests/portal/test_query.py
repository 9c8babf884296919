import json

import pytest
from scripted_server import as_json

from arcgis_export_widgets.errors import IncompleteResultError, ResponseError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal.layers.query import Envelope, count, extent, pages, preview

LAYER = LayerDefinition.from_json(
    {"id": 0, "name": "Cities", "fields": [{"name": "OID", "type": "esriFieldTypeOID"}], "maxRecordCount": 3}
)


def page(*ids: int, more: bool = False):
    return as_json({"features": [{"attributes": {"OID": i}} for i in ids], "exceededTransferLimit": more})


def layer_of(make_server, count, *script):
    """A server that counts `count` rows whenever asked, and otherwise follows the script."""
    rest = list(script)

    def answer(asked):
        if "returnCountOnly" in asked.form:
            return as_json({"count": count})
        return rest.pop(0) if len(rest) > 1 else rest[0]

    return make_server(answer)


def ids_of(pages_):
    return [number for page_ in pages_ for number in page_.object_ids.tolist()]


def all_pages(session, server):
    return pages(session, server.url, LAYER, where="POP > 1", out_fields=["*"], page_size=None)


NO_IDS = as_json({"objectIdFieldName": "OID", "objectIds": None})


def test_pages_go_on_after_the_last_row_received_where_ids_are_not_listed(make_server, session_to):
    server = layer_of(make_server, 5, NO_IDS, page(1, 2, 3, more=True), page(7, 9))
    assert ids_of(all_pages(session_to(server), server)) == [1, 2, 3, 7, 9]
    assert [asked.form["where"] for asked in server.asked[2:4]] == ["POP > 1", "(POP > 1) AND (OID > 3)"]


def test_a_server_that_sends_less_than_asked_loses_no_row(make_server, session_to):
    server = layer_of(make_server, 3, page(1), page(2), page(3))
    assert ids_of(all_pages(session_to(server), server)) == [1, 2, 3]


def test_rows_sent_twice_are_kept_once(make_server, session_to):
    server = layer_of(make_server, 3, page(1, 2, 2, more=True), page(2, 3))
    assert ids_of(all_pages(session_to(server), server)) == [1, 2, 3]


def test_rows_that_never_come_are_an_error_with_both_numbers(make_server, session_to):
    server = layer_of(make_server, 3, page(1, 2), page())
    with pytest.raises(IncompleteResultError) as caught:
        ids_of(all_pages(session_to(server), server))
    assert (caught.value.expected, caught.value.received) == (3, 2)


def test_fewer_ids_than_were_counted_are_an_error_with_both_numbers(make_server, session_to):
    server = layer_of(make_server, 5, as_json({"objectIds": [1, 2, 3, 9]}))
    with pytest.raises(IncompleteResultError, match="lists 4 ids") as caught:
        ids_of(all_pages(session_to(server), server))
    assert (caught.value.expected, caught.value.received) == (5, 4)


def test_a_page_without_features_is_an_error_not_the_end(make_server, session_to):
    server = layer_of(make_server, 2, as_json({"fields": []}))
    with pytest.raises(ResponseError, match="without features"):
        ids_of(all_pages(session_to(server), server))


def test_rows_without_their_id_are_an_error(make_server, session_to):
    server = layer_of(make_server, 1, as_json({"features": [{"attributes": {"NAME": "a"}}]}))
    with pytest.raises(ResponseError, match=r"without their object id \(OID\)"):
        ids_of(all_pages(session_to(server), server))


def test_a_count_is_a_number_also_when_it_comes_as_text(make_server, session_to):
    server = make_server(as_json({"count": "48"}))
    box = Envelope(-10, 40, 10, 50)
    assert count(session_to(server), server.url, None, box) == 48
    form = server.asked[0].form
    assert (form["where"], form["returnCountOnly"], form["inSR"]) == ("1=1", "true", "4326")
    assert json.loads(form["geometry"]) == box.to_json()


def test_an_old_server_that_answers_a_count_with_rows_is_counted(make_server, session_to):
    server = make_server(page(1, 2, 3))
    assert count(session_to(server), server.url, None, None) == 3


def test_rows_cut_off_are_never_taken_for_a_count(make_server, session_to):
    server = make_server(page(1, 2, 3, more=True))
    with pytest.raises(ResponseError, match="gave no count"):
        count(session_to(server), server.url, None, None)


@pytest.mark.parametrize("box", [None, {}, {"xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN"}])
def test_the_extent_of_nothing_is_none(make_server, session_to, box):
    server = make_server(as_json({"extent": box}))
    assert extent(session_to(server), server.url, "1=0", 4326) is None


@pytest.mark.parametrize("told", [{"exceededTransferLimit": True}, {"properties": {"exceededTransferLimit": True}}])
def test_a_preview_tells_whether_there_is_more_wherever_the_server_says_so(make_server, session_to, told):
    server = make_server(as_json({"type": "FeatureCollection", "features": [], **told}))
    answer = preview(
        session_to(server), server.url, where=None, envelope=None, limit=10, tolerance=0.5, out_fields=["*"]
    )
    assert answer["exceeded"] is True
    assert server.asked[0].form["f"] == "geojson"
