import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, Polygon

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import compare


def frame(ids, names, places=None):
    places = places or [Point(i, 0) for i in ids]
    return gpd.GeoDataFrame({"ID": ids, "NAME": names}, geometry=places, crs=4326)


def test_two_loads_of_the_same_differ_in_nothing():
    changes = compare(frame([1, 2], ["a", None]), frame([2, 1], [None, "a"]), by="ID")
    assert changes.is_empty


def test_rows_that_came_and_went_are_told():
    changes = compare(frame([1, 2], ["a", "b"]), frame([2, 3], ["b", "c"]), by="ID")
    assert changes.added["ID"].tolist() == [3]
    assert changes.removed["ID"].tolist() == [1]
    assert len(changes.changed) == 0


def test_each_value_that_changed_is_told_with_old_and_new():
    changes = compare(frame([1, 2, 3], ["a", "b", None]), frame([1, 2, 3], ["a", None, "c"]), by="ID")
    assert changes.changed["ID"].tolist() == [2, 3]
    assert changes.changed["field"].tolist() == ["NAME", "NAME"]
    assert changes.changed["old"].fillna("none").tolist() == ["b", "none"]
    assert changes.changed["new"].fillna("none").tolist() == ["none", "c"]


def test_a_moved_point_is_a_change():
    changes = compare(frame([1], ["a"]), frame([1], ["a"], [Point(5, 5)]), by="ID")
    assert changes.changed["field"].tolist() == ["geometry"]
    assert changes.changed["new"].tolist() == [Point(5, 5)]


def test_a_lost_point_is_a_change():
    changes = compare(frame([1], ["a"]), frame([1], ["a"], [None]), by="ID")
    assert changes.changed["new"].tolist() == [None]


@pytest.mark.parametrize(("tolerance", "is_empty"), [(0.0, False), (1e-6, True)])
def test_coordinates_may_lie_apart_as_far_as_one_allows(tolerance, is_empty):
    moved = frame([1], ["a"], [Point(1 + 1e-9, 0)])
    assert compare(frame([1], ["a"]), moved, by="ID", tolerance=tolerance).is_empty is is_empty


def test_fields_that_came_and_went_are_told():
    old = pd.DataFrame({"ID": [1], "A": [1]})
    changes = compare(old, pd.DataFrame({"ID": [1], "B": [1]}), by="ID")
    assert (changes.added_fields, changes.removed_fields) == (("B",), ("A",))


def test_rows_of_the_same_id_cannot_be_compared():
    with pytest.raises(LoadError, match="new frame"):
        compare(frame([1], ["a"]), frame([1, 1], ["a", "b"]), by="ID")


def test_frames_in_different_coordinates_cannot_be_compared():
    with pytest.raises(LoadError, match="to_crs"):
        compare(frame([1], ["a"]), frame([1], ["a"]).set_crs(3857, allow_override=True), by="ID")


def test_without_an_id_it_is_asked_for():
    with pytest.raises(LoadError, match="by="):
        compare(pd.DataFrame({"A": [1]}), pd.DataFrame({"A": [1]}))


def test_loads_of_several_layers_are_compared_layer_by_layer():
    old = {"A": frame([1, 2], ["a", "b"]), "B": frame([1], ["a"]), "C": frame([1], ["a"])}
    new = {"A": frame([1, 3], ["x", "c"]), "B": frame([1], ["a"]), "D": frame([1], ["a"])}
    changes = compare(old, new, by="ID")
    assert changes.table.loc["A"].tolist() == [1, 1, 1, ""]
    assert changes["B"].is_empty
    assert (changes.added_layers, changes.removed_layers) == (("D",), ("C",))
    assert not changes.is_empty
    assert "'A': 1 rows added, 1 removed, 1 changed" in repr(changes)


def test_two_loads_of_the_same_layers_differ_in_nothing():
    assert compare({"A": frame([1], ["a"])}, {"A": frame([1], ["a"])}, by="ID").is_empty


@pytest.mark.parametrize(("old", "word"), [(frame([1], ["a"]), "frame"), ("a.zip", "str")])
def test_what_cannot_be_compared_is_named(old, word):
    with pytest.raises(LoadError, match=word):
        compare(old, {"A": frame([1], ["a"])})


@pytest.mark.parametrize("ids", [[1, 1], [1, None], [None, None]])
@pytest.mark.parametrize("which", ["old", "new"])
def test_ids_that_are_missing_or_repeated_cannot_be_compared(ids, which):
    good, bad = frame([1, 2], ["a", "b"]), frame([1, 2], ["a", "b"]).assign(ID=ids)
    with pytest.raises(LoadError, match=f"The {which} frame cannot be compared: 'ID' is missing or repeated"):
        compare(*((bad, good) if which == "old" else (good, bad)), by="ID")


@pytest.mark.parametrize(("old", "new"), [("a", None), (None, "a"), (1.5, None), (None, 0.0)])
def test_a_value_that_came_or_went_is_a_change_in_both_directions(old, new):
    changes = compare(frame([1], [old]), frame([1], [new]), by="ID")
    assert changes.changed[["old", "new"]].iloc[0].tolist() == [old, new]


@pytest.mark.parametrize("names", [(["A"], []), ([], ["A"]), (["A"], ["B"])])
def test_loads_whose_layers_differ_are_not_the_same(names):
    old, new = ({name: frame([1], ["a"]) for name in ["Both", *more]} for more in names)
    changes = compare(old, new, by="ID")
    assert not changes.is_empty
    assert (list(changes.removed_layers), list(changes.added_layers)) == names


def test_areas_whose_rings_begin_elsewhere_are_the_same_also_with_a_tolerance():
    ring = [(0, 0), (0, 1), (1, 1), (1, 0)]
    old, new = (frame([1], ["a"], [Polygon(ring[place:] + ring[:place])]) for place in (0, 2))
    assert compare(old, new, by="ID").is_empty
    assert compare(old, new, by="ID", tolerance=1e-6).is_empty
