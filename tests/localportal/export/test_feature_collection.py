"""Feature collections are written some features at a time; the file is one JSON document."""

import json

import geopandas as gpd
import pytest
import shapely

from arcgis_export_widgets.localportal.export import csv_and_json as module
from arcgis_export_widgets.localportal.export.formats import FORMATS
from arcgis_export_widgets.localportal.export.request import ExportRequest, LayerExport, select_layer
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_all_features_are_there_in_order_however_they_fall_in_steps(tmp_path, monkeypatch, count):
    monkeypatch.setattr(module, "_FEATURES_AT_A_TIME", 2)
    points = [shapely.Point(number, 1) if number != 3 else None for number in range(count)]
    frame = gpd.GeoDataFrame({"A": [f'"[]}}{number}' for number in range(count)]}, geometry=points, crs=4326)
    service = Service("s", "0" * 32, [frame_to_layer(frame, number, f"L{number}") for number in (0, 1)])
    request = ExportRequest(service, FORMATS["feature collection"], (LayerExport(0), LayerExport(1)), None, False, "")
    path = request.format.write([select_layer(request, part) for part in request.layers], tmp_path, "out")
    layers = json.loads(path.read_bytes())["layers"]
    for layer in layers:
        features = layer["featureSet"]["features"]
        assert [feature["attributes"]["A"] for feature in features] == frame["A"].tolist()
        assert [feature.get("geometry", {}).get("x") for feature in features] == [point and point.x for point in points]
    assert [layer["layerDefinition"]["name"] for layer in layers] == ["L0", "L1"]
