from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from ipywidgets import HTML

from arcgis_export_widgets import ExportApp, ExportRequest, Portal
from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.request.dialects import Dialect
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.saved_jobs import SavedJobList
from arcgis_export_widgets.state.submission import Submission
from arcgis_export_widgets.widgets.result_panel import FrameTable
from arcgis_export_widgets.widgets.submission import SavedJobsView
from arcgis_export_widgets.workflow import SavedJob


def test_the_code_follows_the_dialect(app):
    view = app.result_panel.code
    view.dialect.value = Dialect.REQUESTS
    assert "import requests" in view.code.value
    assert view.copy.text == app.state.code


def test_code_is_written_while_its_tab_is_open_and_never_shown_for_an_older_choice(app):
    view, tabs = app.result_panel.code, app.result_panel.tabs
    app.state.export()
    app.format_form.format.value = "CSV"
    assert "text" not in vars(app.state.request_code)
    assert (view.code.value, view.copy.text) == ("", "")
    tabs.selected_index = len(tabs.children) - 1
    assert "CSV" in view.code.value
    assert view.copy.text == app.state.code


def test_the_code_is_there_without_a_browser_and_follows_what_is_chosen(app):
    view = app.result_panel.code
    assert "ExportRequest" in view.code.value
    app.format_form.format.value = "CSV"
    assert "CSV" in view.code.value
    assert view.copy.text == app.state.code


def test_a_pasted_request_fills_the_form_or_says_why_not(app):
    view = app.result_panel.code.saved
    view.toggle.click()
    view.text.value = '{"layers": [{"id": 1}]}'
    view.fill.click()
    assert view.message.text == "Filled in: 1 layer, Shapefile."
    view.text.value = '{"layers": [{"id": "<b>"}]}'
    view.fill.click()
    assert "aew-error" in view.error.value
    assert "<b>" not in view.error.value


def test_a_request_is_saved_and_loaded(app, tmp_path):
    app.format_form.format.value = "GeoJson"
    saved = app.value
    path = app.save_request(tmp_path / "request.json")
    app.format_form.format.value = "CSV"
    app.load_request(path)
    assert app.value == saved


def test_a_request_is_saved_and_loaded_in_the_home_folder(app, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert app.save_request("~/request.json") == tmp_path / "request.json"
    app.load_request("~/request.json")


def test_a_file_that_is_no_request_is_an_error(app, empty_app, tmp_path):
    (tmp_path / "no.json").write_text("hello")
    with pytest.raises(RequestError, match="not JSON"):
        app.load_request(tmp_path / "no.json")
    with pytest.raises(RequestError, match="nothing to save"):
        empty_app.save_request(tmp_path / "none.json")


TAG = "<img src=x onerror=alert(1)>"


def html_in(widget):
    """All HTML that a widget and those in it show."""
    return (
        getattr(widget, "value", "")
        if isinstance(widget, HTML)
        else "".join(html_in(child) for child in getattr(widget, "children", ()))
    )


def test_nothing_that_comes_from_the_portal_becomes_html(local_portal):
    places = gpd.GeoDataFrame({"name": [TAG, None], "n": [1, 2]}, geometry=gpd.points_from_xy([0, 1], [2, 3]), crs=4326)
    domain = {"type": "codedValue", "name": TAG, "codedValues": [{"code": n, "name": f"{TAG}{n}"} for n in (1, 2)]}
    fields = {"name": {"alias": TAG}, "n": {"alias": f"{TAG}n", "domain": domain}}
    item_id = local_portal.add(places, "Hostile", fields=fields)
    with Portal(local_portal.url, username="student", password="learn-arcgis") as portal:
        portal.session.ask(f"content/users/student/items/{item_id}/update", {"title": TAG, "snippet": TAG})
        app = ExportApp(portal, item=item_id, runner=SameThreadRunner())
        app.state.submission.title = TAG
        app.layer_list.layers[0].filter.where.value = f"name <> '{TAG}' OR n > 0"
        app.state.preview.select(0, 0)
        app.state.export()
        assert app.frames is not None, app.state.submission.error
        shown = html_in(app)
    assert "<img" not in shown
    assert shown.count("&lt;img") > 5
    assert "<img" not in app.result._repr_html_() + app.frames._repr_html_() + app.frames.receipt._repr_html_()


@pytest.mark.parametrize("export_format", ["Shapefile", "CSV"])
def test_what_is_drawn_of_a_result_is_told_below_its_map(app, export_format):
    app.layer_list.layers[0].ticked.value = app.layer_list.layers[2].ticked.value = False
    app.layer_list.layers[1].filter.where.value = "POPULATION > 1000000"
    app.format_form.format.value = export_format
    app.state.export()
    assert app.result_panel.map.status.text == f"Cities: all {len(app.frames.only)} drawn."


def test_a_result_without_shapes_says_that_nothing_can_be_drawn(portal):
    app = ExportApp(portal, item="9d2c5f0b8e6a47c1a3f47be0c61d8e24", runner=SameThreadRunner())
    app.layer_list.layers[0].ticked.value = app.layer_list.layers[1].ticked.value = False
    app.format_form.format.value = "CSV"
    app.state.export()
    assert app.result_panel.map.status.text == "None of the loaded layers can be drawn on a map."


def test_names_of_layers_and_columns_and_values_are_escaped_in_the_table():
    table = FrameTable()
    table.show({TAG: pd.DataFrame({TAG: [TAG]})})
    assert "<img" not in table.table.value
    assert table.table.value.count("&lt;img") == 3


def test_titles_of_saved_jobs_are_escaped(tmp_path):
    request = ExportRequest("345313e619df46f387f9ededbe15ac56", "CSV", title=TAG)
    state = SavedJobList(SameThreadRunner(), Submission(SameThreadRunner()))
    state.jobs = (SavedJob(tmp_path, {"request": request.to_json(), "startedAt": 0}),)
    assert "<img" not in html_in(SavedJobsView(state))
    assert "&lt;img" in html_in(SavedJobsView(state))
