"""Layers larger than memory: GeoParquet batch by batch, and dask frames."""

import zipfile

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest
from dask.distributed import Client, LocalCluster

from arcgis_export_widgets.errors import IncompleteResultError, LoadError
from arcgis_export_widgets.loading import ExpectedLayer, load, to_parquet

FORMATS = ["Shapefile", "CSV", "GeoJson", "File Geodatabase", "geoPackage"]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.loading.parquet._BATCH_ROWS", 2)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("export_format", FORMATS)
def test_the_file_holds_what_load_gives(make_file, tmp_path, expected, export_format):
    source = make_file(export_format)
    files = to_parquet(source, tmp_path / "out.parquet", layers=[expected])
    assert pq.ParquetFile(files[expected.name]).num_row_groups == 2
    found = gpd.read_parquet(files[expected.name])
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(load(source, layers=[expected]).only))
    assert found.crs == "EPSG:4326"
    files.receipt.assert_complete()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("export_format", FORMATS)
def test_without_a_definition_each_column_has_one_type(make_file, tmp_path, export_format):
    (path,) = to_parquet(make_file(export_format), tmp_path / "out").values()
    assert path.parent == tmp_path / "out"
    assert gpd.pd.read_parquet(path)["NAME"].tolist()[:2] == ["Zürich", "日本"]


@pytest.mark.usefixtures("small_batches")
def test_a_column_that_changes_its_type_half_way_has_the_wider_one(tmp_path):
    (tmp_path / "t.csv").write_text("A,B\n1,1\n2,2\n3.5,x\n")
    to_parquet(tmp_path / "t.csv", tmp_path / "t.parquet")
    found = pd.read_parquet(tmp_path / "t.parquet")
    assert found["A"].tolist() == [1, 2, 3.5]
    assert found["B"].tolist() == ["1", "2", "x"]


def test_a_missing_row_is_as_loud_as_in_memory(make_file, tmp_path, expected):
    files = to_parquet(make_file("CSV"), tmp_path, layers=[ExpectedLayer(expected.definition, count=4)])
    with pytest.raises(IncompleteResultError):
        files.receipt.assert_complete()


def test_columns_and_box_hold_here_too(make_file, tmp_path, expected):
    to_parquet(
        make_file("geoPackage"), tmp_path / "t.parquet", layers=[expected], columns=["NAME"], bbox=(8, 47, 9, 48)
    )
    found = gpd.read_parquet(tmp_path / "t.parquet")
    assert list(found.columns) == ["NAME", "geometry"]
    assert found["NAME"].tolist() == ["Zürich"]


def test_an_empty_layer_is_an_empty_file(tmp_path, expected):
    (tmp_path / "t.csv").write_text("OBJECTID,NAME,x,y\n")
    to_parquet(tmp_path / "t.csv", tmp_path / "t.parquet", layers=[expected])
    assert len(gpd.read_parquet(tmp_path / "t.parquet")) == 0


def test_a_file_that_breaks_off_leaves_nothing(tmp_path):
    (tmp_path / "t.geojson").write_text('{"type": "FeatureCollection", "features": [')
    with pytest.raises(LoadError):
        to_parquet(tmp_path / "t.geojson", tmp_path / "out")
    assert list((tmp_path / "out").rglob("*")) == []


def test_several_layers_do_not_fit_into_one_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for name in ("a", "b"):
            archive.writestr(f"{name}.csv", "A\n1\n")
    with pytest.raises(LoadError, match="2 layers"):
        to_parquet(tmp_path / "t.zip", tmp_path / "t.parquet")


def test_partitions_are_read_by_other_processes(make_file, tmp_path, expected):
    frames = load(make_file("CSV"), layers=[expected], npartitions=2, partitions_folder=tmp_path / "parts")
    frames.receipt.assert_complete()
    dask_frame = frames[expected.name]
    assert (dask_frame.npartitions, dask_frame.crs) == (2, "EPSG:4326")
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster, Client(cluster):
        found = dask_frame.compute()
    assert found["POPULATION_1990"].dtype == "Int32"
    assert found["NAME"].fillna("none").tolist() == ["Zürich", "日本", "none"]
    assert found.geometry.x.tolist() == [8.5, 139.7, -3.0]
    assert found.index.tolist() == [0, 1, 2]


def test_there_are_no_more_partitions_than_rows(make_file, expected):
    frames = load(make_file("CSV"), layers=[expected], npartitions=50)
    assert frames[expected.name].npartitions == 3
    assert "3 partitions" in repr(frames)


def test_a_table_becomes_a_dask_frame(tmp_path):
    (tmp_path / "t.csv").write_text("A\n1\n2\n")
    assert load(tmp_path / "t.csv", npartitions=2).only["A"].sum().compute() == 3


@pytest.mark.parametrize("number", [0, -1, 1.5, True])
def test_a_number_of_partitions_that_makes_no_sense_is_refused(make_file, number):
    with pytest.raises(LoadError, match="npartitions"):
        load(make_file("CSV"), npartitions=number)
