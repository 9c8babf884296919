"""Many geometries at once are what each is by itself."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.portal.pages.esri_geometry import read_geometries, to_shapely

OUTER = [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]  # clockwise, as ArcGIS writes outer rings
HOLE = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
OTHER_HOLE = [[4, 4], [5, 4], [5, 5], [4, 5], [4, 4]]
ISLAND = [[20, 0], [20, 1], [21, 1], [21, 0], [20, 0]]
HOLE_IN_NOTHING = [[50, 1], [51, 1], [51, 2], [50, 1]]
ALIKE = {
    "points": [{"x": 1, "y": 2}, None, {"x": "NaN", "y": "NaN"}, {"x": None, "y": None}, {}],
    "points with z": [{"x": 1, "y": 2, "z": 3}, {"x": 1.5, "y": 2, "z": -3}],
    "points, some with z": [{"x": 1, "y": 2, "z": 3}, {"x": 1, "y": 2}, {"x": 1, "y": 2, "z": None}],
    "multipoints": [{"points": [[1, 2], [3, 4]]}, {"points": []}, {"points": [[5, 6]]}],
    "lines": [{"paths": [[[1, 2], [3, 4]]]}, None, {"paths": [[[1, 2], [3, 4]], [], [[5, 6], [7, 8]]]}, {"paths": []}],
    "lines with z and m": [{"hasZ": True, "hasM": True, "paths": [[[1, 2, 3, 4], [3, 4, 5, 6]]]}],
    "lines with m": [{"hasM": True, "paths": [[[1, 2, 9], [3, 4, 9]]]}],
    "lines with m missing": [{"hasM": True, "paths": [[[1, 2, None], [3, 4, 9]]]}],
    "polygons": [
        {"rings": [OUTER]},
        {"rings": [OUTER, HOLE, OTHER_HOLE]},
        {"rings": [HOLE, OUTER]},
        {"rings": [HOLE]},
        {"rings": [OUTER, ISLAND]},
        {"rings": [ISLAND, HOLE, OUTER]},
        {"rings": [OUTER, HOLE_IN_NOTHING, HOLE]},
        {"rings": [HOLE, OTHER_HOLE]},
        {"rings": [OUTER[:-1]]},
        {"rings": []},
        None,
    ],
    "of several kinds": [{"x": 1, "y": 2}, {"paths": [[[1, 2], [3, 4]]]}, {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}],
}


@pytest.mark.parametrize("kind", ALIKE)
def test_each_is_what_it_would_be_alone(kind):
    together = read_geometries(ALIKE[kind])
    alone = [to_shapely(geometry) for geometry in ALIKE[kind]]
    assert [shape and shape.normalize().wkt for shape in together] == [
        shape and shape.normalize().wkt for shape in alone
    ]
    assert [shape and shape.geom_type for shape in together] == [shape and shape.geom_type for shape in alone]


@pytest.mark.parametrize("geometry", [{"curveRings": []}, {"rings": [[[0, 0]]]}, {"paths": 3}, {"a": 1}])
def test_what_makes_no_sense_is_refused(geometry):
    with pytest.raises(LoadError):
        read_geometries([{"rings": [OUTER]}, geometry])


COORDINATE = st.integers(0, 6)
RING = st.tuples(COORDINATE, COORDINATE, st.integers(1, 4), st.booleans()).map(
    lambda box: list(
        map(list, shapely.box(box[0], box[1], box[0] + box[2], box[1] + box[2], ccw=box[3]).exterior.coords)
    )
)


@given(st.lists(st.lists(RING, max_size=5), max_size=4))
def test_any_rings_make_the_same_polygons_together_as_alone(features):
    geometries = [{"rings": rings} for rings in features]
    for together, alone in zip(read_geometries(geometries), map(to_shapely, geometries), strict=True):
        assert (together and together.normalize().wkt) == (alone and alone.normalize().wkt)
