import io
import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest

from arcgis_export_widgets.errors import IncompleteResultError, LoadError
from arcgis_export_widgets.loading import ExpectedLayer, load
from arcgis_export_widgets.model.spatial_reference import SpatialReference

FORMATS = ["Shapefile", "CSV", "GeoJson", "File Geodatabase", "geoPackage"]


@pytest.fixture(params=FORMATS)
def frame(request, make_file, expected):
    return load(make_file(request.param), layers=[expected], export_format=request.param)[expected.name]


def test_names_are_whole_and_in_the_layers_order_in_every_format(frame, expected):
    names = [field.name for field in expected.definition.fields if field.name in frame.columns]
    assert list(frame.columns) == [*names, "geometry"]
    assert {"POPULATION_1990", "POPULATION_2000"} <= set(names)


def test_whole_numbers_stay_whole_and_keep_their_gaps(frame):
    assert frame["POPULATION_2000"].dtype == "Int32"
    assert frame["POPULATION_2000"].tolist() == [11, 22, 33]
    assert frame["BIG"].dtype == "Int64"
    assert frame["BIG"].tolist()[:2] == [2**40, 5]
    assert frame["BIG"].isna().tolist() == [False, False, True]


def test_texts_of_all_scripts_survive_and_numbers_in_them_stay_texts(frame):
    assert frame["NAME"].tolist()[:2] == ["Zürich", "日本"]
    assert frame["CODE"].tolist()[:2] == ["007", "8"]
    assert frame["CODE"].isna().tolist() == [False, False, True]


def test_dates_are_utc_timestamps_whatever_the_format_wrote(frame):
    assert frame["OPENED"].dtype == "datetime64[ms, UTC]"
    assert frame["OPENED"].dt.strftime("%Y-%m-%d").fillna("none").tolist() == ["2018-01-31", "none", "1899-12-31"]


def test_points_lie_where_they_lay(frame):
    assert type(frame) is gpd.GeoDataFrame
    assert frame.crs == "EPSG:4326"
    assert frame.geometry.x.tolist() == pytest.approx([8.5, 139.7, -3.0])
    assert frame.geometry.y.tolist() == pytest.approx([47.4, 35.7, 0.0])


def test_aliases_go_with_the_frame(frame):
    assert frame.attrs["aliases"]["POPULATION_1990"] == "Population_1990"


@pytest.mark.parametrize("export_format", FORMATS)
def test_without_a_definition_the_file_is_taken_as_it_is(make_file, export_format):
    (frame,) = load(make_file(export_format)).values()
    assert len(frame) == 3
    assert "NAME" in frame.columns


@pytest.mark.parametrize("export_format", FORMATS)
def test_the_receipt_says_that_all_rows_came(make_file, expected, export_format):
    receipt = load(make_file(export_format), layers=[expected], export_format=export_format).receipt
    receipt.assert_complete()
    assert receipt.table.loc[0, ["counted", "rows", "null_geometry"]].tolist() == [3, 3, 0]
    assert receipt.table.loc[0, "crs"] == "EPSG:4326"
    assert receipt.file.size_bytes == receipt.file.path.stat().st_size


def test_a_missing_row_is_loud(make_file, expected):
    more = ExpectedLayer(expected.definition, count=5)
    receipt = load(make_file("CSV"), layers=[more]).receipt
    assert not receipt.complete
    assert "NOT COMPLETE" in repr(receipt)
    with pytest.raises(IncompleteResultError) as caught:
        receipt.assert_complete()
    assert (caught.value.expected, caught.value.received) == (5, 3)


def test_a_row_that_came_twice_is_loud(make_file, expected):
    path = make_file("CSV")
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    pd.concat([table.iloc[:2], table.iloc[:1]]).to_csv(path, index=False)
    with pytest.raises(IncompleteResultError, match="with 2 different ids"):
        load(path, layers=[expected]).receipt.assert_complete()


def test_what_nobody_counted_proves_nothing(make_file):
    receipt = load(make_file("CSV")).receipt
    assert not receipt.complete
    with pytest.raises(IncompleteResultError, match="nobody counted"):
        receipt.assert_complete()


def test_a_layer_that_is_not_in_the_file_is_missed(make_file, expected):
    other = json.loads(json.dumps(expected.definition.definition)) | {"id": 9, "name": "Elsewhere"}
    missing = ExpectedLayer(type(expected.definition).from_json(other), count=7)
    receipt = load(make_file("Shapefile"), layers=[expected, missing]).receipt
    assert receipt.table.set_index("layer").loc["Elsewhere", "rows"] == 0
    assert not receipt.complete


def test_csv_points_take_the_coordinate_system_asked_for(make_file, expected):
    asked = ExpectedLayer(expected.definition, target_sr=SpatialReference(wkid=3857))
    assert load(make_file("CSV"), layers=[asked])[expected.name].crs == "EPSG:3857"


def test_several_csv_in_a_zip_are_told_apart_by_name_and_number(tmp_path, expected):
    second = json.loads(json.dumps(expected.definition.definition)) | {"id": 5, "name": "Other"}
    layers = [expected, ExpectedLayer(type(expected.definition).from_json(second))]
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("Other_5.csv", "OBJECTID,NAME,x,y\n1,b,0,0\n")
        archive.writestr("Großstädte_Dörfer_4.csv", "OBJECTID,NAME,x,y\n1,a,0,0\n2,c,1,1\n")
    frames = load(tmp_path / "export.zip", layers=layers)
    assert {name: len(frame) for name, frame in frames.items()} == {expected.name: 2, "Other": 1}
    assert list(frames) == [expected.name, "Other"]


def zip_of(names_and_bytes):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names_and_bytes:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("export.zip", b"", "empty"),
        ("export.zip", b"PK\x03\x04 cut short", "not a complete zip"),
        ("export.zip", zip_of([]), "contains nothing"),
        ("export.zip", zip_of([("readme.txt", b"hello")]), "contains nothing"),
        ("export.zip", zip_of([("../evil.csv", b"a\n1\n")]), "outside of its folder"),
        ("export.zip", zip_of([("/etc/evil.csv", b"a\n1\n")]), "outside of its folder"),
        ("export.zip", zip_of([("C:\\evil.csv", b"a\n1\n")]), "outside of its folder"),
        ("export.zip", zip_of([("bomb.csv", bytes(60_000_000))]), "no honest export"),
        ("export.csv", b'{"error": {"code": 498, "message": "Invalid token."}}', "Invalid token"),
        ("export.zip", b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        ("export.gpkg", b"not a database", "not in a format"),
        ("export.geojson", b'{"type": "FeatureCollection", "features": [', "cannot be read"),
        ("export.gpkg", b"SQLite format 3\x00 and then nothing", "cannot be opened"),
        ("export.xyz", b"who knows", "not in a format"),
    ],
    ids=lambda part: "" if isinstance(part, bytes) else None,  # bytes of a zip hold the time it was made
)
def test_what_is_no_export_is_refused_in_words_and_writes_nothing(tmp_path, name, content, said):
    path = tmp_path / "downloads" / name
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(LoadError, match=said):
        load(path)
    assert list(tmp_path.rglob("*")) == [path.parent, path]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LoadError, match=r"no file .*gone\.zip"):
        load(tmp_path / "gone.zip")


def test_a_link_in_an_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        link = zipfile.ZipInfo("data.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(LoadError, match="link"):
        load(tmp_path / "export.zip")


def test_an_unknown_layer_name_says_which_there_are(make_file, expected):
    with pytest.raises(KeyError, match="there are"):
        load(make_file("CSV"), layers=[expected])["Cities"]


def test_names_from_the_data_are_escaped_in_html(tmp_path):
    path = tmp_path / "<script>alert(1)</script>.csv".replace("/", "_")
    path.write_text("a\n1\n")
    frames = load(path)
    assert "<script>" not in frames._repr_html_() + frames.receipt._repr_html_()
