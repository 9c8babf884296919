"""PBF answers, read back by a decoder of the wire format that knows nothing of the writer."""

import json
import struct

import pytest


def read_varint(content, position):
    number = shift = 0
    while True:
        byte = content[position]
        number |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return number, position


def read_message(content):
    """Return {field number: [values]} of one message; nested ones stay bytes."""
    fields, position = {}, 0
    while position < len(content):
        key, position = read_varint(content, position)
        kind = key & 7
        if kind == 0:
            value, position = read_varint(content, position)
        elif kind == 1:
            value, position = struct.unpack_from("<d", content, position)[0], position + 8
        else:
            size, position = read_varint(content, position)
            value, position = content[position : position + size], position + size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def read_packed(content):
    numbers, position = [], 0
    while position < len(content):
        number, position = read_varint(content, position)
        numbers.append(number)
    return numbers


def unfold(number):
    return number >> 1 if number % 2 == 0 else -(number + 1 >> 1)


@pytest.fixture
def query_pbf(anonymous):
    def query(layer, **parameters):
        answer = anonymous.get(f"{anonymous.service()}/{layer}/query", f="pbf", where="1=1", **parameters)
        assert answer.headers["Content-Type"] == "application/x-protobuf"
        return read_message(read_message(answer.content)[2][0])

    return query


def features_of(result):
    feature_result = read_message(result[1][0])
    return feature_result, [read_message(feature) for feature in feature_result.get(15, [])]


def coordinates_of(geometry, transform):
    """Return the parts of a two-dimensional geometry as lists of x, y."""
    scale, translate = (read_message(transform[number][0]) for number in (2, 3))
    message = read_message(geometry)
    numbers = [unfold(number) for number in read_packed(message[3][0])]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    parts = []
    for length in read_packed(message[2][0]):
        x = y = 0
        part = []
        for dx, dy in [pairs.pop(0) for _ in range(length)]:
            x, y = x + dx, y + dy
            part.append([x * scale[1][0] + translate[1][0], translate[2][0] - y * scale[2][0]])
        parts.append(part)
    return parts


def test_values_have_their_own_types_and_null_is_an_empty_value(query_pbf):
    _, (first, second) = features_of(query_pbf(0, objectIds="1,2", outFields="*"))
    assert read_message(first[1][2]) == {}
    object_id, name, population, opened, score, code = (read_message(value) for value in second[1])
    assert (object_id, name) == ({5: [2]}, {1: ["Città 1".encode()]})
    assert (population, score, code) == ({4: [200]}, {3: [0.125]}, {1: [b"b"]})
    assert unfold(opened[8][0]) == 1577880000000 + 86_400_000


def test_fields_and_head_say_what_the_values_are(query_pbf):
    head, _ = features_of(query_pbf(0, outFields="NAME,OPENED", resultRecordCount=1))
    names = [read_message(field)[1][0] for field in head[13]]
    types = [read_message(field)[2][0] for field in head[13]]
    assert (head[1], names, types, head[9]) == ([b"OBJECTID"], [b"NAME", b"OPENED"], [4, 5], [1])
    assert read_message(head[8][0]) == {1: [4326], 2: [4326]}


@pytest.mark.parametrize("layer", [1, 2])
def test_coordinates_are_those_of_the_json_answer(query_pbf, anonymous, layer):
    expected = anonymous.query(layer, objectIds="1,2")["features"]
    head, found = features_of(query_pbf(layer, objectIds="1,2"))
    transform = read_message(head[12][0])
    key = {1: "rings", 2: "paths"}[layer]
    for feature, answer in zip(found, expected, strict=True):
        for part, other in zip(coordinates_of(feature[2][0], transform), answer["geometry"][key], strict=True):
            assert part == [pytest.approx(vertex, abs=1e-4) for vertex in other]


def test_a_null_geometry_is_left_out(query_pbf):
    _, (nothing,) = features_of(query_pbf(1, objectIds="3", outFields="OBJECTID"))
    assert set(nothing) == {1}


def test_a_view_grid_is_kept_and_collapses_what_falls_in_one_cell(query_pbf):
    grid = {"mode": "view", "tolerance": 250_000, "originPosition": "lowerLeft",
            "extent": {"xmin": 0, "ymin": 0, "xmax": 1e6, "ymax": 6e6}}  # fmt: skip
    head, (road, _) = features_of(query_pbf(2, quantizationParameters=json.dumps(grid)))
    assert read_message(head[12][0])[1] == [1]
    numbers = [unfold(number) for number in read_packed(read_message(road[2][0])[3][0])]
    assert numbers == [0, 20, 1, 0, 1, 0, 1, 0, 1, 0]


def test_count_ids_and_extent_have_answers_of_their_own(query_pbf):
    assert read_message(query_pbf(0, returnCountOnly="true")[2][0]) == {1: [200]}
    ids = read_message(query_pbf(0, returnIdsOnly="true")[3][0])
    assert (ids[1], read_packed(ids[3][0])) == ([b"OBJECTID"], list(range(1, 201)))
    extent = read_message(query_pbf(0, returnExtentOnly="true", returnCountOnly="true")[4][0])
    assert (read_message(extent[1][0])[3], extent[2]) == ([19.0], [200])


def test_an_error_of_a_pbf_query_is_json(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/0/query", f="pbf", where="FOO=1")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["error"]["code"] == 400
