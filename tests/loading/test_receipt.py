"""The receipt as people see it."""

from arcgis_export_widgets.loading import ExpectedLayer, load


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
