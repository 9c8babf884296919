"""Every value of real layers, through every format and back, against what the portal's own query answers."""

import pandas as pd
import pytest

from arcgis_export_widgets import ExportRequest, Portal
from arcgis_export_widgets.events import ignore
from arcgis_export_widgets.formats.losses import losses

FORMATS = ["Shapefile", "CSV", "File Geodatabase", "GeoJson", "geoPackage", "KML", "Excel", "Feature Collection"]
TO_THE_SECOND = {"CSV", "KML", "Excel"}  # their texts and cells have no room for more


@pytest.fixture(scope="module")
def client(local_portal):
    signed_in = Portal(local_portal.url, username="student", password="learn-arcgis")
    yield signed_in
    signed_in.close()


@pytest.fixture(scope="module")
def service(client):
    (item,) = (item for item in client.search("earthquakes") if "Earthquakes" in item.title)
    return client.feature_service(item)


@pytest.fixture(scope="module", params=FORMATS)
def loaded(request, client, service):
    job = client.export(ExportRequest(service.item.id, request.param))
    return request.param, job.wait(on_event=ignore).load(on_event=ignore)


def queried(layer):
    """What the layer holds, row by row, by the portal's JSON."""
    return [feature["attributes"] for feature in features(layer)]


def features(layer):
    parameters = {"where": "1=1", "outFields": "*", "resultRecordCount": 2000}
    answer = layer.session.ask(f"{layer.url}/query", parameters)
    assert "exceededTransferLimit" not in answer
    return answer["features"]


def as_json(value, *, seconds):
    """A value of a frame as ArcGIS's JSON would write it."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        milliseconds = int(value.tz_localize(None).to_datetime64().astype("datetime64[ms]").astype("int64"))
        return round(milliseconds / 1000) if seconds else milliseconds
    return value


def expected_json(value, field, *, seconds):
    if value is not None and field.type.value == "esriFieldTypeDate" and seconds:
        return round(value / 1000)
    return value


def same(found, wanted):
    return found == wanted or (isinstance(wanted, float) and found == pytest.approx(wanted, rel=1e-6))


def fields_that_differ(frame, layer, *, seconds):
    definition = layer.definition
    rows = queried(layer)
    frame = frame.set_index(definition.object_id_field, drop=False)
    frame = frame.loc[[row[definition.object_id_field] for row in rows]]
    return {
        field.name
        for field in definition.fields
        if not all(
            same(as_json(found, seconds=seconds), expected_json(row[field.name], field, seconds=seconds))
            for found, row in zip(frame[field.name], rows, strict=True)
        )
    }


def test_values_differ_only_where_the_format_was_said_to_lose_them(loaded, service):
    export_format, frames = loaded
    for layer in service.layers:
        told = {name for loss in losses(export_format, layer.definition) for name in loss.fields}
        different = fields_that_differ(frames[layer.definition.name], layer, seconds=export_format in TO_THE_SECOND)
        assert different <= told
        if export_format not in {"Shapefile", "CSV", "KML", "Excel"}:
            assert different == set()


def test_every_row_arrives_under_its_own_id(loaded):
    _, frames = loaded
    frames.receipt.assert_complete()
    assert frames.receipt.table["distinct_ids"].tolist() == frames.receipt.table["rows"].tolist()


def test_fields_stand_in_the_layers_order_and_nothing_stands_beside_them(loaded, service):
    _, frames = loaded
    for layer in service.layers:
        names = [field.name for field in layer.definition.fields]
        assert [c for c in frames[layer.definition.name].columns if c != "geometry"] == names


def test_points_lie_where_the_portal_says(loaded, service):
    _, frames = loaded
    (layer,) = (layer for layer in service.layers if layer.definition.name == "Earthquakes")
    key = layer.definition.object_id_field
    frame = frames["Earthquakes"].set_index(key)
    found = features(layer)
    points = frame.geometry.loc[[feature["attributes"][key] for feature in found]]
    assert points.x.tolist() == pytest.approx([feature["geometry"]["x"] for feature in found], abs=1e-6)
    assert points.y.tolist() == pytest.approx([feature["geometry"]["y"] for feature in found], abs=1e-6)
