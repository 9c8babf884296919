"""A large export is written in a process of its own; the file is the same."""

import threading

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from arcgis_export_widgets.localportal.export.formats import FORMATS
from arcgis_export_widgets.localportal.export.request import ExportRequest, LayerExport, select_layer
from arcgis_export_widgets.localportal.export.separate_process import write_in_process
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer


@pytest.fixture(scope="module")
def layer():
    frame = gpd.GeoDataFrame(
        {"A": pd.array([1, None, 3], dtype="Int32"), "B": ["x", None, "ü"]},
        geometry=[shapely.Point(1, 2), None, shapely.Point(3, 4)],
        crs=4326,
    )
    service = Service("s", "0" * 32, [frame_to_layer(frame, 0, "Three")])
    return select_layer(ExportRequest(service, FORMATS["csv"], (), None, False, ""), LayerExport(0))


def test_what_comes_out_is_what_went_in(layer, tmp_path):
    path = write_in_process("geopackage", [layer], tmp_path, "out", threading.Event())
    frame = pyogrio.read_dataframe(path, fid_as_index=True)
    assert (path.name, frame.index.tolist(), frame.crs.to_epsg()) == ("out.gpkg", [1, 2, 3], 4326)
    assert frame["B"].isna().tolist() == [False, True, False]
    assert frame.geometry.isna().tolist() == [False, True, False]


def test_a_writer_that_fails_gives_its_reason(layer, tmp_path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(ArcGISError, match="the writer ended early"):
        write_in_process("csv", [layer], tmp_path, "out", threading.Event())


def test_a_cancelled_writer_ends(layer, tmp_path):
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(ArcGISError):
        write_in_process("csv", [layer], tmp_path, "out", cancelled)
