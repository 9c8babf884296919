from __future__ import annotations

import numpy as np
import pytest
from front_end import send

from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.raster import Picture
from arcgis_export_widgets.widgets.world_map import WorldMap, land

POINT = {"type": "Feature", "properties": {"secret": "attribute"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
NOWHERE = {"type": "Feature", "properties": {}, "geometry": None}


def shown(world: WorldMap, *, west, south, east, north, width_px) -> None:
    """What the browser reports once the map stands still."""
    world.map.set_state(
        {
            "north": north,
            "south": south,
            "west": west,
            "east": east,
            "left": 0,
            "right": width_px,
            "top": 0,
            "bottom": 1,
        }
    )


def test_land_is_drawn_without_any_internet():
    assert len(WorldMap().map.layers) == 1
    assert len(land()["features"]) > 170


def test_features_replace_each_other_in_one_permanent_layer():
    world = WorldMap()
    world.draw(0, [POINT])
    layers = world.map.layers
    world.draw(0, [POINT, POINT])
    world.draw(0, [])
    assert world.map.layers == layers
    assert layers[1].data["features"] == []


def test_features_carry_their_style_and_place_but_not_their_attributes():
    world = WorldMap()
    world.draw(1, [NOWHERE, POINT])
    (feature,) = world.map.layers[2].data["features"]
    assert feature["properties"]["index"] == 1
    assert feature["properties"]["style"]["color"].startswith("#")
    assert "secret" not in feature["properties"]


def test_a_click_tells_layer_and_feature():
    world, clicks = WorldMap(), []
    world.on_click(lambda slot, index: clicks.append((slot, index)))
    world.draw(1, [NOWHERE, POINT])
    layer = world.map.layers[2]
    feature = layer.data["features"][0]
    send(layer, {"event": "click", "feature": feature, "properties": feature["properties"]})
    assert clicks == [(1, 1)]


def test_the_view_is_told_when_the_map_stands_still():
    world, views = WorldMap(), []
    world.on_view(views.append)
    shown(world, west=-20, south=-10, east=20, north=10, width_px=1024)
    assert (views[-1].west, views[-1].north) == (-20, 10)
    assert views[-1].zoom == pytest.approx(5.17)


def test_a_hidden_map_tells_nothing():
    world, views = WorldMap(), []
    world.on_view(views.append)
    shown(world, west=0, south=0, east=0, north=0, width_px=0)
    assert views == []


def test_what_was_to_be_shown_is_fitted_anew_once_the_size_is_known():
    world, views = WorldMap(), []
    world.on_view(views.append)
    guess = world.show(Envelope(0, 0, 10, 10))
    shown(world, west=-180, south=-80, east=180, north=80, width_px=256)
    assert world.map.zoom == views[-1].zoom < guess.zoom


def test_tiles_take_the_place_of_the_land_and_give_it_back():
    world = WorldMap()
    world.draw(0, [POINT])
    world.set_basemap("OpenStreetMap.Mapnik")
    assert "openstreetmap" in world.map.layers[-1].url
    assert world.map.layers[0].data["features"] == []
    world.set_basemap("")
    assert len(world.map.layers) == 2
    assert len(world.map.layers[0].data["features"]) > 170


def test_features_stay_above_the_land_that_came_back():
    world = WorldMap()
    world.draw(0, [POINT])
    before = world.map.layers[1].data
    world.set_basemap("")
    assert world.map.layers[1].data != before


def test_points_are_drawn_again_above_polygons_that_come_later():
    world = WorldMap()
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    world.draw(0, [POINT])
    seen = []
    for layer in world.map.layers:
        layer.observe(lambda change: seen.append(change["owner"]), "data")
    world.draw(1, [{"type": "Feature", "properties": {}, "geometry": square}])
    assert seen == [world.map.layers[1]]


def test_a_picture_stays_one_layer_whose_address_changes():
    world = WorldMap()
    alpha, europe = np.full((2, 2), 200, dtype=np.uint8), Envelope(-10, 40, 10, 60)
    world.draw_picture(0, Picture(alpha, europe, 1))
    overlay = world.map.layers[-1]
    assert list(overlay.bounds) == [(40, -10), (60, 10)]
    first = overlay.url
    world.draw_picture(0, Picture(alpha // 2, europe, 1))
    assert world.map.layers[-1] is overlay
    assert overlay.url != first
    world.clear_from(0)
    assert overlay.url.startswith("data:image/gif")


def test_pictures_of_points_lie_above_those_of_polygons():
    world = WorldMap()
    picture = Picture(np.zeros((1, 1), dtype=np.uint8), Envelope(0, 0, 1, 1), 0)
    world.draw_picture(0, picture, kind="Point")
    world.draw_picture(1, picture, kind="Polygon")
    points, polygons = (world.map.panes[layer.pane]["zIndex"] for layer in world.map.layers[-2:])
    assert world.map.panes["land"]["zIndex"] < polygons < points < 400
