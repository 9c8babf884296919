"""Files that are damaged, misnamed or made to harm."""

import json
import shutil
import zipfile

import pandas as pd
import pyogrio
import pytest
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import load


def parts_of(zip_path, *, without, target):
    """The same zip without the members of some extensions."""
    with zipfile.ZipFile(zip_path) as whole, zipfile.ZipFile(target, "w") as part:
        for name in whole.namelist():
            if not name.endswith(without):
                part.writestr(name, whole.read(name))
    return target


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_that_lacks_a_part_is_refused(make_file, tmp_path, expected, part):
    damaged = parts_of(make_file("Shapefile"), without=part, target=tmp_path / "damaged.zip")
    with pytest.raises(LoadError, match=f"lacks its {part}"):
        load(damaged, layers=[expected])


def test_a_shapefile_without_its_coordinate_system_gets_the_layers_own(make_file, tmp_path, expected):
    damaged = parts_of(make_file("Shapefile"), without=".prj", target=tmp_path / "damaged.zip")
    assert load(damaged, layers=[expected])[expected.name].crs == "EPSG:4326"


@pytest.mark.parametrize("export_format", ["Shapefile", "File Geodatabase"])
def test_a_zip_cut_short_is_refused(make_file, export_format):
    path = make_file(export_format)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(LoadError, match="not a complete zip"):
        load(path)


def test_a_member_that_changed_on_the_way_is_refused(make_file):
    path = make_file("Shapefile")
    content = bytearray(path.read_bytes())
    place = content.index(b".dbf") + 40
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(LoadError, match="not a complete zip"):
        load(path)


@pytest.mark.parametrize(
    ("export_format", "wrong_name"), [("Shapefile", "export.csv"), ("geoPackage", "export.zip"), ("GeoJson", "x.csv")]
)
def test_the_content_counts_and_not_the_extension(make_file, tmp_path, expected, export_format, wrong_name):
    misnamed = tmp_path / "downloads" / wrong_name
    misnamed.parent.mkdir()
    shutil.copyfile(make_file(export_format), misnamed)
    load(misnamed, layers=[expected]).receipt.assert_complete()


def test_a_workbook_is_known_by_its_content(tmp_path, expected):
    table = pd.DataFrame({"OBJECTID": [1], "NAME": ["007"], "x": [8.5], "y": [47.4]})
    pyogrio.write_dataframe(table, tmp_path / "w.xlsx", driver="XLSX", layer="places")
    (tmp_path / "w.xlsx").rename(tmp_path / "export")
    frame = load(tmp_path / "export", layers=[expected])[expected.name]
    assert frame["NAME"].tolist() == ["007"]
    assert frame.geometry.to_wkt().tolist() == ["POINT (8.5 47.4)"]


def test_a_workbook_of_nothing_but_texts_keeps_its_headings(tmp_path):
    pyogrio.write_dataframe(pd.DataFrame({"A": ["a"]}), tmp_path / "w.xlsx", driver="XLSX", layer="texts")
    assert load(tmp_path / "w.xlsx")["texts"].to_dict("list") == {"A": ["a"]}


def test_a_bomb_called_a_workbook_is_not_opened(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(60_000_000))
    with pytest.raises(LoadError, match="no honest export"):
        load(tmp_path / "w.xlsx")


def test_a_zip_in_a_zip_is_not_opened(make_file, tmp_path):
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(make_file("Shapefile"), "inner.zip")
    with pytest.raises(LoadError, match="contains nothing"):
        load(tmp_path / "outer.zip")


def test_text_in_another_encoding_than_utf8_is_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes("NAME\nZürich\n".encode("latin-1"))
    with pytest.raises(LoadError, match="cannot be read as CSV"):
        load(tmp_path / "t.csv")


def test_a_long_cell_comes_whole(tmp_path):
    (tmp_path / "t.csv").write_text("NAME\n" + "a" * 5_000_000 + "\n")
    assert len(load(tmp_path / "t.csv")["t"]["NAME"][0]) == 5_000_000


def test_the_temporary_folder_is_gone_after_an_error(make_file, tmp_path, expected, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    damaged = parts_of(make_file("Shapefile"), without=".dbf", target=tmp_path / "damaged.zip")
    with pytest.raises(LoadError):
        load(damaged, layers=[expected])
    assert list(scratch.iterdir()) == []


def test_a_coordinate_that_is_nan_makes_no_point(tmp_path, expected):
    (tmp_path / "t.csv").write_text("OBJECTID,x,y\n1,NaN,2\n2,1,2\n")
    assert load(tmp_path / "t.csv", layers=[expected])[expected.name].geometry.isna().tolist() == [True, False]


@pytest.mark.parametrize("coordinate", ["inf", "far"])
def test_a_coordinate_that_is_no_number_is_refused(tmp_path, expected, coordinate):
    (tmp_path / "t.csv").write_text(f"OBJECTID,x,y\n1,{coordinate},2\n")
    with pytest.raises(LoadError, match="something other than coordinates"):
        load(tmp_path / "t.csv", layers=[expected])


def test_a_table_with_texts_called_x_and_y_stays_a_table(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\na,b\n")
    assert load(tmp_path / "t.csv")["t"].to_dict("list") == {"x": ["a"], "y": ["b"]}


def test_two_geodatabases_in_one_zip_are_both_read(tmp_path):
    table = pd.DataFrame({"A": ["a"]})
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in ("one", "two"):
            pyogrio.write_dataframe(table, tmp_path / f"{name}.gdb", driver="OpenFileGDB", layer="parcels")
            for part in (tmp_path / f"{name}.gdb").iterdir():
                archive.write(part, f"{name}.gdb/{part.name}")
    assert [len(frame) for frame in load(tmp_path / "export.zip").values()] == [1, 1]


def with_cpg(zip_path, says, target):
    """The same shapefile, unpacked, with another .cpg."""
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(target)
    next(target.glob("*.cpg")).write_text(says)
    return target


@pytest.mark.parametrize("says", ["ISO-8859-1", "1252", "ANSI 1252"])
def test_texts_in_utf8_are_read_as_that_whatever_the_cpg_says(make_file, tmp_path, expected, says):
    folder = with_cpg(make_file("Shapefile"), says, tmp_path / "folder")
    assert load(folder, layers=[expected]).only["NAME"].tolist()[:2] == ["Zürich", "日本"]


def test_a_cpg_that_promises_utf8_in_vain_is_an_error_that_says_what_to_do(tmp_path):
    frame = pd.DataFrame({"NAME": ["Zürich"]})
    pyogrio.write_dataframe(frame, tmp_path / "t.dbf", driver="ESRI Shapefile", encoding="ISO-8859-1")
    (tmp_path / "t.cpg").write_text("UTF-8")
    with pytest.raises(LoadError, match="says that the text is UTF-8, but it is not"):
        load(tmp_path)
    (tmp_path / "t.cpg").write_text("ISO-8859-1")
    assert load(tmp_path).only["NAME"].tolist() == ["Zürich"]


def test_a_cell_of_nine_megabytes_comes_whole(tmp_path):
    (tmp_path / "t.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null, "properties": {"A": "%s"}}]}'
        % ("a" * 9_000_000)
    )
    assert len(load(tmp_path / "t.geojson").only["A"][0]) == 9_000_000


def kml():
    place = "<Placemark><name>here</name><Point><coordinates>8.5,47.4,0</coordinates></Point></Placemark>"
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place}</Document></kml>'


@pytest.mark.parametrize("name", ["export.kmz", "export.zip", "export"])
def test_a_kmz_is_known_by_its_content(tmp_path, name):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("doc.kml", kml())
    frame = load(tmp_path / name).only
    assert shapely.force_2d(frame.geometry[0]) == shapely.Point(8.5, 47.4)


def test_several_kmz_in_a_zip_are_all_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "one.kmz", "w") as archive:
        archive.writestr("doc.kml", kml())
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(tmp_path / "one.kmz", "one.kmz")
        archive.write(tmp_path / "one.kmz", "two.kmz")
    assert [len(frame) for frame in load(tmp_path / "export.zip").values()] == [1, 1]


def test_a_csv_whose_first_column_is_called_like_a_zip_begins_is_a_csv(tmp_path):
    (tmp_path / "t.csv").write_text("PK,NAME\n1,a\n")
    assert load(tmp_path / "t.csv").only["PK"].tolist() == [1]


@pytest.mark.parametrize("error", [None, {}, {"code": 500, "message": "a field of this name"}])
def test_features_beside_a_member_called_error_are_read(tmp_path, error):
    point = {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    path = tmp_path / "points.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "error": error, "features": [point]}))
    assert len(load(path).only) == 1
