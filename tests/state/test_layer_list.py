from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from arcgis_export_widgets import ExportLayer
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.layer_list import LayerList
from arcgis_export_widgets.state.runner import SameThreadRunner


def test_all_layers_and_tables_are_ticked_as_the_operation_itself_would(world):
    assert [form.name for form in world.layer_list.ticked] == ["Earthquakes", "Countries", "Country facts"]


def test_the_address_of_a_layer_ticks_that_layer_only(form):
    layers = LayerList(SameThreadRunner())
    layers.open(replace(form.item_picker.opened, layer_id=1))
    assert [layer.name for layer in layers.ticked] == ["Cities"]


def test_opening_the_same_service_again_keeps_what_was_typed(form):
    form.layer_list.layers[1].where = "POPULATION > 100000"
    form.layer_list.layers[0].ticked = False
    form.layer_list.open(form.item_picker.opened)
    assert form.layer_list.layers[1].where == "POPULATION > 100000"
    assert not form.layer_list.layers[0].ticked


def test_no_layer_ticked_blocks_the_export(form):
    for layer in form.layer_list.layers:
        layer.ticked = False
    assert form.layer_list.blockers == ("Tick at least one layer.",)


def test_a_layer_without_rows_blocks_the_export(local_portal, portal):
    nothing = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([1], [2]), crs=4326).head(0)
    form = ExportForm(portal, local_portal.add(nothing, title="Nothing yet"), runner=SameThreadRunner())
    assert form.layer_list.layers[0].status == "0"
    assert form.blockers == ("Nothing to export: Nothing yet has no rows. Tick another layer, or open another item.",)
    assert form.layer_list.layers[0].filter.help_with(form.layer_list.layers[0].filter.root.add_condition()).error == ""


def test_an_item_without_layers_blocks_the_export(form):
    opened = form.item_picker.opened
    form.item_picker.opened = replace(opened, service=replace(opened.service, layers=()))
    assert form.blockers == (
        "The item has no layers and no tables, so there is nothing to export. Choose another item.",
    )


def test_filters_that_match_nothing_at_all_block_the_export(form):
    form.layer_list.layers[0].ticked = form.layer_list.layers[2].ticked = False
    form.layer_list.layers[1].where = "POPULATION < 0"
    assert form.layer_list.blockers == ("Nothing to export: no feature of Cities matches. Widen the filter.",)


def test_one_empty_layer_among_others_does_not_block(form):
    form.layer_list.layers[1].where = "POPULATION < 0"
    assert form.layer_list.blockers == ()


def test_tables_get_no_column_names_for_coordinates(world):
    world.format_form.format = "CSV"
    world.format_form.x_column_name, world.format_form.y_column_name = "lon", "lat"
    layers = world.request.layers
    assert layers[0] == ExportLayer(0, x_column_name="lon", y_column_name="lat")
    assert layers[2] == ExportLayer(2)
