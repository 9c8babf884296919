"""Whatever a file holds: it is read, or refused with LoadError; nothing is written outside, nothing stays behind."""

import json
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import load

UNHURRIED = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
NAMES = st.one_of(
    st.sampled_from([
        "a.csv", "a.shp", "a.dbf", "a.shx", "a.prj", "a.cpg", "a.geojson", "a.json", "a.gpkg", "a.kml", "a.kmz",
        "a.xlsx", "a.gdb/gdb", "a.gdb/a00000001.gdbtable", "a.gdb", "a.zip", "xl/workbook.xml", "doc.kml", "../a.csv",
        "/a.csv", "C:\\a.csv", "..\\a.csv", "a/../../b.csv", "a/", "CON.csv", ".csv", "a.csv/b.csv", "\u202ea.csv",
    ]),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=12),
)  # fmt: skip
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([
        b"", b"A,B\n1,2\n", b"x,y\n1,2\n", b"SQLite format 3\x00", b"PK\x03\x04", b"{}", b"[]", b"<kml/>",
        b"\xef\xbb\xbf",
        b'{"type": "FeatureCollection", "features": []}', b'{"layers": [{"featureSet": {"features": []}}]}',
        b"\x00\x00\x27\x0a" + bytes(96), b"\x03" + bytes(31),
    ]),
)  # fmt: skip


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def read_or_refuse(path, scratch):
    around = sorted(scratch.parent.rglob("*"))
    with suppress(LoadError):
        load(path)
    assert sorted(scratch.parent.rglob("*")) == around


@UNHURRIED
@pytest.mark.filterwarnings("ignore")  # GDAL's remarks on nonsense
@given(members=st.lists(st.tuples(NAMES, CONTENTS), max_size=5))
def test_any_archive_is_read_or_refused(scratch, members):
    path = scratch.parent / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    read_or_refuse(path, scratch)


@UNHURRIED
@pytest.mark.filterwarnings("ignore")
@given(place=st.integers(0, 400), byte=st.integers(0, 255), cut=st.integers(0, 400) | st.none())
def test_an_archive_with_a_wrong_byte_is_read_or_refused(scratch, place, byte, cut):
    path = scratch.parent / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "A,B\n1,2\n" * 20)
        archive.writestr("b.geojson", '{"type": "FeatureCollection", "features": []}')
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content[:cut])
    read_or_refuse(path, scratch)


KEYS = st.sampled_from([
    "layers", "layerDefinition", "featureSet", "features", "attributes", "geometry", "fields", "name", "type", "id",
    "geometryType", "spatialReference", "wkid", "wkt", "extent", "objectIdField", "domain", "codedValues", "x", "rings",
])  # fmt: skip
FIELD_TYPES = ("OID", "Integer", "BigInteger", "Single", "Date", "DateOnly", "TimeOnly", "TimestampOffset", "GUID")
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=4),
    st.sampled_from(["esriFieldTypeDate", "esriFieldTypeOID", "esriGeometryPoint", "A", "codedValue", 4326]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=15
)


@UNHURRIED
@given(
    definition=st.dictionaries(KEYS, JSON, max_size=5),
    fields=st.lists(
        st.fixed_dictionaries({
            "name": st.sampled_from(["A", "B", "geometry", ""]),
            "type": st.sampled_from([f"esriFieldType{t}" for t in FIELD_TYPES]),
        }),
        max_size=3,
    ),
    features=st.lists(
        st.fixed_dictionaries({
            "attributes": JSON | st.dictionaries(st.sampled_from(["A", "B", "geometry", ""]), LEAVES, max_size=3),
            "geometry": JSON | st.fixed_dictionaries({"x": LEAVES, "y": LEAVES}),
        }),
        max_size=3,
    ),
    geometry_type=st.sampled_from([None, "esriGeometryPoint", 3]),
)  # fmt: skip
def test_any_feature_collection_is_read_or_refused(scratch, definition, fields, features, geometry_type):
    layer = {
        "layerDefinition": definition | {"fields": fields},
        "featureSet": {"geometryType": geometry_type, "features": features},
    }
    path = Path(scratch.parent / "export.json")
    path.write_text(json.dumps({"layers": [layer]}))
    read_or_refuse(path, scratch)


@UNHURRIED
@given(document=JSON)
def test_any_json_is_read_or_refused(scratch, document):
    path = Path(scratch.parent / "export.json")
    path.write_text('{"layerDefinition": ' + json.dumps(document) + "}")
    read_or_refuse(path, scratch)
