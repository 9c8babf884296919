from __future__ import annotations

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview import raster as module
from arcgis_export_widgets.preview.raster import Painting, Picture
from arcgis_export_widgets.preview.viewport import Viewport, mercator

USA = "345313e619df46f387f9ededbe15ac56"
COUNTRY = Viewport(-130, 22, -60, 52, 3)
EVERYWHERE = Viewport(-180, -85, 180, 85, 1)


@pytest.fixture
def layers(portal):
    return portal.feature_service(USA).layers


def picture(layer, where, area, there):
    """All steps of a painting."""
    painting = Painting(layer, where, area, there)
    found = painting.go_on()
    while not painting.is_finished:
        found = painting.go_on()
    return found


def covered(found, longitude, latitude, reach=3):
    """How strongly the surroundings of a place are covered."""
    box, (height, width) = found.envelope, found.alpha.shape
    column = int((longitude - box.xmin) / (box.xmax - box.xmin) * width)
    share = (mercator(box.ymax) - mercator(latitude)) / (mercator(box.ymax) - mercator(box.ymin))
    row = int(share * height)
    return int(found.alpha[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1].max())


def test_points_stand_where_they_are(layers):
    where = "NAME = 'Miami' AND STATE_ABBR = 'FL'"
    found = picture(layers[1], where, COUNTRY, 1)
    assert found.drawn == 1
    assert covered(found, -80.19, 25.77) > 0
    assert covered(found, -100.0, 40.0) == 0
    assert np.count_nonzero(found.alpha) <= 9


def test_polygons_are_filled_and_outlined(layers):
    where = "STATE_ABBR = 'CO'"
    found = picture(layers[0], where, COUNTRY, layers[0].count(where))
    assert found.drawn == layers[0].count(where)
    assert covered(found, -105.5, 39.0) > 0
    assert covered(found, -90.0, 39.0) == 0
    assert len(np.unique(found.alpha)) > 2


def test_what_is_smaller_than_a_pixel_is_seen_as_a_speck(layers):
    where = "STATE_ABBR = 'CO'"
    there = layers[0].count(where)
    found = picture(layers[0], where, Viewport(-180, -85, 180, 85, -2), there)
    assert found.drawn == there
    assert covered(found, -105.5, 39.0, reach=1) > 0
    assert 0 < np.count_nonzero(found.alpha) <= 4


def test_lines_are_drawn(layers):
    there = layers[2].count()
    found = picture(layers[2], "", COUNTRY, there)
    assert found.drawn == there
    assert found.alpha.any()


def test_all_pages_are_fetched_if_time_allows_and_one_in_any_case(layers, monkeypatch):
    there = layers[1].count()
    assert picture(layers[1], "", EVERYWHERE, there).drawn == there
    monkeypatch.setattr(module, "BUDGET_S", -1.0)
    monkeypatch.setattr(module, "LARGE_PAGE", 0)
    assert 0 < picture(layers[1], "", EVERYWHERE, there).drawn < there


def test_a_picture_grows_by_steps_until_all_is_drawn(layers, monkeypatch):
    monkeypatch.setattr(module, "_STEP_S", 0.0)
    monkeypatch.setattr(module, "BUDGET_S", math.inf)
    monkeypatch.setattr(module, "LARGE_PAGE", 0)
    there = layers[1].count()
    painting = Painting(layers[1], "", EVERYWHERE, there)
    first = painting.go_on()
    assert 0 < first.drawn < there
    assert not painting.is_finished
    last = painting.go_on()
    assert last.drawn == there
    assert painting.is_finished
    assert np.count_nonzero(first.alpha) < np.count_nonzero(last.alpha)


def test_a_picture_is_as_large_as_the_screen_not_as_the_layer(layers):
    one = picture(layers[1], "NAME = 'Miami'", COUNTRY, 1)
    all_of_them = picture(layers[1], "", COUNTRY, layers[1].count())
    assert one.alpha.shape == all_of_them.alpha.shape
    assert max(one.alpha.shape) <= 2048


def test_a_picture_has_one_colour_in_the_strengths_given():
    alpha = np.array([[0, 128], [255, 1]], dtype=np.uint8)
    head, _, data = Picture(alpha, Envelope(0, 0, 1, 1), 3).to_data_url("#d55e00").partition(",")
    assert head == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA")
    assert [image.getpixel((x, y))[3] for y in (0, 1) for x in (0, 1)] == [0, 128, 255, 1]
    assert image.getpixel((0, 1))[:3] == (0xD5, 0x5E, 0x00)
