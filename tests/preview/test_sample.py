from __future__ import annotations

import threading

import pytest

from arcgis_export_widgets.portal.http.transport import Http
from arcgis_export_widgets.preview.sample import extent, take_sample
from arcgis_export_widgets.preview.viewport import Viewport

USA = "345313e619df46f387f9ededbe15ac56"
WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
EVERYWHERE = Viewport(-180, -85, 180, 85, 1)


@pytest.fixture
def cities(portal):
    return portal.feature_service(USA).layer(1)


def states(preview):
    return {feature["properties"]["STATE_ABBR"] for feature in preview.features}


def test_all_features_come_even_if_the_server_answers_fewer_at_once(portal):
    counties = portal.feature_service(USA).layer(0)
    assert counties.definition.max_record_count < counties.count()
    seen = take_sample(counties, "", EVERYWHERE, 4000)
    assert seen.is_complete
    assert len({feature["properties"]["OBJECTID"] for feature in seen.features}) == seen.matched


def test_more_than_can_be_drawn_one_by_one_becomes_a_picture_of_all(cities):
    where = "STATE_ABBR = 'CA' OR STATE_ABBR = 'TX'"
    seen = take_sample(cities, where, EVERYWHERE, 300).refined()
    assert seen.matched == seen.drawn == cities.count(where)
    assert seen.is_complete
    assert 0 < len(seen.features) <= 100
    assert states(seen) <= {"CA", "TX"}


def test_first_a_part_of_fixed_size_is_drawn_whatever_the_layer_has(cities):
    few, many = (take_sample(cities, where, EVERYWHERE, 100) for where in ("POPULATION > 20000", ""))
    assert few.matched < many.matched / 2
    assert many.is_sketch
    assert few.drawn <= 2000
    assert many.drawn <= 2000


def test_table_and_picture_are_asked_for_at_the_same_time(cities, monkeypatch):
    together, formats, send = threading.Barrier(2, timeout=60), set(), Http.request

    def request(self, method, url, **options):
        """Sends as ever, but the first request for the table and the first for the picture wait for each other."""
        wanted = options["data"]["f"]
        if "returnCountOnly" not in options["data"] and wanted not in formats:
            formats.add(wanted)
            together.wait()
        return send(self, method, url, **options)

    monkeypatch.setattr(Http, "request", request)
    seen = take_sample(cities, "", EVERYWHERE, 100)
    assert seen.picture is not None
    assert len(seen.features) == 100
    assert len(formats) == 2


def test_only_what_lies_in_the_area_is_asked_for(cities):
    florida = Viewport(-84, 25, -80, 29, 7)
    assert states(take_sample(cities, "", florida, 1000)) == {"FL"}


def test_nothing_there_is_no_error(cities):
    sahara = Viewport(5, 20, 10, 25, 6)
    assert take_sample(cities, "", sahara, 1000).matched == 0


def test_a_table_is_looked_at_without_an_area(portal):
    seen = take_sample(portal.feature_service(WORLD).layer(2), "", None, 0)
    assert seen.viewport is None
    assert len(seen.features) == 100
    assert seen.matched == portal.feature_service(WORLD).layer(2).count()


def test_the_extent_follows_the_clauses(cities):
    box = extent([(cities, "NAME = 'Miami' AND STATE_ABBR = 'FL'")])
    assert (round(box.xmin), round(box.ymin)) == (-80, 26)


def test_the_extent_of_all_counties_crosses_the_180th_meridian(portal):
    box = extent([(portal.feature_service(USA).layer(0), "")])
    assert box.xmin < -180
    assert box.xmax < -60


def test_nothing_has_no_extent(portal, cities):
    table = portal.feature_service(WORLD).layer(2)
    assert extent([(table, ""), (cities, "POPULATION < 0")]) is None
