import json
from dataclasses import replace

import pytest
from scripted_server import as_json
from shapely import MultiPoint, MultiPolygon, Polygon, box
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from arcgis_export_widgets.errors import IncompleteResultError, RequestError, ResponseError
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal import Envelope, FeatureLayer
from arcgis_export_widgets.portal.layers.query import LayerQuery

LAYER = LayerDefinition.from_json(
    {"id": 0, "name": "Cities", "fields": [{"name": "OID", "type": "esriFieldTypeOID"}], "maxRecordCount": 3}
)
PLACES = replace(LAYER, geometry_type=GeometryType.POINT)


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
    return FeatureLayer(server.url, LAYER, session).pages("POP > 1")


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
    with pytest.raises(IncompleteResultError, match="lists 4 different ids") as caught:
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


def test_geojson_gives_the_same_shapes_as_arcgis_json(make_server, session_to):
    square, hole = box(0, 0, 9, 9), box(1, 1, 2, 2)
    ring = Polygon(square.exterior.coords, [hole.exterior.coords])
    shapes = [square, orient(ring, -1), MultiPolygon([square]), None, MultiPoint([(1, 2)]), Polygon()]
    features = [
        {"properties": {"OID": oid, "NAME": f"row {oid}"}, "geometry": None if shape is None else mapping(shape)}
        for oid, shape in enumerate(shapes)
    ]
    geojson = as_json({"type": "FeatureCollection", "features": features})
    server = make_server(lambda asked: as_json({"count": 6}) if "returnCountOnly" in asked.form else geojson)
    layer = FeatureLayer(
        server.url, replace(PLACES, max_record_count=9, query_formats=frozenset({"geojson"})), session_to(server)
    )
    (found,) = layer.pages(out_fields=["NAME"])
    assert next(asked.form["outFields"] for asked in server.asked if "outFields" in asked.form) == "OID,NAME"
    assert found.columns["NAME"].data.tolist() == [f"row {oid}" for oid in range(6)]
    clockwise = [orient(square, -1), orient(ring, -1), orient(square, -1)]
    assert [None if shape is None else shape.wkt for shape in found.geometry] == [
        *(shape.wkt for shape in clockwise), None, MultiPoint([(1, 2)]).wkt, None,
    ]  # fmt: skip


def test_a_shape_that_is_none_is_an_error(make_server, session_to):
    broken = as_json({"features": [{"properties": {"OID": 1}, "geometry": {"type": "Polygon", "coordinates": [[1]]}}]})
    server = make_server(lambda asked: as_json({"count": 1}) if "returnCountOnly" in asked.form else broken)
    layer = FeatureLayer(server.url, replace(PLACES, query_formats=frozenset({"geojson"})), session_to(server))
    with pytest.raises(ResponseError, match="invalid geometry"):
        list(layer.pages())


def test_a_query_is_normalised_once_and_written_as_a_form():
    query = (
        LayerQuery(" ", fields=["A", "*"], out_sr=SpatialReference(3857), area=Envelope(0, 1, 2, 3))
        .and_("B > 1")
        .and_("C < 2")
    )
    assert query == LayerQuery("(B > 1) AND (C < 2)", out_sr=SpatialReference(3857), area=Envelope(0, 1, 2, 3))
    form = {name: value for name, value in query.to_form().items() if value is not None}
    assert form == query.rows_form() | {"outFields": "*", "outSR": '{"wkid": 3857}'}
    assert query.rows_form()["where"] == "(B > 1) AND (C < 2)"
    assert LayerQuery.of(query, where=None, limit=5) == replace(query, limit=5)
    with pytest.raises(RequestError, match=r"fields=\['NAME'\]"):
        LayerQuery(fields="NAME")


def test_whatever_takes_a_clause_takes_a_query(make_server, session_to):
    server = layer_of(make_server, 1, page(1))
    layer = FeatureLayer(server.url, PLACES, session_to(server))
    query = LayerQuery("POP > 1", fields=["POP"], area=Envelope(0, 0, 1, 1))
    assert layer.count(query) == len(list(layer.pages(query, return_geometry=False))) == 1
    assert {asked.form["where"] for asked in server.asked} == {"POP > 1"}
    assert {asked.form["geometryType"] for asked in server.asked} == {"esriGeometryEnvelope"}
    fetched = next(asked.form for asked in server.asked if "outFields" in asked.form)
    assert (fetched["outFields"], fetched["returnGeometry"]) == ("OID,POP", "false")


def test_a_count_is_a_number_also_when_it_comes_as_text(make_server, session_to):
    server = make_server(as_json({"count": "48"}))
    europe = Envelope(-10, 40, 10, 50)
    assert FeatureLayer(server.url, LAYER, session_to(server)).count(envelope=europe) == 48
    form = server.asked[0].form
    assert (form["where"], form["returnCountOnly"], form["inSR"]) == ("1=1", "true", "4326")
    assert json.loads(form["geometry"]) == europe.to_json()


def test_an_old_server_that_answers_a_count_with_rows_is_counted(make_server, session_to):
    server = make_server(page(1, 2, 3))
    assert FeatureLayer(server.url, LAYER, session_to(server)).count() == 3


def test_rows_cut_off_are_never_taken_for_a_count(make_server, session_to):
    server = make_server(page(1, 2, 3, more=True))
    with pytest.raises(ResponseError, match="did not return a count"):
        FeatureLayer(server.url, LAYER, session_to(server)).count()


@pytest.mark.parametrize("box", [None, {}, {"xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN"}])
def test_the_extent_of_nothing_is_none(make_server, session_to, box):
    server = make_server(as_json({"extent": box}))
    assert FeatureLayer(server.url, PLACES, session_to(server)).extent("1=0") is None


@pytest.mark.parametrize("told", [{"exceededTransferLimit": True}, {"properties": {"exceededTransferLimit": True}}])
def test_a_preview_tells_whether_there_is_more_wherever_the_server_says_so(make_server, session_to, told):
    server = make_server(as_json({"type": "FeatureCollection", "features": [], **told}))
    answer = FeatureLayer(server.url, LAYER, session_to(server)).preview(limit=10, tolerance=0.5)
    assert answer["exceeded"] is True
    assert server.asked[0].form["f"] == "geojson"
