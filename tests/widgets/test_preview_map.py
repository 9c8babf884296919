from __future__ import annotations

import pytest
from front_end import send

from arcgis_export_widgets.preview.viewport import Viewport

TRIANGLE = {"type": "Polygon", "coordinates": [[[-84, 25], [-80, 25], [-80, 29], [-84, 25]]]}


def test_keeping_what_is_in_view_outlines_it_and_can_be_undone(app):
    app.state.preview.viewport = Viewport(-84, 25, -80, 29, 7)
    app.preview.keep_view.click()
    assert "in the area" in app.preview.area_note.text
    assert app.preview.anywhere.layout.display is None
    (outline,) = app.preview.map.layers[-1].data["features"]
    assert outline["geometry"]["coordinates"][0][0] == (-84, 25)
    app.preview.anywhere.click()
    assert app.preview.area_note.text == ""
    assert app.preview.map.layers[-1].data["features"] == []


def test_a_drawn_shape_becomes_the_area(app):
    (control,) = [one for one in app.preview.map.controls if hasattr(one, "on_draw")]
    send(control, {"event": "draw:created", "geo_json": {"geometry": TRIANGLE}})
    assert set(app.state.area_choice.area.rings[0]) == {(-84, 25), (-80, 25), (-80, 29)}
    assert "Cities" in app.preview.area_note.text


def mouse(app, kind, longitude, latitude):
    message = {"event": "interaction", "type": kind, "coordinates": [latitude, longitude]}
    send(app.preview.map, message)


def test_going_around_features_with_the_mouse_keeps_them(app):
    app.preview.trace.click()
    assert not app.preview.map.dragging
    mouse(app, "mousemove", -90, 20)  # the button is not down yet
    mouse(app, "mousedown", -84, 25)
    for longitude, latitude in [(-82, 25), (-80, 25), (-80, 29)]:
        mouse(app, "mousemove", longitude, latitude)
    mouse(app, "mouseup", -80, 29)
    assert set(app.state.area_choice.area.rings[0]) >= {(-84, 25), (-80, 25), (-80, 29)}
    assert "Cities" in app.preview.area_note.text
    assert app.preview.map.dragging
    assert app.preview.trace.description == "Draw freehand"


def test_a_click_is_no_area_and_drawing_can_be_stopped(app):
    app.preview.trace.click()
    mouse(app, "mousedown", -84, 25)
    mouse(app, "mouseup", -84, 25)
    assert app.state.area_choice.area is None
    app.preview.trace.click()
    mouse(app, "mousedown", -84, 25)
    mouse(app, "mousemove", -80, 25)
    assert app.state.area_choice.area is None
    assert app.preview.map.dragging


def test_without_a_layer_there_is_nothing_to_zoom_to_or_draw_around(app):
    view = app.preview
    tools = (view.zoom_button, view.refresh_button, view.keep_view, view.trace)
    assert not any(tool.disabled for tool in tools)
    view.trace.click()
    app.layer_list.tick_none.click()
    assert all(tool.disabled for tool in tools)
    assert view.map.dragging
    app.layer_list.tick_all.click()
    assert not any(tool.disabled for tool in tools)
    assert len(app.state.layer_list.ticked) == 3


def test_of_many_faults_the_map_tells_the_first(app):
    app.state.preview.errors = {0: "It is gone.", 1: "It is gone.", 2: "It is gone."}
    assert app.preview.status.text == "Counties: It is gone. 2 more layers cannot be shown."
    assert app.preview.status.tone == "failed"


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        (1, "It is gone."),
        (2, "Counties: It is gone. 1 more layer cannot be shown."),
        (3, "Counties: It is gone. 2 more layers cannot be shown."),
    ],
)
def test_the_map_counts_the_layers_that_cannot_be_shown(app, faults, told):
    app.state.preview.errors = dict.fromkeys(range(faults), "It is gone.")
    assert app.preview.status.text.endswith(told)
    assert ("more layer" in app.preview.status.text) is (faults > 1)
