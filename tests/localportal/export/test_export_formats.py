"""Every row of the table of export formats works in each place that uses it; a row left out of one fails here."""

import threading
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from arcgis_export_widgets.localportal.export.formats import FORMATS
from arcgis_export_widgets.localportal.export.request import ExportRequest, LayerExport, select_layer
from arcgis_export_widgets.localportal.export.separate_process import write_in_process
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer

ROWS = pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)


@pytest.fixture(scope="module")
def points():
    return gpd.GeoDataFrame({"A": [1, 2]}, geometry=shapely.points([1.0, 2.0], [50.0, 50.0]), crs=4326)


@pytest.fixture(scope="module")
def service_url(portal, anonymous, points):
    item_id = portal.add(points, "Two open points", allow_export=True)
    return anonymous.get(f"content/items/{item_id}").json()["url"]


@ROWS
@pytest.mark.parametrize("layer_ids", [(0,), (0, 1)])
def test_export_item_makes_an_item_of_the_type_in_the_row(student, tmp_path, row, layer_ids):
    started, status = student.export(row.value.upper(), {"layers": [{"id": number} for number in layer_ids]})
    assert (status["status"], started["type"]) == ("completed", row.item_type_for(len(layer_ids)))
    path = student.download(started, tmp_path)
    assert path.stat().st_size > 0
    assert path.stem == "Export"


@ROWS
def test_create_replica_takes_each_name_of_the_format(anonymous, service_url, row):
    assert row.replica_names
    for name in row.replica_names:
        answer = anonymous.post(f"{service_url}/createReplica", layers="0", dataFormat=name).json()
        assert "URL" in answer, answer
        assert anonymous.request("GET", answer["URL"]).content


@ROWS
def test_service_and_layer_say_that_they_support_the_format(anonymous, service_url, row):
    for url in (service_url, f"{service_url}/0"):
        assert row.replica_names[0] in anonymous.get(url).json()["supportedExportFormats"].split(",")


@ROWS
def test_a_large_export_in_a_separate_process_gives_a_file_of_the_same_name(points, tmp_path, row):
    service = Service("s", "0" * 32, [frame_to_layer(points, 0, "Points")])
    layer = select_layer(ExportRequest(service, row, (), None, False, ""), LayerExport(0))
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    written = write_in_process(row.value.lower(), [layer], there, "out", threading.Event())
    assert written.stat().st_size > 0
    assert written.name == row.write([layer], here, "out").name


@ROWS
def test_every_format_has_a_test_of_its_file(row):
    assert f'"{row.value}"'.lower() in (Path(__file__).parent / "test_export.py").read_text().lower()


def test_no_two_formats_share_a_name():
    names = [name.lower() for row in FORMATS.values() for name in row.replica_names]
    assert len(set(names)) == len(names)
