from __future__ import annotations

import asyncio
import json

import pytest
from front_end import css_classes, send
from ipywidgets import Checkbox, Dropdown, Select, Text, Textarea, Widget

from arcgis_export_widgets import ExportApp
from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.state.runner import SameThreadRunner

FIELDS = (Checkbox, Dropdown, Select, Text, Textarea)
USA = "345313e619df46f387f9ededbe15ac56"


def cities(app):
    return app.layer_list.layers[1]


def drawn(app, layer):
    """The permanent map layer of a service's layer, by its place."""
    return next(one for one in app.preview.map.layers if one.name == f"Layer {layer + 1}").data["features"]


def only_cities(app):
    app.layer_list.layers[0].ticked.value = app.layer_list.layers[2].ticked.value = False


def test_typing_a_clause_shows_its_count_on_form_button_and_map(app):
    only_cities(app)
    cities(app).filter.where.value = "POPULATION > 100000"
    kept = app.state.layer_list.layers[1].matched
    assert cities(app).status.text == f"{kept:,} of 7,555"
    assert app.export.button.description == f"Export {kept:,} features"
    assert len(drawn(app, 1)) == app.state.preview.layers[1].matched


def test_a_wrong_clause_is_marked_where_it_stands_and_stops_the_button(app):
    cities(app).filter.where.value = "POPULATON > 1"
    assert "<mark>POPULATON</mark>" in cities(app).problems.value
    assert app.export.button.disabled
    assert "Did you mean POPULATION?" in app.export.explanation.text
    assert cities(app).filter.where.value == "POPULATON > 1"


def test_unticking_a_layer_takes_it_off_the_map(app):
    app.layer_list.layers[0].ticked.value = False
    assert drawn(app, 0) == []
    assert app.layer_list.layers[0].body.layout.display == "none"


def test_pressing_export_leads_to_frames_and_tabs(app):
    only_cities(app)
    cities(app).filter.where.value = "POPULATION > 100000"
    app.export.button.click()
    kept = app.state.layer_list.layers[1].matched
    assert len(app.frames["Cities"]) == kept
    assert asyncio.run(app.finished()) is app.result
    assert app.result_panel.tabs.titles == ("Summary", "Map", "Table", "Receipt", "Code")
    assert app.job.job_id in app.result_panel.answer.value
    assert f"<td>Cities</td><td>{kept:,}</td>" in app.result_panel.layers.value
    assert "app.frames[&quot;Cities&quot;]" in app.result_panel.layers.value
    assert f"of {kept:,} rows" in app.result_panel.table.table.value
    assert app.progress.summary.text.startswith("Done in")
    assert app.progress.summary.tone == "finished"


def test_earlier_exports_of_the_session_can_be_looked_at_again(app):
    only_cities(app)
    panel = app.result_panel
    for clause in ("POPULATION > 1000000", "POPULATION > 500000"):
        cities(app).filter.where.value = clause
        app.export.button.click()
    first, second = panel.past.options[1], panel.past.options[0]
    assert (first[0][:2], second[0][:2]) == ("1.", "2.")
    assert panel.past.layout.display is None
    assert panel.table.frames is not None
    assert len(panel.table.frames["Cities"]) == len(app.frames["Cities"])
    panel.past.value = first[1]
    assert len(panel.table.frames["Cities"]) == len(first[1].result.frames["Cities"]) < len(app.frames["Cities"])
    assert first[1].result.job.job_id in panel.answer.value


def test_with_one_export_there_is_nothing_to_choose_from(app):
    only_cities(app)
    app.export.button.click()
    assert app.result_panel.past.layout.display == "none"


def test_a_failed_export_is_shown_and_the_button_is_free_again(app, monkeypatch):
    def refuse(_):
        raise RequestError("The portal is on holiday.")

    monkeypatch.setattr(app.state.sign_in.portal, "plan", refuse)
    app.export.button.click()
    assert app.progress.summary.text == "The portal is on holiday."
    assert not app.export.button.disabled
    assert app.result_panel.tabs.titles == ("Code",)


def test_the_value_is_the_request_and_can_be_observed(app):
    seen = []
    app.observe(lambda change: seen.append(change["new"]), "value")
    app.format_form.format.value = "CSV"
    assert seen[-1] == app.value == app.request.to_json()
    json.dumps(app.value)


def test_column_names_are_shown_for_csv_only(app):
    assert app.format_form.columns.layout.display == "none"
    app.format_form.format.value = "CSV"
    assert app.format_form.columns.layout.display is None


def test_an_unknown_coordinate_system_is_shown_below_its_field(app):
    app.format_form.coordinates.value = "nowhere at all"
    assert "aew-error" in app.format_form.error.value
    assert app.export.button.disabled


def test_a_coordinate_system_that_is_still_to_be_chosen_is_no_error(app):
    app.format_form.coordinates.value = "EPSG:2"
    assert "Choose one of the" in app.format_form.error.value
    assert "aew-error" not in app.format_form.error.value
    assert app.export.button.disabled


def test_the_suggested_coordinate_system_that_is_chosen_is_marked(app):
    own, first, *_ = app.format_form.suggested.children
    assert ("aew-chosen" in css_classes(own), "aew-chosen" in css_classes(first)) == (True, False)
    first.click()
    assert ("aew-chosen" in css_classes(own), "aew-chosen" in css_classes(first)) == (False, True)


def test_a_layer_takes_one_line_until_it_is_filtered(app):
    view = cities(app)
    assert "aew-plain" in css_classes(view)
    view.filter.root.add_condition.click()
    assert "aew-plain" not in css_classes(view)


def test_signing_in_leads_through_the_form_and_leaves_no_secret_behind(empty_app, local_portal):
    app = empty_app
    app.sign_in.url.value, app.sign_in.inputs["username"].value = local_portal.url, "student"
    send(app.sign_in.secret, {"kind": "secret", "value": "wrong-secret"})
    assert "aew-error" in app.sign_in.error.value
    send(app.sign_in.secret, {"kind": "secret", "value": "learn-arcgis"})
    assert app.sign_in.fields.layout.display == "none"
    assert app.sign_in.error.value == ""
    app.item_picker.text.value = "counties"
    app.item_picker.find.click()
    app.item_picker.results.children[0].button.click()
    assert app.request.item_id == USA
    token = app.state.sign_in.portal.session.auth.token(None)
    states = json.dumps(Widget.get_manager_state(), default=repr) + repr(app)
    assert "wrong-secret" not in states
    assert token not in states


def test_enter_in_the_item_field_searches(app):
    app.item_picker.text.value = "earthquakes"
    send(app.item_picker.text, {"event": "submit"})
    (card,) = app.item_picker.results.children
    assert card.button.description == "Earthquakes and countries of the world"
    layers = "3 layers: Earthquakes, Countries, Country facts"
    for told in ("Feature Service, owner student, changed 20", "A week of earthquakes", layers):
        assert told in card.text.value


def test_an_unknown_item_is_shown_below_its_field(app):
    app.item_picker.text.value = "0" * 32
    app.item_picker.find.click()
    assert "aew-error" in app.item_picker.error.value
    assert app.item_picker.text.value == "0" * 32
    assert app.request.item_id == USA


def test_titles_from_the_portal_are_escaped(app):
    opened = app.state.item_picker.opened
    evil = type(opened.item)(**{**vars(opened.item), "title": "<script>alert(1)</script>"})
    app.state.item_picker.opened = type(opened)(evil, opened.service, opened.right)
    assert "<script>" not in app.item_picker.item.value
    assert "&lt;script&gt;" in app.item_picker.item.value


def test_another_item_takes_over_layers_and_map(app):
    app.item_picker.text.value = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
    app.item_picker.find.click()
    assert [view.ticked.description for view in app.layer_list.layers] == ["Earthquakes", "Countries", "Country facts"]
    assert drawn(app, 0)
    assert app.preview.table_layer.options == (("Earthquakes", 0), ("Countries", 1), ("Country facts", 2))


def test_a_clicked_feature_shows_its_attributes_below_the_map(app):
    app.state.preview.select(1, 0)
    assert "<dt>Population</dt>" in app.preview.selection.value


def test_every_field_has_a_label(app):
    views = (app.sign_in, app.item_picker, *app.layer_list.layers, app.format_form, app.export, app.preview)
    fields = [part for view in views for part in vars(view).values() if isinstance(part, FIELDS)]
    assert len(fields) > 15
    assert all(field.description for field in fields)


def test_without_widgets_the_form_reads_as_text(app, empty_app):
    assert "[x] 1 Cities: 7,555" in repr(app)
    assert "Sign in to a portal." in repr(empty_app)


def test_an_unknown_background_is_refused_with_a_remedy(portal):
    with pytest.raises(RequestError, match="xyzservices"):
        ExportApp(portal, basemap="No.Such", runner=SameThreadRunner())


def test_a_background_of_ones_own_joins_the_choice(portal):
    app = ExportApp(portal, basemap="OpenTopoMap", runner=SameThreadRunner())
    assert app.preview.background.value == "OpenTopoMap"
    assert "opentopomap" in app.preview.map.layers[-1].url


def test_saving_a_request_with_an_area_warns_that_its_features_are_those_of_now(app, tmp_path, caplog):
    app.save_request(tmp_path / "all.json")
    assert caplog.messages == []
    triangle = {"type": "Polygon", "coordinates": [[[-84, 25], [-80, 25], [-80, 29], [-84, 25]]]}
    app.state.area_choice.keep_drawn(triangle)
    app.save_request(tmp_path / "area.json")
    assert "area.json saves the area as the list of features in it now" in caplog.text


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("nope", "No feature service with the words 'nope'"),
        ("0" * 32, "does not exist"),
        ("Cities", "found. Choose one."),
    ],
)
def test_without_a_screen_it_says_what_became_of_the_item_that_was_asked_for(portal, item, said):
    assert said in repr(ExportApp(portal, item=item, runner=SameThreadRunner()))


def test_an_export_that_lacks_rows_is_marked_as_one(app, local_portal):
    local_portal.fault("count_drift", 1, path="/1/query")
    try:
        app.state.export()
    finally:
        local_portal.clear_faults()
    assert "rows but" in app.progress.summary.text
    assert app.progress.summary.tone == "failed"
    app.state.export()
    assert "rows but" not in app.progress.summary.text
    assert app.progress.summary.tone == "finished"
