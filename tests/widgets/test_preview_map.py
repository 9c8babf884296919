from __future__ import annotations

from arcgis_export_widgets.state.viewport import Viewport

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
    control._handle_leaflet_event(None, {"event": "draw:created", "geo_json": {"geometry": TRIANGLE}}, [])
    assert app.state.area_choice.area.rings[0][0] == (-84, 25)
    assert "Cities" in app.preview.area_note.text
