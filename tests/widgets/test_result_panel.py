from __future__ import annotations

import pytest

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.request.dialects import Dialect


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
