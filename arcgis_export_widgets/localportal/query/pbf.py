"""Write responses to queries as Esri's FeatureCollection protocol buffer (PBF), with numpy.

Field numbers and enumerations: https://github.com/Esri/arcgis-pbf (FeatureCollection.proto). As usual in proto3, zeros,
empty text and false are left out.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcgis_export_widgets.localportal.geometry.geometry_json import Parts, offsets
from arcgis_export_widgets.localportal.geometry.grid import HEIGHT_SCALE, HEIGHT_TRANSLATE, Grid, finest_grid, to_grid
from arcgis_export_widgets.localportal.geometry.spatial_reference import describe_spatial_reference
from arcgis_export_widgets.localportal.layers.fields import DATE, OID, Field
from arcgis_export_widgets.localportal.layers.layer import Layer, Rows
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_GEOMETRY_TYPES = {
    "esriGeometryPoint": 0,
    "esriGeometryMultipoint": 1,
    "esriGeometryPolyline": 2,
    "esriGeometryPolygon": 3,
}
_NO_GEOMETRY = 127
_NULL = b"\x0a\x00"
_WHOLE_KEYS = {OID: 0x28, DATE: 0x40, "esriFieldTypeBigInteger": 0x40}
_SMALL = [bytes((number,)) for number in range(128)]
_FIELD_TYPES = {
    f"esriFieldType{name}": number
    for number, name in enumerate(
        ("SmallInteger", "Integer", "Single", "Double", "String", "Date", "OID", "Geometry", "Blob", "Raster", "GUID",
         "GlobalID", "XML", "BigInteger", "DateOnly", "TimeOnly", "TimestampOffset")
    )
}  # fmt: skip
_SQL_TYPES = {
    "sqlTypeBigInt": 0, "sqlTypeFloat": 7, "sqlTypeInteger": 10, "sqlTypeNVarchar": 15, "sqlTypeOther": 16,
    "sqlTypeReal": 17, "sqlTypeSmallInt": 18, "sqlTypeTime": 20, "sqlTypeTimestamp": 21, "sqlTypeTimestamp2": 22,
    "sqlTypeDate": 4,
}  # fmt: skip


def varint(number: int) -> bytes:
    """Return an unsigned number as a protocol buffer varint: seven bits per byte, the lowest first."""
    if number < len(_SMALL):
        return _SMALL[number]
    written = bytearray()
    while number > 127:  # noqa: PLR2004
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _key(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def _number(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + varint(value) if value else b""


def _double(field: int, value: float) -> bytes:
    return _key(field, _DOUBLE) + struct.pack("<d", value)


def _message(field: int, content: bytes) -> bytes:
    return _SMALL[field << 3 | _BYTES] + varint(len(content)) + content


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode()) if value else b""


def zigzag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Map signed to unsigned numbers so that numbers near zero stay small: 0, -1, 1, -2 become 0, 1, 2, 3."""
    folded: NDArray[np.uint64] = ((values << 1) ^ (values >> 63)).view(np.uint64)
    return folded


def varints(values: NDArray[np.uint64]) -> tuple[bytes, NDArray[np.int64]]:
    """Return numbers as consecutive varints, and the positions at which the varints start and the last one ends."""
    lengths = np.ones(len(values), dtype=np.int64)
    for group in range(1, 10):
        lengths += values >= np.uint64(1) << np.uint64(7 * group)
    starts = offsets(lengths)
    written = np.zeros(int(starts[-1]), dtype=np.uint8)
    rest = values.copy()
    for group in range(10):
        has_group = lengths > group
        if not has_group.any():
            break
        more = np.where(lengths[has_group] > group + 1, np.uint64(128), np.uint64(0))
        written[starts[:-1][has_group] + group] = (rest[has_group] & np.uint64(127)) | more
        rest >>= np.uint64(7)
    return written.tobytes(), starts


def encode_geometries(parts: Parts) -> list[bytes]:
    """Return each geometry, given on a grid, as a Geometry message; empty bytes for one without vertices."""
    dimensions = parts.coordinates.shape[1]
    coordinates, starts = varints(zigzag(np.ascontiguousarray(parts.coordinates).reshape(-1)))
    counts, count_starts = varints(np.diff(parts.part_offsets).astype(np.uint64))
    first_vertex = parts.part_offsets[parts.geometry_offsets]
    coordinate_bounds = starts[first_vertex * dimensions].tolist()
    count_bounds = count_starts[parts.geometry_offsets].tolist()
    written = []
    for index in range(len(first_vertex) - 1):
        content = coordinates[coordinate_bounds[index] : coordinate_bounds[index + 1]]
        lengths = counts[count_bounds[index] : count_bounds[index + 1]]
        written.append(_message(2, lengths) + _message(3, content) if content else b"")
    return written


def encode_values(values: Sequence[Any], field: Field) -> list[bytes]:
    """Return each value of a field as an attribute of a Feature message; null is an attribute without content."""
    if field.esri_type == "esriFieldTypeDouble":
        pack = struct.Struct("<3sd").pack
        return [_NULL if value is None else pack(b"\x0a\x09\x19", value) for value in values]
    if field.esri_type == "esriFieldTypeSingle":
        pack = struct.Struct("<3sf").pack
        return [_NULL if value is None else pack(b"\x0a\x05\x15", value) for value in values]
    if field.is_numeric or field.esri_type == DATE:
        return _encode_whole_numbers(values, field)
    return [_NULL if value is None else _string(str(value).encode()) for value in values]


def _encode_whole_numbers(values: Sequence[int | None], field: Field) -> list[bytes]:
    numbers = np.array([0 if value is None else value for value in values], dtype=np.int64)
    content, starts = varints(numbers.view(np.uint64) if field.esri_type == OID else zigzag(numbers))
    key = _WHOLE_KEYS.get(field.esri_type, 0x20)
    heads = [bytes((10, length + 1, key)) for length in range(11)]
    return [
        _NULL if value is None else heads[end - start] + content[start:end]
        for value, (start, end) in zip(values, pairwise(starts.tolist()), strict=True)
    ]


def _string(content: bytes) -> bytes:
    if len(content) < 126:  # noqa: PLR2004 - both lengths then fit into one byte each
        return bytes((10, len(content) + 2, 10, len(content))) + content
    return _message(1, _message(1, content))


def _spatial_reference(value: dict[str, Any] | None) -> bytes:
    value = value or {}
    content = _number(1, int(value.get("wkid", 0))) + _number(2, int(value.get("latestWkid", 0)))
    return content + _text(5, str(value.get("wkt", "")))


def _transform(grid: Grid, *, has_z: bool) -> bytes:
    scale = _double(1, grid.scale_x) + _double(2, grid.scale_y)
    translate = _double(1, grid.translate_x) + _double(2, grid.translate_y)
    if has_z:
        scale += _double(4, HEIGHT_SCALE)
        translate += _double(4, HEIGHT_TRANSLATE)
    return _number(1, 0 if grid.upper_left else 1) + _message(2, scale) + _message(3, translate)


def _field(field: Field) -> bytes:
    described = field.to_json()
    content = _text(1, field.name) + _number(2, _FIELD_TYPES.get(field.esri_type, 4)) + _text(3, field.alias)
    content += _number(4, _SQL_TYPES.get(described["sqlType"], 16))
    return content + (_text(5, json.dumps(field.domain)) if field.domain else b"")


def _result(kind: int, content: bytes) -> bytes:
    return _message(2, _message(kind, content))


def encode_count(count: int) -> bytes:
    """Return the response to ``returnCountOnly``."""
    return _result(2, _number(1, count))


def encode_ids(name: str, ids: Sequence[int]) -> bytes:
    """Return the response to ``returnIdsOnly``."""
    packed, _ = varints(np.asarray(ids, dtype=np.uint64))
    return _result(3, _text(1, name) + (_message(3, packed) if packed else b""))


def encode_extent(bounds: Sequence[float], spatial_reference: dict[str, Any] | None, count: int | None) -> bytes:
    """Return the response to ``returnExtentOnly``, with the number of features unless `count` is None."""
    envelope = b"".join(_double(number, value) for number, value in enumerate(bounds, start=1))
    envelope += _message(5, _spatial_reference(spatial_reference))
    return _result(4, _message(1, envelope) + _number(2, count or 0))


def encode_features(
    layer: Layer, query: LayerQuery, rows: Rows, geometries: Any, centroids: Any, *, exceeded: bool
) -> bytes:
    """Return a feature set as PBF; geometries and centroids, if not None, are in the query's spatial reference."""
    name, geometry_type, has_z = layer.object_id_field, layer.geometry_type, query.return_z
    head = _text(1, name) + _message(2, _text(1, name) + _number(2, 1))
    head += _number(7, _GEOMETRY_TYPES[geometry_type] if geometry_type else _NO_GEOMETRY)
    if geometry_type:
        head += _message(8, _spatial_reference(describe_spatial_reference(query.out_crs)))
    head += _number(9, int(exceeded)) + _number(10, int(has_z))
    columns = [encode_values(layer.values(field, rows), field) for field in query.out_fields]
    bodies = [b"".join(entries) for entries in zip(*columns, strict=True)] or [b""] * len(rows)
    if geometry_type:
        grid = query.grid or finest_grid(query.out_crs)
        head += _message(12, _transform(grid, has_z=has_z))
        for number, given, kind in ((2, geometries, geometry_type), (4, centroids, "esriGeometryPoint")):
            if given is not None:
                shapes = encode_geometries(to_grid(given, kind, grid, include_z=has_z and number == 2))  # noqa: PLR2004
                ends = (_message(number, shape) if shape else b"" for shape in shapes)
                bodies = [body + end for body, end in zip(bodies, ends, strict=True)]
    head += b"".join(_message(13, _field(field)) for field in query.out_fields)
    return _result(1, head + b"".join(_message(15, body) for body in bodies))
