"""What a receipt proves, and how people see it."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from arcgis_export_widgets.errors import IncompleteResultError
from arcgis_export_widgets.loading import ExpectedLayer, load
from arcgis_export_widgets.loading.counts import Counts, receipt_of
from arcgis_export_widgets.loading.expected import FileFacts
from arcgis_export_widgets.loading.receipt import Receipt

TAG = "<img src=x onerror=alert(1)>"


def points(*ids, column="OBJECTID"):
    """One point for each id, at (id, 10 * id)."""
    return gpd.GeoDataFrame({column: ids}, geometry=[shapely.Point(i, 10 * i) for i in ids], crs=4326)


def counts_of(*frames, id_field="OBJECTID"):
    counts = Counts(id_field)
    for frame in frames:
        counts.add(frame)
    return counts


def receipt(*frames, expected, **counted):
    """The receipt of one layer whose rows came in these frames."""
    wanted = replace(expected, **counted)
    return receipt_of({wanted.name: counts_of(*frames)}, {wanted.name: wanted})


def test_a_receipt_without_layers_proves_nothing():
    empty = Receipt((), {}, None)
    assert not empty.complete
    assert not empty.verdict.startswith("Complete")
    with pytest.raises(IncompleteResultError, match="No layer"):
        empty.assert_complete()


@pytest.mark.parametrize(
    ("ids", "counted", "complete"),
    [
        ((1, 2, 3), 3, True),
        ((), 0, True),
        ((1, 2), 3, False),
        ((1, 2, 3), 2, False),
        ((1, 2, 2), 3, False),  # one came twice in place of another
        ((1, 2, 3), None, None),
    ],
)
def test_as_many_different_rows_as_were_counted_are_complete(expected, ids, counted, complete):
    made = receipt(points(*ids), expected=expected, count=counted)
    assert made.layers[0].complete is complete
    assert made.complete is bool(complete)
    assert made.verdict.startswith("Complete") is bool(complete)
    assert (made.differences == ()) is (complete is not False)


def test_a_row_that_came_twice_is_seen_in_different_frames_too(expected):
    made = receipt(points(1, 2), points(2), expected=expected, count=3)
    assert made.layers[0].distinct_ids == 2
    with pytest.raises(IncompleteResultError, match="2 different ids"):
        made.assert_complete()


def test_rows_without_ids_in_one_of_the_frames_are_not_told_apart(expected):
    made = receipt(points(1, 2), points(3, column="OTHER"), expected=expected, count=3)
    assert made.layers[0].distinct_ids is None
    assert made.complete


def test_a_layer_that_did_not_come_is_in_the_receipt_without_rows(expected):
    absent = receipt_of({}, {expected.name: expected})
    assert [(layer.layer, layer.counted, layer.rows) for layer in absent.layers] == [(expected.name, 3, 0)]
    assert not absent.complete
    with pytest.raises(IncompleteResultError, match="counted 3 rows but 0 arrived"):
        absent.assert_complete()


def test_a_layer_that_was_not_counted_is_named_beside_one_that_is_complete(expected):
    both = receipt_of(
        {expected.name: counts_of(points(1, 2, 3)), "Roads": counts_of(points(1))}, {expected.name: expected}
    )
    assert both.verdict == "NOT PROVED: nobody counted the rows of Roads at the portal."
    assert both.differences == ()
    with pytest.raises(IncompleteResultError, match="Roads: nobody counted"):
        both.assert_complete()


def test_one_incomplete_layer_outweighs_a_complete_one(expected):
    other = replace(
        expected, definition=type(expected.definition).from_json({**expected.definition.definition, "name": "B"})
    )
    both = receipt_of(
        {expected.name: counts_of(points(1, 2, 3)), "B": counts_of(points(1, 2))}, {expected.name: expected, "B": other}
    )
    assert both.verdict.startswith("NOT COMPLETE")
    assert both.differences == ("B: the portal counted 3 rows but 2 arrived.",)


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize(("off", "fits"), [(0.0, True), (0.0009, True), (0.0011, False), (0.05, False), (-0.05, False)])
@pytest.mark.parametrize("size", [1e-3, 20.0, 5e6])
def test_extents_agree_to_a_thousandth_of_their_size(expected, side, off, fits, size):
    corners = [shapely.Point(0, 0), shapely.Point(size, size / 10)]
    frame = gpd.GeoDataFrame({"OBJECTID": [1, 2]}, geometry=corners, crs=3857)
    reported = [0.0, 0.0, size, size / 10]
    reported[side] += off * size
    assert receipt(frame, expected=expected, extent=tuple(reported)).layers[0].extent_fits is fits


def test_extents_and_missing_shapes_of_all_frames_are_put_together(expected):
    missing = gpd.GeoDataFrame({"OBJECTID": [9]}, geometry=[None], crs=4326)
    row = receipt(points(5), missing, points(1), points(3), expected=expected).layers[0]
    assert (row.extent, row.null_geometry, row.rows) == ("1, 10, 5, 50", 1, 4)


@pytest.mark.parametrize(
    ("before", "after", "edited"), [(1, 1, False), (1, 2, True), (2, 1, True), (None, 1, None), (1, None, None)]
)
def test_another_time_of_the_last_edit_means_edited_meanwhile(expected, before, after, edited):
    made = receipt(points(1), expected=expected, last_edit_before_ms=before, last_edit_after_ms=after)
    assert made.layers[0].edited_meanwhile is edited
    assert ("edited meanwhile" in made.differences[0]) is bool(edited)


def test_a_table_has_no_shapes_that_could_be_missing(expected):
    assert receipt(pd.DataFrame({"OBJECTID": [1]}), expected=expected).layers[0].null_geometry is None


def test_nothing_in_a_receipt_becomes_html(expected):
    row = receipt(points(1), expected=expected).layers[0]
    hostile = replace(row, layer=TAG, geometry=TAG, crs=TAG, extent=TAG)
    facts = FileFacts(Path(f"{TAG}.zip".replace("/", "")), 1, TAG)
    shown = Receipt((hostile,), {TAG: [TAG]}, facts, TAG, (TAG,))._repr_html_()
    assert "<img" not in shown
    assert shown.count("&lt;img") >= 8


def test_people_read_words_and_not_names_of_columns(make_file, expected):
    html = load(make_file("GeoJson"), layers=[expected]).receipt._repr_html_()
    for raw in ("in_box", "distinct_ids", "None", "<NA>", "True", "False"):
        assert raw not in html
    assert "<tr><th>Rows arrived</th><td>3</td></tr>" in html
    assert "<tr><th>Complete</th><td>yes</td></tr>" in html


def test_what_no_layer_has_takes_no_room(make_file):
    html = load(make_file("GeoJson")).receipt._repr_html_()
    assert "Rows counted" not in html


def test_a_fact_that_one_layer_lacks_is_a_dash(make_file, expected):
    frames = load(make_file("GeoJson"), layers=[expected])
    missing = ExpectedLayer(expected.definition, count=None)
    html = type(frames.receipt)(
        [*frames.receipt.layers, *load(make_file("GeoJson"), layers=[missing]).receipt.layers], {}, None
    )._repr_html_()
    assert "<td>yes</td><td>\u2013</td>" in html
