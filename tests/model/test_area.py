"""Areas as portals take them: rings by their direction, longitudes on the globe."""

import pytest
import shapely

from arcgis_export_widgets.model.area import Envelope, Polygon

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
HOLE = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]


def drawn(*rings):
    return Polygon.drawn({"type": "Polygon", "coordinates": list(rings)})


def directions(area):
    return ["counterclockwise" if shapely.LinearRing(ring).is_ccw else "clockwise" for ring in area.rings]


@pytest.mark.parametrize("square", [SQUARE, SQUARE[::-1]])
@pytest.mark.parametrize("hole", [HOLE, HOLE[::-1]])
def test_outer_rings_run_clockwise_and_holes_the_other_way_however_they_were_drawn(square, hole):
    assert directions(drawn(square, hole)) == ["clockwise", "counterclockwise"]


def test_a_rectangle_has_a_clockwise_outline():
    (ring,) = Envelope(0, 0, 10, 5).outline
    assert not shapely.LinearRing(ring).is_ccw


@pytest.mark.parametrize("ring", [[[0, 0], [1, 1], [0, 0]], [[0, 0], [1, 1], [2, 2], [0, 0]], [[1, 1]] * 4])
def test_an_outline_without_an_inside_is_no_area(ring):
    assert drawn(ring) is None


def test_no_outline_at_all_is_no_area():
    assert drawn() is None
    assert Polygon.drawn({"type": "MultiPolygon", "coordinates": []}) is None


def test_what_has_no_inside_is_left_out_of_an_area():
    spike = [*SQUARE[:3], [10, 20], [10, 10], *SQUARE[3:]]  # up and down the same line
    assert shapely.Polygon(drawn(spike).rings[0]).equals(shapely.box(0, 0, 10, 10))
    assert len(drawn(spike).rings) == 1


@pytest.mark.parametrize(
    ("west", "east", "longitudes"),
    [
        (-180, 180, [(-180, 180)]),
        (170, 190, [(-180, -170), (170, 180)]),
        (-190, -170, [(-180, -170), (170, 180)]),
        (190, 200, [(-170, -160)]),
        (-200, -190, [(160, 170)]),
        (0, 10, [(0, 10)]),
    ],
)
def test_a_rectangle_beyond_the_180th_meridian_is_moved_or_cut(west, east, longitudes):
    area = Envelope(west, 0, east, 5).on_globe()
    rings = area.outline if isinstance(area, Envelope) else area.rings
    found = sorted((min(x for x, _ in ring), max(x for x, _ in ring)) for ring in rings)
    assert found == longitudes


@pytest.mark.parametrize("side", ["xmin", "ymin", "xmax", "ymax"])
@pytest.mark.parametrize("value", [None, "NaN", float("nan"), float("inf"), "x"])
def test_a_rectangle_that_lacks_a_side_is_none(side, value):
    sides = {"xmin": 0, "ymin": 1, "xmax": 2, "ymax": 3}
    assert Envelope.from_json(sides) == Envelope(0, 1, 2, 3)
    assert Envelope.from_json(sides | {side: value}) is None
