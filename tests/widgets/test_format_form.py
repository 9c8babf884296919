from __future__ import annotations


def test_a_card_chooses_its_format_and_says_so(app):
    view = app.format_form
    view.compare.click()
    assert view.cards.layout.display is None
    view.cards.cards["geoPackage"].button.click()
    assert view.format.value == "geoPackage"
    assert view.cards.cards["geoPackage"].button.description == "GeoPackage (chosen)"
    assert "loses nothing" in view.cards.cards["geoPackage"].text.value


def test_typing_part_of_a_name_offers_systems_and_choosing_takes_one(app):
    view = app.format_form
    view.coordinates.value = "utm 15n wgs"
    assert view.found.layout.display is None
    view.found.value = "EPSG:32615 · WGS 84 / UTM zone 15N"
    assert app.request.target_sr.wkid == 32615
    assert view.found.layout.display == "none"


def test_a_suggestion_is_taken_with_one_press(app):
    view = app.format_form
    view.suggested.children[2].click()
    assert app.request.target_sr.wkid == 3857
    view.suggested.children[0].click()
    assert app.request.target_sr is None


def test_the_warning_of_too_many_rows_follows_the_count_under_the_filter(app):
    view, layers = app.format_form, app.state.layer_list.ticked
    view.format.value = "Excel"
    for count, is_warned in ((1_500_000, True), (None, False), (2_000_000, True), (12, False)):
        layers[0].matched = count
        assert ("rows do not fit" in view.losses.value) is is_warned
        assert ("rows beyond 1,048,575" in view.cards.cards["Excel"].text.value) is is_warned
