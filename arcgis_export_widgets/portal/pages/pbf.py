"""Reading query responses in protocol buffers (``f=pbf``) column by column.

Source: https://github.com/Esri/arcgis-pbf (FeatureCollection.proto). Every feature has the same fields in the same
order, so one numpy operation reads a field of all features of a page. Measured: this takes a fifth of the time needed
to read the same values from the objects of Google's protobuf library.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages import wire
from arcgis_export_widgets.portal.pages.page import Column, FeaturePage, ids_in, reference_of
from arcgis_export_widgets.portal.pages.pbf_geometry import Transform, read_geometries
from arcgis_export_widgets.portal.pages.wire import Bytes, Positions, WireError

_NO_GEOMETRY = 127
# numbers of FeatureResult's entries
_REFERENCE, _GEOMETRY_TYPE, _EXCEEDED, _HAS_Z, _HAS_M, _TRANSFORM, _FIELD, _FEATURE = 8, 7, 9, 10, 11, 12, 13, 15
# Value's keys (field number and wire type in one byte)
_TEXT, _FLOAT, _DOUBLE, _SINT32, _UINT32, _INT64, _UINT64, _SINT64, _BOOL, _NULL = (
    0x0A, 0x15, 0x19, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x50,
)  # fmt: skip
_FEATURE_KEY = _FEATURE << 3 | wire.BYTES
_ATTRIBUTE_KEY = 0x0A
_GEOMETRY_KEY = 0x12


class PbfError(ValueError):
    """The response is not PBF that this module can read; the same page can be requested as JSON."""


@dataclass(frozen=True)
class _Head:
    """The parts of a response other than its features."""

    names: tuple[str, ...]
    geometry_type: int
    transform: Transform | None
    reference: SpatialReference | None
    has_z: bool
    has_m: bool
    exceeded: bool


def read_page(content: bytes, object_id_field: str, *, has_geometry: bool) -> FeaturePage:
    """Read a response of the query operation in ``f=pbf``.

    Raises
    ------
    PbfError
        If the response cannot be read, or its coordinates are rounded more coarsely than a layer stores them.
    ResponseError
        If rows have no object id.
    """
    try:
        start, end = _feature_result(content)
        head, starts, ends = _read_head(content, start, end)
        data = np.frombuffer(content, dtype=np.uint8)
        columns, positions = _read_columns(content, data, head.names, starts, ends)
        geometry = _read_geometry(data, head, positions, ends) if has_geometry else None
    except (WireError, IndexError, ValueError, OverflowError, struct.error, shapely.errors.GEOSException) as error:
        raise PbfError(f"the response cannot be read as PBF: {error}") from error
    return FeaturePage(
        object_ids=ids_in(columns, object_id_field, len(starts)),
        columns=columns,
        geometry=geometry,
        spatial_reference=head.reference,
        exceeded=head.exceeded,
    )


def _feature_result(content: bytes) -> tuple[int, int]:
    """Start and end of the message with the features: FeatureCollectionPBuffer.queryResult.featureResult."""
    for number, _, start, end in wire.entries(content, 0, len(content)):
        if number == 2:  # noqa: PLR2004  queryResult
            for inner, _, inner_start, inner_end in wire.entries(content, start, end):
                if inner == 1:  # featureResult
                    return inner_start, inner_end
    raise WireError("no features in it")


def _read_head(content: bytes, start: int, end: int) -> tuple[_Head, Positions, Positions]:
    names: list[str] = []
    numbers: dict[int, int] = {}
    transform: Transform | None = None
    reference: SpatialReference | None = None
    starts: list[Positions] = [np.empty(0, dtype=np.int64)]
    ends: list[Positions] = [np.empty(0, dtype=np.int64)]
    position = start
    while position < end:
        if content[position] == _FEATURE_KEY:
            more_starts, more_ends = wire.run_of(content, _FEATURE_KEY, position, end)
            starts.append(more_starts)
            ends.append(more_ends)
            position = int(more_ends[-1])
            continue
        number, kind, first, position = next(wire.entries(content, position, end))
        if number == _FIELD:
            names.append(_field_name(content, first, position))
        elif number == _TRANSFORM:
            transform = Transform.read(content, first, position)
        elif number == _REFERENCE:
            reference = _reference(content, first, position)
        elif kind == wire.VARINT:
            numbers[number] = wire.varint_at(content, first)[0]
    head = _Head(
        names=tuple(names),
        geometry_type=numbers.get(_GEOMETRY_TYPE, 0),
        transform=transform,
        reference=reference,
        has_z=bool(numbers.get(_HAS_Z)),
        has_m=bool(numbers.get(_HAS_M)),
        exceeded=bool(numbers.get(_EXCEEDED)),
    )
    return head, np.concatenate(starts), np.concatenate(ends)


def _field_name(content: bytes, start: int, end: int) -> str:
    for number, _, first, last in wire.entries(content, start, end):
        if number == 1:
            return content[first:last].decode()
    raise WireError("a field without a name")


def _reference(content: bytes, start: int, end: int) -> SpatialReference | None:
    found: dict[str, object] = {}
    for number, kind, first, last in wire.entries(content, start, end):
        if kind == wire.VARINT and number in {1, 2}:
            found["wkid" if number == 1 else "latestWkid"] = wire.varint_at(content, first)[0]
        elif kind == wire.BYTES and number == 5 and last > first:  # noqa: PLR2004
            found["wkt"] = content[first:last].decode()
    return reference_of(found)


def _read_columns(
    content: bytes, data: Bytes, names: tuple[str, ...], starts: Positions, ends: Positions
) -> tuple[dict[str, Column], Positions]:
    """Read all fields of all features; return the columns, and where the attributes of each feature end."""
    columns: dict[str, Column] = {}
    positions = starts
    for name in names:
        if len(positions) and ((positions >= ends).any() or (data[positions] != _ATTRIBUTE_KEY).any()):
            raise WireError(f"features that lack {name}")
        lengths, values_start = wire.varints_at(data, positions + 1) if len(positions) else (positions, positions)
        positions = values_start + lengths.astype(np.int64)
        columns[name] = _read_column(content, data, values_start, positions)
    if (positions > ends).any():
        raise WireError("a feature ends too early")
    return columns, positions


def _read_column(content: bytes, data: Bytes, starts: Positions, ends: Positions) -> Column:
    """Read one Value of each feature; an empty Value is null."""
    filled = ends > starts
    keys = np.zeros(len(starts), dtype=np.uint8)
    keys[filled] = data[starts[filled]]
    missing = ~filled | (keys == _NULL)
    kinds = set(np.flatnonzero(np.bincount(keys[~missing])).tolist())
    body = starts + 1
    if kinds <= {_SINT32, _UINT32, _INT64, _UINT64, _SINT64} and kinds:
        whole = np.zeros(len(starts), dtype=np.int64)
        for key in kinds:
            chosen = (keys == key) & ~missing
            raw = wire.varints_at(data, body[chosen])[0]
            whole[chosen] = wire.unfold(raw) if key in {_SINT32, _SINT64} else raw.astype(np.int64)
        return Column(whole, missing)
    if kinds <= {_FLOAT, _DOUBLE} and kinds:
        numbers = np.full(len(starts), np.nan)
        for key in kinds:
            chosen = (keys == key) & ~missing
            numbers[chosen] = wire.fixed_at(data, body[chosen], "<f8" if key == _DOUBLE else "<f4")
        return Column(numbers, missing)
    held = np.full(len(starts), None, dtype=object)
    if kinds == {_TEXT}:
        chosen = np.flatnonzero(~missing)
        texts_start = wire.varints_at(data, body[chosen])[1]
        bounds = zip(texts_start.tolist(), ends[chosen].tolist(), strict=True)
        held[chosen] = [content[first:last].decode() for first, last in bounds]
    elif kinds == {_BOOL}:
        held[~missing] = (data[body[~missing]] != 0).tolist()
    elif kinds:
        raise WireError(f"a field with values of the kinds {sorted(kinds)}")
    return Column(held, missing)


def _read_geometry(data: Bytes, head: _Head, positions: Positions, ends: Positions) -> NDArray[np.object_]:
    """Read the geometry that follows each feature's attributes; None for a feature without geometry."""
    present = positions < ends
    present[present] = data[positions[present]] == _GEOMETRY_KEY
    if (~present & (positions < ends)).any():
        raise WireError("a feature with something else than a geometry")
    if head.geometry_type == _NO_GEOMETRY or not present.any():
        return np.full(len(positions), None, dtype=object)
    if head.transform is None:
        raise WireError("coordinates without a transform")
    is_geographic = head.reference is not None and head.reference.crs.is_geographic
    if head.transform.is_coarse(is_geographic=is_geographic):
        raise WireError("coordinates rounded too coarsely")
    sizes, starts = wire.varints_at(data, positions[present] + 1)
    geometry = np.full(len(positions), None, dtype=object)
    geometry[present] = read_geometries(
        data,
        starts,
        starts + sizes.astype(np.int64),
        geometry_type=head.geometry_type,
        transform=head.transform,
        dimensions=2 + head.has_z + head.has_m,
        has_z=head.has_z,
    )
    return geometry
