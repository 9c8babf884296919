"""Files that are not what they are called, or hold instructions: nothing but the file itself is ever read."""

import json
import socket
import sqlite3
import zipfile
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import load, to_parquet

SECRET = "TOPSECRET"
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)
PIPELINE = "gdal vector pipeline ! read {secret} ! write streamed_file --of stream"
DISGUISES = {
    "a virtual data set": VRT,
    "a virtual data set after a comment": "<!-- <kml> -->" + VRT,
    "a virtual data set after KML": '<kml xmlns="http://www.opengis.net/kml/2.2"/>' + VRT,
    "a virtual data set in KML": '<?xml version="1.0"?><kml>' + VRT + "</kml>",
    "a virtual data set after a dBASE header": "\x03\x7a\x01\x01" + "AAAA" + "\x41\x01\x11\x11" + "A" * 20 + VRT,
    "a virtual data set after the start of a zip": "PK\x03\x04" + VRT,
    "a virtual data set after JSON": "{}" + VRT,
    "a raster virtual data set": "<VRTDataset><!-- {secret} --></VRTDataset>",
    "a stored pipeline": json.dumps({"type": "gdal_streamed_alg", "command_line": PIPELINE}),
    "a stored pipeline in GeoJSON": json.dumps(
        {"type": "FeatureCollection", "features": [], "x": {"type": "gdal_streamed_alg"}, "command_line": PIPELINE}
    ),
    "a stored pipeline beside a type": '{"type": "gdal_streamed_alg", "command_line": "'
    + PIPELINE
    + '", "features": []}',
    "XML with an entity": '<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{secret}">]><kml>&x;</kml>',
    "GML with a schema elsewhere": '<kml xmlns:gml="http://www.opengis.net/gml" schemaLocation="a /vsicurl/{secret}"/>',
    "a web address": "/vsicurl/http://127.0.0.1:9/{secret}",
    "CSV": "a,b\n1,2\n",
    "comments that may be shared out in many ways": "<!---->" * 9000,
}
SUFFIXES = [".kml", ".kmz", ".geojson", ".json", ".shp", ".dbf", ".xlsx", ".gpkg", ".csv"]


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "elsewhere" / "secret.csv"
    path.parent.mkdir()
    path.write_text(f"a,b\n1,{SECRET}\n")
    return path


def loaded(path, **options):
    """All that can be seen of a loaded file; an error of this package is as good as nothing."""
    try:
        frames = load(path, **options)
    except LoadError as error:
        return str(error)
    return "\n".join(frame.to_string() for frame in frames.values())


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_no_file_reads_another(tmp_path, secret, disguise, suffix, zipped):
    content = disguise.replace("{secret}", str(secret))
    path = tmp_path / f"x{suffix}"
    path.write_text(content, encoding="latin-1")
    for part in (".shx", ".dbf") if suffix == ".shp" else ():
        path.with_suffix(part).write_text(content, encoding="latin-1")
    if zipped:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for file in sorted(tmp_path.glob("x.*")):
                if file.suffix != ".zip":
                    archive.write(file, file.name)
        path = tmp_path / "x.zip"
    assert SECRET not in loaded(path)


def test_the_disguises_work_on_gdal_itself(tmp_path, secret):
    path = tmp_path / "x.geojson"
    path.write_text(VRT.replace("{secret}", str(secret)))
    assert SECRET in pyogrio.read_dataframe(path).to_string()


@pytest.mark.parametrize("part", [".dbf", ".shx", ".shp"])
def test_no_part_of_a_shapefile_reads_another(make_file, tmp_path, secret, part):
    with zipfile.ZipFile(make_file("Shapefile")) as archive:
        archive.extractall(tmp_path / "shape")
    for file in (tmp_path / "shape").glob(f"*{part}"):
        file.write_text(VRT.replace("{secret}", str(secret)))
    assert SECRET not in loaded(tmp_path / "shape")


@pytest.mark.parametrize("inside", ["x.shp", "x.vrt", "a00000001.gdbtable", "x.csv"])
def test_a_folder_called_like_a_geodatabase_reads_no_other_file(tmp_path, secret, inside):
    folder = tmp_path / "x.gdb"
    folder.mkdir()
    (folder / inside).write_text(VRT.replace("{secret}", str(secret)))
    assert "It was not opened" in loaded(folder) or "lacks a00000001.gdbtable" in loaded(folder)


FEATURE = '{"type": "Feature", "properties": {"crs": "mine"}, "geometry": {"type": "Point", "coordinates": [1, 2]%s}%s}'
LINK = '{"type": "link", "properties": {"href": "http://127.0.0.1:%d/"}}'
LINKS = {
    "before the features": ("", "", '"crs": %s, ', ""),
    "after the features": ("", "", "", ', "crs": %s'),
    "of a feature": ("", ', "crs": %s', "", ""),
    "of a geometry": (', "crs": %s', "", "", ""),
    "after another": ("", "", '"crs": {"type": "name", "properties": {"name": "EPSG:4326"}}, "CRS" : %s, ', ""),
    "with an escaped name": ("", "", '"\\u0063rs": %s, ', ""),
}
SPELLINGS = {
    "plain": LINK,
    "as url": LINK.replace("link", "url").replace("href", "url"),
    "in capitals": LINK.replace("type", "TYPE").replace("link", "LINK").replace("href", "HREF"),
    "escaped": LINK.replace("type", "\\u0074ype").replace("link", "\\u006cink"),
    "with much in front": LINK.replace("{", '{"x": "' + "y" * 5000 + '", ', 1),
}


@pytest.fixture
def listener():
    """A server that nobody should connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.mark.parametrize("place", LINKS.values(), ids=LINKS)
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_the_coordinate_system_of_a_geojson_is_never_fetched(tmp_path, listener, place, spelling):
    link = spelling % listener.getsockname()[1]
    in_geometry, in_feature, before, after = (part % link if "%s" in part else part for part in place)
    feature = FEATURE % (in_geometry, in_feature)
    path = tmp_path / "x.geojson"
    path.write_text(f'{{"type": "FeatureCollection", {before}"features": [{feature}]{after}}}')
    with pytest.raises(LoadError, match="would be fetched"):
        load(path)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_geojson_may_name_its_coordinate_system_and_have_a_field_of_that_name(tmp_path):
    path = tmp_path / "x.geojson"
    crs = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}'
    path.write_text(f'{{"type": "FeatureCollection", {crs}, "features": [{FEATURE % ("", "")}]}}')
    assert list(load(path).only["crs"]) == ["mine"]


@pytest.mark.parametrize(
    "text", ["nonsense", 'GEOGCS["x",EXTENSION["PROJ4","+proj=longlat +nadgrids=/etc/passwd"]]', "\0"]
)
def test_a_coordinate_system_that_makes_no_sense_is_an_error_or_none(make_file, tmp_path, text):
    with zipfile.ZipFile(make_file("Shapefile")) as archive:
        archive.extractall(tmp_path / "shape")
    for file in (tmp_path / "shape").glob("*.prj"):
        file.write_text(text)
    try:
        frames = load(tmp_path / "shape")
    except LoadError:
        return
    assert frames.only.crs is None


def geopackage(path, statements=()):
    frame = gpd.GeoDataFrame({"NAME": ["a"]}, geometry=[shapely.Point(1, 2)], crs=4326)
    pyogrio.write_dataframe(frame, path, layer="towns", driver="GPKG")
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, i AS NAME FROM n"
LISTED = "INSERT INTO gpkg_contents(table_name, data_type, identifier) VALUES('{0}', 'attributes', '{0}')"
COMPUTED = {
    "a view without an end": [f"CREATE VIEW forever AS {ENDLESS}", LISTED.format("forever")],
    "a view that nobody lists": [f"CREATE VIEW aside AS {ENDLESS}"],
    "a view called like a catalog": ["DROP TABLE gpkg_extensions", f"CREATE VIEW gpkg_extensions AS {ENDLESS}"],
    "a virtual table": ["CREATE VIRTUAL TABLE words USING fts3(NAME)", LISTED.format("words")],
    "a generated column": ["ALTER TABLE towns ADD COLUMN big GENERATED ALWAYS AS (zeroblob(100000000)) VIRTUAL"],
}


@pytest.mark.parametrize("statements", COMPUTED.values(), ids=COMPUTED)
def test_a_geopackage_that_computes_its_rows_is_not_opened(tmp_path, statements):
    with pytest.raises(LoadError, match="with SQL of its own"):
        load(geopackage(tmp_path / "x.gpkg", statements))


def test_a_geopackage_may_have_triggers_and_the_views_of_old_ones(tmp_path):
    trigger = "CREATE TRIGGER t AFTER INSERT ON towns BEGIN SELECT 1; END"
    statements = [trigger, f"CREATE VIEW st_geometry_columns AS {ENDLESS}"]
    assert list(load(geopackage(tmp_path / "x.gpkg", statements)).only["NAME"]) == ["a"]


@pytest.mark.parametrize("name", ["a!b", "zip:x", "a;b", "a?b", "x.zip!y"])
@pytest.mark.parametrize("export_format", ["GeoJson", "geoPackage", "File Geodatabase", "Shapefile"])
def test_a_name_is_no_archive_and_no_address(make_file, tmp_path, expected, export_format, name):
    source = make_file(export_format)
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    path = source.rename(folder / f"{name}{source.suffix}")
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        path.unlink()
        path = folder
    assert len(load(path, layers=[expected]).only) == 3
    assert next(iter(to_parquet(path, tmp_path / "parquet", layers=[expected]).values())).is_file()
