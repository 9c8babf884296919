"""PBF answers of the local portal, which shares no code with this reader, against its JSON; and bytes by hand."""

import contextlib
import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.portal.pages import wire
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.portal.pages.pbf import PbfError, read_page

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
HOLE = shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))
ISLAND_IN_LAKE = shapely.union(shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 8, 8)), shapely.box(3, 3, 4, 4))
LINE_Z = shapely.LineString([(0, 0, 1.5), (1, 1, -2)])
SHAPES = {
    "points": shapely.from_wkt(["POINT (1 2)", None, "POINT (-179.9999999 -89.5)", "POINT EMPTY"]),
    "multipoints": shapely.from_wkt(["MULTIPOINT (1 2, 3 4)", "MULTIPOINT (5 6)", None]),
    "lines": shapely.from_wkt(["LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1), (5 5, 6 6, 7 5))", None]),
    "lines with z": np.array([LINE_Z, LINE_Z.reverse()]),
    "points with z": shapely.from_wkt(["POINT Z (1 2 3.25)", "POINT Z (4 5 -6)"]),
    "polygons": np.array([HOLE, shapely.box(1, 1, 2, 2), ISLAND_IN_LAKE, None, shapely.MultiPolygon([HOLE])]),
}


def both(client, url, *, has_geometry):
    parameters = {"where": "1=1", "outFields": "*", "returnZ": "true", "resultRecordCount": 2000}
    as_json = client.session.ask(f"{url}/query", parameters)
    as_pbf = client.session.fetch(f"{url}/query", parameters | {"f": "pbf"})
    return (
        read_page(as_pbf, "OBJECTID", has_geometry=has_geometry),
        FeaturePage.from_json(as_json, "OBJECTID", has_geometry=has_geometry),
    )


def assert_same(one, other):
    assert one.object_ids.tolist() == other.object_ids.tolist()
    assert list(one.columns) == list(other.columns)
    for name, column in one.columns.items():
        expected = other.columns[name]
        assert column.missing.tolist() == expected.missing.tolist(), name
        kept = ~column.missing
        assert column.data[kept].tolist() == expected.data[kept].tolist(), name
    assert one.exceeded == other.exceeded
    assert one.spatial_reference == other.spatial_reference
    if other.geometry is not None:
        assert shapely.is_missing(one.geometry).tolist() == shapely.is_missing(other.geometry).tolist()
        there = ~shapely.is_missing(other.geometry)
        assert shapely.equals_exact(one.geometry[there], other.geometry[there], tolerance=1e-9).all()
        assert shapely.has_z(one.geometry[there]).tolist() == shapely.has_z(other.geometry[there]).tolist()


@pytest.mark.parametrize(
    ("item", "layer_id"), [(CITIES, 0), (CITIES, 1), (CITIES, 2), (QUAKES, 0), (QUAKES, 1), (QUAKES, 2)]
)
def test_pbf_and_json_make_the_same_page(client, item, layer_id):
    layer = client.feature_service(item).layer(layer_id)
    assert_same(*both(client, layer.url, has_geometry=not layer.definition.is_table))


@pytest.mark.parametrize("kind", SHAPES)
def test_every_kind_of_geometry_arrives_as_it_is(local_portal, client, kind):
    shapes = SHAPES[kind]
    frame = gpd.GeoDataFrame({"N": range(len(shapes))}, geometry=shapes, crs=4326)
    item_id = local_portal.add(frame, f"Shapes {kind}")
    layer = client.feature_service(item_id).layer(0)
    from_pbf, from_json = both(client, layer.url, has_geometry=True)
    assert_same(from_pbf, from_json)
    for found, made in zip(from_pbf.geometry, shapes, strict=True):
        assert (found is None) == (made is None or made.is_empty)
        assert found is None or found.equals(made)


def test_every_kind_of_value_arrives_as_it_is(local_portal, client):
    frame = pd.DataFrame(
        {
            "TEXT": ["Ω", "", None, "x" * 300],
            "SMALL": pd.array([1, -2, None, 32767], dtype="Int16"),
            "BIG": [2**53 + 1, -(2**62), 1, 0],  # beside a gap, GDAL's reader would round it
            "SINGLE": pd.array([0.5, -1.25, None, 3], dtype="Float32"),
            "REAL": [1e300, -0.1, None, 0.0],
            "WHEN": pd.to_datetime(["1969-12-31T23:59:59.999", "2262-01-01", None, "1970-01-01"], format="ISO8601"),
        }
    )
    layer = client.feature_service(local_portal.add(frame, "Values")).layer(0)
    from_pbf, from_json = both(client, layer.url, has_geometry=False)
    assert_same(from_pbf, from_json)
    assert from_pbf.columns["BIG"].data[:2].tolist() == [2**53 + 1, -(2**62)]
    assert from_pbf.columns["WHEN"].data[0] == -1


def message(number, content):
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def varint(number):
    written = b""
    while number > 127:
        written += bytes([number & 127 | 128])
        number >>= 7
    return written + bytes([number])


def zigzag(*numbers):
    return b"".join(varint(2 * n if n >= 0 else -2 * n - 1) for n in numbers)


def doubles(*numbers):
    return b"".join(bytes([axis << 3 | 1]) + struct.pack("<d", n) for axis, n in enumerate(numbers, 1))


def answer(*features, scale=1e-4, head=b""):
    # the third numbers are those of m, the fourth those of z
    transform = message(2, doubles(scale, scale, 0.5, 1e-4)) + message(3, doubles(-20037700, -30241100, -7, -1e5))
    field = message(13, message(1, b"OID") + bytes([0x10, 6]))
    body = head + message(8, b"\x08" + varint(102100)) + message(12, transform) + field
    for feature in features:
        body += bytes([15 << 3 | 2]) + varint(len(feature)) + feature
    return wrapped(body)


def wrapped(body):
    inner = b"\x0a" + varint(len(body)) + body
    return b"\x12" + varint(len(inner)) + inner


def test_a_point_with_z_and_m_lies_where_arcgis_online_puts_it():
    # as a hosted layer answers: no geometryType for points, x and y on a grid of 0.1 mm, z and m absolute
    point = message(2, message(3, zigzag(68383559916, -362979869736, 1000400000, 1000000000)))
    page = read_page(answer(message(1, b"\x28\x07") + point, head=b"\x50\x01\x58\x01"), "OID", has_geometry=True)
    assert page.object_ids.tolist() == [7]
    assert shapely.get_coordinates(page.geometry, include_z=True).tolist() == [[-13199344.0084, 6056886.9736, 40.0]]


def test_differences_start_anew_in_every_part():
    parts = message(2, bytes([2, 2])) + message(3, zigzag(10, -20, 1, -1, 1000, -2000, 2, -2))
    feature = message(1, b"\x28\x01") + message(2, parts)
    page = read_page(answer(feature, head=b"\x38\x02"), "OID", has_geometry=True)
    lines = [
        np.round((shapely.get_coordinates(line) - [-20037700, -30241100]) * 1e4) for line in page.geometry[0].geoms
    ]
    assert [line.tolist() for line in lines] == [[[10, 20], [11, 21]], [[1000, 2000], [1002, 2002]]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\x0a\x05\xc3\xa9t\xc3\xa9", "été"),
        (b"\x0a\x0a2023-05-03", "2023-05-03"),
        (b"\x15" + struct.pack("<f", 0.1), float(np.float32(0.1))),
        (b"\x19" + struct.pack("<d", -1e300), -1e300),
        (b"\x20" + zigzag(-(2**31)), -(2**31)),
        (b"\x28" + varint(2**32 - 1), 2**32 - 1),
        (b"\x30" + varint(2**64 - 5), -5),
        (b"\x38" + varint(2**53 + 1), 2**53 + 1),
        (b"\x40" + zigzag(-2209161600000), -2209161600000),
        (b"\x48\x01", True),
        (b"\x50\x01", None),
        (b"", None),
    ],
)
def test_every_kind_of_value_of_the_protocol_is_read(value, expected):
    fields = message(13, message(1, b"OID")) + message(13, message(1, b"F"))
    rows = [message(1, b"\x28\x01") + message(1, value), message(1, b"\x28\x02") + message(1, b"")]
    page = read_page(wrapped(fields + b"".join(message(15, row) for row in rows)), "OID", has_geometry=False)
    column = page.columns["F"]
    assert column.missing.tolist() == [expected is None, True]
    assert column.missing[0] or column.data.tolist()[0] == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x12\x00",
        b"not pbf at all",
        pytest.param(answer(message(1, b"\x28\x01"))[:-1], id="cut short"),
        pytest.param(answer(b""), id="feature without attributes"),
        pytest.param(answer(message(1, b"\x28\x01") + message(2, message(3, zigzag(1, 2, 3)))), id="odd coordinates"),
        pytest.param(answer(message(1, b"\x28\x01") + message(7, b"curve")), id="true curve"),
        pytest.param(
            answer(message(1, b"\x28\x01") + message(2, message(3, zigzag(1, 2))), scale=1.0), id="coarse grid"
        ),
    ],
)
def test_what_cannot_be_read_exactly_is_refused(content):
    with pytest.raises(PbfError):
        read_page(content, "OID", has_geometry=True)


def test_no_features_are_an_empty_page():
    page = read_page(answer(), "OID", has_geometry=True)
    assert (len(page), list(page.columns), page.geometry.tolist()) == (0, ["OID"], [])


@pytest.mark.parametrize("unknown", [b"\x08\x07", b"\x0d\x01\x02\x03\x04", b"\x09" + bytes(8), b"\x0a\x02\x08\x07"])
def test_fields_of_a_message_that_nobody_knows_are_stepped_over(unknown):
    known = b"\x10\x05"
    for content in (unknown + known, known + unknown):
        assert [number for number, *_ in wire.entries(content, 0, len(content))] in ([1, 2], [2, 1])


GOOD = answer(message(1, b"\x08\x01") + message(2, b"\x08\x03\x08\x04"), head=message(8, b"\x0a\x01A\x10\x00"))


@given(changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6), cut=st.integers(0, 400))
def test_any_bytes_are_a_page_or_an_error_of_the_reader(changes, cut):
    content = bytearray(GOOD)
    for place, byte in changes:
        content[place % len(content)] = byte
    for body in (bytes(content), bytes(content[:cut])):
        with contextlib.suppress(PbfError):
            read_page(body, "OBJECTID", has_geometry=True)


@given(st.binary(max_size=300))
def test_random_bytes_are_a_page_or_an_error_of_the_reader(body):
    with contextlib.suppress(PbfError):
        read_page(body, "OBJECTID", has_geometry=True)


ENDLESS = b"\xff" * 1_000_000 + b"\x01"


@pytest.mark.parametrize(
    "read",
    [
        lambda: wire.varint_at(ENDLESS, 0),
        lambda: wire.read_varints(np.frombuffer(ENDLESS, dtype=np.uint8)),
        lambda: wire.varints_at(np.frombuffer(ENDLESS, dtype=np.uint8), np.array([0, 5])),
        lambda: wire.run_of(b"\x0a" + ENDLESS, 10, 0, len(ENDLESS)),
    ],
)
def test_a_number_of_more_than_ten_bytes_is_refused(read):
    with pytest.raises(wire.WireError, match="more than 10 bytes"):
        read()
