"""Reading the wire format of protocol buffers with numpy, many similar messages at once.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Positions = NDArray[np.int64]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MORE = 128
_MOST_BYTES = 10  # of a number; longer ones would take time that grows with the square of their length


class WireError(ValueError):
    """The bytes are not a valid protocol buffer."""


def _too_long() -> WireError:
    return WireError(f"a number has more than {_MOST_BYTES} bytes")


def varint_at(data: bytes, position: int) -> tuple[int, int]:
    """Read the unsigned number at `position`; return the number and the position after it."""
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 127) << shift
        if byte < _MORE:
            return result, position
        shift += 7
        if shift == 7 * _MOST_BYTES:
            raise _too_long()


def entries(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the field number, the wire type, and the start and end of the content of each entry of one message."""
    position = start
    while position < end:
        key, position = varint_at(data, position)
        kind = key & 7
        if kind == BYTES:
            length, position = varint_at(data, position)
        elif kind == VARINT:
            length = varint_at(data, position)[1] - position
        elif kind in {FIXED64, FIXED32}:
            length = 8 if kind == FIXED64 else 4
        else:
            raise WireError(f"wire type {kind}")
        if position + length > end:
            raise WireError("a message ends too early")
        yield key >> 3, kind, position, position + length
        position += length


def read_varints(data: Bytes) -> NDArray[np.uint64]:
    """Read all of `data` as consecutive unsigned numbers."""
    ends = np.flatnonzero(data < _MORE)
    if len(data) and (len(ends) == 0 or ends[-1] != len(data) - 1):
        raise WireError("a number ends too early")
    starts = np.concatenate([np.zeros(min(len(ends), 1), dtype=np.int64), ends[:-1] + 1])
    lengths = ends - starts + 1
    if (lengths > _MOST_BYTES).any():
        raise _too_long()
    return _gather(data, starts, lengths)


def varints_at(data: Bytes, positions: Positions) -> tuple[NDArray[np.uint64], Positions]:
    """Read one unsigned number at each of many positions; return the numbers and the position after each."""
    lengths = np.ones(len(positions), dtype=np.int64)
    open_ = data[positions] >= _MORE
    while open_.any():
        lengths += open_
        if lengths.max() > _MOST_BYTES:
            raise _too_long()
        open_[open_] = data[(positions + lengths - 1)[open_]] >= _MORE
    return _gather(data, positions, lengths), positions + lengths


def run_of(data: bytes, key: int, start: int, end: int) -> tuple[Positions, Positions]:
    """Starts and ends of the contents of consecutive messages with this `key`, the first of them at `start`."""
    entries_at: list[int] = []
    note = entries_at.append
    while start < end and data[start] == key:
        note(start)
        length = data[start + 1]
        if length < _MORE:
            start += 2 + length
        elif data[start + 2] < _MORE:
            start += 3 + (length - _MORE) + (data[start + 2] << 7)
        else:
            length, start = varint_at(data, start + 1)
            start += length
    if start > end:
        raise WireError("a message ends too early")
    lengths, starts = varints_at(np.frombuffer(data, dtype=np.uint8), np.array(entries_at, dtype=np.int64) + 1)
    return starts, starts + lengths.astype(np.int64)


def _gather(data: Bytes, starts: Positions, lengths: Positions) -> NDArray[np.uint64]:
    values = (data[starts] & 127).astype(np.uint64)
    longer = np.flatnonzero(lengths > 1)
    group = 1
    while len(longer):
        values[longer] |= (data[starts[longer] + group] & np.uint8(127)).astype(np.uint64) << np.uint64(7 * group)
        group += 1
        longer = longer[lengths[longer] > group]
    return values


def unfold(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Signed numbers from unsigned ones in "zigzag" encoding: 0, 1, 2, 3 become 0, -1, 1, -2."""
    unfolded: NDArray[np.int64] = (values >> np.uint64(1)).astype(np.int64) ^ -(values & np.uint64(1)).astype(np.int64)
    return unfolded


def fixed_at(data: Bytes, positions: Positions, dtype: str) -> NDArray[np.float64]:
    """Read one floating-point number (``<f8`` or ``<f4``) at each of many positions."""
    size = np.dtype(dtype).itemsize
    gathered = np.ascontiguousarray(data[positions[:, None] + np.arange(size)])
    return gathered.view(dtype)[:, 0].astype(np.float64)


def joined(data: Bytes, starts: Positions, ends: Positions) -> Bytes:
    """Concatenate the bytes of many ranges."""
    lengths = ends - starts
    total = int(lengths.sum())
    if total == 0:
        return np.empty(0, dtype=np.uint8)
    offsets = np.cumsum(lengths) - lengths
    ranges: Bytes = data[np.arange(total) + np.repeat(starts - offsets, lengths)]
    return ranges
