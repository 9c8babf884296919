"""What a result can do besides loading all of it: less of it, Parquet, dask; and the extent the portal tells."""

import geopandas as gpd
import pytest

from arcgis_export_widgets import ExportLayer, ExportRequest, compare
from arcgis_export_widgets.events import ignore

CITIES = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def result(portal):
    request = ExportRequest(CITIES, "CSV", layers=[ExportLayer(1, where="POPULATION > 500000")])
    return portal.export(request).wait(on_event=ignore)


def test_columns_and_box_reach_the_reader(result):
    frames = result.load(columns=["POPULATION"], bbox=(-130, 20, -110, 50), on_event=ignore)
    assert list(frames.only.columns) == ["POPULATION", "geometry"]
    assert frames.only.total_bounds[2] <= -110


def test_a_result_becomes_parquet_or_partitions(result, tmp_path):
    files = result.to_parquet(tmp_path, on_event=ignore)
    files.receipt.assert_complete()
    (path,) = files.values()
    frames = result.load(npartitions=2, partitions_folder=tmp_path / "parts", on_event=ignore)
    assert len(frames.only) == len(gpd.read_parquet(path))


@pytest.mark.parametrize("export_format", ["CSV", "KML"])
def test_the_extent_is_the_one_the_portal_tells(portal, export_format):
    request = ExportRequest(CITIES, export_format, layers=[ExportLayer(1, where="POPULATION > 500000")], target_sr=3857)
    row = portal.export(request).wait(on_event=ignore).load(on_event=ignore).receipt.layers[0]
    assert row.extent_fits
    assert row.extent.split(",")[0][:4] == row.extent_expected.split(",")[0][:4]


def test_a_request_run_again_is_compared_with_the_first_load(portal, result):
    first = result.load(on_event=ignore).only
    saved = result.request.to_json()
    again = portal.export(ExportRequest.from_json(saved)).wait(on_event=ignore).load(on_event=ignore).only
    assert compare(first, again).is_empty
    moved = again.assign(POPULATION=again["POPULATION"].mask(again.index == 0, 1))
    assert len(compare(first, moved).changed) == 1
