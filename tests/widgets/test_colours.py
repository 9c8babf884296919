from __future__ import annotations

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.widgets.colours import PALETTE, colours


def layer(*colour):
    drawing = {"renderer": {"type": "simple", "symbol": {"color": list(colour)}}} if colour else {}
    return LayerDefinition(0, "Roads", (), definition={"drawingInfo": drawing})


def test_a_layer_keeps_its_own_colour():
    assert colours([layer(196, 78, 82, 255), layer(76, 114, 176, 255)]) == ("#c44e52", "#4c72b0")


def test_a_colour_too_pale_for_the_map_is_replaced():
    assert colours([layer(255, 255, 190, 255)]) == (PALETTE[0],)


def test_a_colour_that_looks_like_the_one_before_is_replaced():
    first, second = colours([layer(196, 78, 82, 255), layer(200, 75, 80, 255)])
    assert first == "#c44e52"
    assert second in PALETTE


def test_layers_without_colours_get_different_ones():
    assert colours([layer()] * len(PALETTE)) == PALETTE


def test_there_are_colours_for_any_number_of_layers():
    assert len(colours([layer()] * 40)) == 40


def test_swatch_map_and_result_agree(app):
    app.state.layer_list.layers[0].ticked = app.state.layer_list.layers[2].ticked = False
    cities = app.layer_list.layers[1]
    assert "background:#c44e52" in cities.kind.value
    app.state.layer_list.layers[1].where = "POPULATION > 1000000"
    app.state.export()
    loaded = app.result_panel.map.children[0].layers[1]
    assert {f["properties"]["style"]["color"] for f in loaded.data["features"]} == {"#c44e52"}
