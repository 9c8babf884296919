"""Only some columns, only what lies in a box, only one layer."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from arcgis_export_widgets.errors import IncompleteResultError, LoadError, RequestError
from arcgis_export_widgets.loading import load, to_parquet

FORMATS = ["Shapefile", "CSV", "GeoJson", "File Geodatabase", "geoPackage"]
AROUND_ZURICH = (8, 47, 9, 48)


@pytest.mark.parametrize("export_format", FORMATS)
def test_columns_are_asked_for_by_their_full_names(make_file, expected, export_format):
    frame = load(make_file(export_format), layers=[expected], columns=["population_2000", "NAME"]).only
    assert list(frame.columns) == ["NAME", "POPULATION_2000", "geometry"]
    assert frame["POPULATION_2000"].tolist() == [11, 22, 33]


@pytest.mark.parametrize("export_format", ["CSV", "GeoJson"])
def test_columns_left_out_prove_completeness_all_the_same(make_file, expected, export_format):
    frames = load(make_file(export_format), layers=[expected], columns=["NAME"])
    frames.receipt.assert_complete()
    assert frames.receipt.table.loc[0, "distinct_ids"] == 3


def test_columns_that_were_not_asked_for_are_not_read(make_file, expected, monkeypatch):
    read = []
    original = pyogrio.open_arrow
    monkeypatch.setattr(pyogrio, "open_arrow", lambda *a, **k: read.append(k["columns"]) or original(*a, **k))
    load(make_file("Shapefile"), layers=[expected], columns=["POPULATION_2000"])
    assert read == [["POPULATI_1"]]


@pytest.mark.parametrize("export_format", ["Shapefile", "GeoJson"])
def test_a_file_that_is_wanted_as_a_whole_is_not_read_for_its_fields_first(
    make_file, expected, monkeypatch, export_format
):
    path, asked = make_file(export_format), []
    original = pyogrio.read_info
    monkeypatch.setattr(pyogrio, "read_info", lambda *a, **k: asked.append(a) or original(*a, **k))
    assert len(load(path, layers=[expected]).only) == 3
    assert asked == []


def test_a_column_that_does_not_exist_is_named_with_the_nearest(make_file, expected):
    with pytest.raises(LoadError, match=r"'POPULATION_200'.* Did you mean 'POPULATION_2000'"):
        load(make_file("CSV"), layers=[expected], columns=["NAME", "POPULATION_200"])


def test_a_column_like_no_other_is_answered_with_those_there_are(make_file, expected):
    with pytest.raises(LoadError, match=r"has no column 'xyz'\. It has: OBJECTID, NAME, "):
        load(make_file("CSV"), layers=[expected], columns=["xyz"])


def test_one_text_is_no_list_of_columns(make_file):
    with pytest.raises(LoadError, match=r"columns=\['NAME'\]"):
        load(make_file("CSV"), columns="NAME")


@pytest.mark.parametrize("export_format", FORMATS)
def test_a_box_keeps_what_meets_it(make_file, expected, export_format):
    frames = load(make_file(export_format), layers=[expected], bbox=AROUND_ZURICH)
    assert frames.only["NAME"].tolist() == ["Zürich"]
    assert frames.only.index.tolist() == [0]


@pytest.mark.parametrize("export_format", FORMATS)
def test_a_box_may_be_a_frame_in_other_coordinates(make_file, expected, export_format):
    box = gpd.GeoSeries([shapely.box(*AROUND_ZURICH)], crs=4326).to_crs(3857)
    assert load(make_file(export_format), layers=[expected], bbox=box).only["NAME"].tolist() == ["Zürich"]


def test_a_part_proves_nothing_of_the_whole(make_file, expected):
    receipt = load(make_file("CSV"), layers=[expected], bbox=(-180, -90, 180, 90)).receipt
    assert not receipt.complete
    assert "in the box" in repr(receipt)
    with pytest.raises(IncompleteResultError, match="without bbox"):
        receipt.assert_complete()


@pytest.mark.parametrize("box", [(1, 2, 3), (9, 0, 8, 1), "here", 5])
def test_what_is_no_box_is_refused(make_file, box):
    with pytest.raises(LoadError, match="bbox is"):
        load(make_file("CSV"), bbox=box)


def two_layers(folder):
    for number, name in enumerate(["roads", "rivers"]):
        table = pd.DataFrame({"NAME": [name]})
        pyogrio.write_dataframe(table, folder / "two.gpkg", layer=name, driver="GPKG", append=number > 0)
    return folder / "two.gpkg"


def test_one_layer_can_be_asked_for(tmp_path):
    frames = load(two_layers(tmp_path), layer="Rivers")
    assert list(frames) == ["rivers"]
    assert frames.only["NAME"].tolist() == ["rivers"]


def test_a_layer_that_does_not_exist_says_which_do(tmp_path):
    with pytest.raises(LoadError, match="'roads', 'rivers'"):
        load(two_layers(tmp_path), layer="lakes")


def test_of_several_layers_none_is_the_only_one(tmp_path):
    with pytest.raises(LoadError, match="2 layers"):
        _ = load(two_layers(tmp_path)).only


@pytest.mark.parametrize("export_format", [*FORMATS, "dBASE"])
@pytest.mark.parametrize("known", [True, False])
def test_a_column_like_none_there_is_is_told_which_there_are(make_file, tmp_path, expected, export_format, known):
    if export_format == "dBASE":
        pyogrio.write_dataframe(
            pd.DataFrame({"NAME": ["a"], "SMALL": [1]}), tmp_path / "t.dbf", driver="ESRI Shapefile"
        )
    path = tmp_path / "t.dbf" if export_format == "dBASE" else make_file(export_format)
    with pytest.raises(LoadError, match=r"has no column 'xyzzy'\. It has: .*NAME, .*SMALL"):
        load(path, layers=[expected] if known else [], columns=["xyzzy"])


def test_a_column_of_an_unknown_file_is_named_with_the_nearest(make_file):
    with pytest.raises(LoadError, match=r"has no column 'NAM'\. Did you mean 'NAME'\?"):
        load(make_file("CSV"), columns=["NAM"])


@pytest.mark.parametrize("export_format", FORMATS)
@pytest.mark.parametrize("known", [True, False])
def test_a_box_beside_the_layer_is_told_with_the_layers_extent(make_file, tmp_path, expected, export_format, known):
    path, in_metres, layers = make_file(export_format), (890_000, 5_900_000, 1_000_000, 6_100_000), [expected] * known
    if export_format == "CSV" and not known:
        return  # a table of numbers, which no box leaves out
    loaded = load(path, layers=layers, bbox=in_metres)
    assert loaded.receipt.verdict == (
        "0 rows in the box were loaded; nobody counted those at the portal. The box is outside of "
        f"{next(iter(loaded))}, which reaches from -3, 0 to 139.7, 47.4 in EPSG:4326. "
        "Give the box in that system, or as a GeoDataFrame."
    )
    assert to_parquet(path, tmp_path / "p", layers=layers, bbox=in_metres).receipt.verdict == loaded.receipt.verdict


def test_a_box_within_the_layer_that_holds_nothing_says_no_more_than_that(make_file, expected):
    receipt = load(make_file("GeoJson"), layers=[expected], bbox=(50, 10, 51, 11)).receipt
    assert receipt.verdict == "0 rows in the box were loaded; nobody counted those at the portal."


def test_a_layer_is_taken_by_its_number_where_that_is_known(make_file, expected):
    path = make_file("GeoJson")
    assert list(load(path, layers=[expected], layer=4)) == [expected.name]
    with pytest.raises(LoadError, match=r"no layer 1; there are: 'Großstädte & Dörfer' \(4\)"):
        load(path, layers=[expected], layer=1)
    with pytest.raises(RequestError, match=r"does not store layer numbers\. Choose a layer by name: 'export'"):
        load(path, layer=4)
