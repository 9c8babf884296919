"""Folders: one data set, or a question which of them is meant."""

from __future__ import annotations

import json
import shutil
import zipfile

import pandas as pd
import pytest

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import load
from tests.loading.conftest import MAKERS


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "data"
    made.mkdir()
    return made


def test_a_folder_of_many_exports_is_not_mixed(tmp_path, folder):
    for number, export_format in enumerate(("CSV", "GeoJson", "geoPackage", "Shapefile")):
        made = MAKERS[export_format](tmp_path)
        shutil.copyfile(made, folder / f"{number}{made.suffix}")
    with pytest.raises(LoadError, match=r"more than one data set.*: 0\.csv, 1\.geojson, 2\.gpkg, 3\.zip\. Choose one"):
        load(folder)


def test_a_folder_with_more_files_than_layers_are_expected_is_not_mixed(folder, tmp_path, expected):
    for name in ("a.csv", "b.csv"):
        shutil.copyfile(MAKERS["CSV"](tmp_path), folder / name)
    with pytest.raises(LoadError, match=r"a\.csv, b\.csv"):
        load(folder, layers=[expected])


def test_many_files_are_listed_up_to_a_number(folder):
    for number in range(25):
        (folder / f"{number:02}.csv").write_text("A\n1\n")
    with pytest.raises(LoadError, match=r"19\.csv, 5 more\. Choose"):
        load(folder)


@pytest.mark.parametrize("export_format", MAKERS)
def test_the_only_export_in_a_folder_is_meant_whatever_else_lies_there(tmp_path, folder, expected, export_format):
    made = MAKERS[export_format](tmp_path)
    shutil.copyfile(made, folder / made.name)
    (folder / "export.receipt.json").write_text(json.dumps({"layers": [{"geometry": "Point"}]}))
    (folder / "export.csv.layers.json").write_text('{"layers": []}')
    (folder / "notes.txt").write_text("hello")
    loaded = load(folder, layers=[expected])
    loaded.receipt.assert_complete()
    assert loaded.receipt.file.path.name == made.name


@pytest.mark.parametrize("export_format", ["Shapefile", "File Geodatabase"])
def test_an_unpacked_export_is_one_data_set(tmp_path, folder, expected, export_format):
    with zipfile.ZipFile(MAKERS[export_format](tmp_path)) as archive:
        archive.extractall(folder)
    frame = load(folder, layers=[expected]).only
    assert len(frame) == len(load(folder).only) == 3


def test_a_table_beside_its_kind_counts_as_well(folder):
    pd.DataFrame({"A": ["a"]}).to_csv(folder / "t.csv", index=False)
    assert len(load(folder).only) == 1
