"""A form with its views on the local portal; whatever a callback raises fails the test."""

from __future__ import annotations

import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import CallbackDispatcher

from arcgis_export_widgets import ExportApp
from arcgis_export_widgets.state.runner import SameThreadRunner

USA = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture(autouse=True)
def callbacks_raise(monkeypatch):
    """ipywidgets logs what a button's handler raises and goes on; a test must see it."""

    def call_all(self, *args, **kwargs):
        for callback in self.callbacks:
            callback(*args, **kwargs)

    monkeypatch.setattr(CallbackDispatcher, "__call__", call_all)


@pytest.fixture(autouse=True)
def widgets_end():
    """ipywidgets keeps every widget until it is closed: thousands after a while, which all tests would carry along."""
    yield
    Widget.close_all()


@pytest.fixture
def app(portal):
    return ExportApp(portal, item=USA, runner=SameThreadRunner())


@pytest.fixture
def empty_app():
    return ExportApp(runner=SameThreadRunner())
