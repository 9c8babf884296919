from __future__ import annotations

from dataclasses import replace

import pytest

from arcgis_export_widgets.errors import RequestError

USA = "345313e619df46f387f9ededbe15ac56"
WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"


@pytest.fixture
def cities(portal):
    return portal.feature_service(USA).layer(1)


@pytest.fixture
def quakes(portal):
    return portal.feature_service(WORLD).layer(0)


def without_bins(layer):
    json = layer.definition.definition
    advanced = {**json["advancedQueryCapabilities"], "supportsQueryBins": False}
    definition = replace(layer.definition, definition={**json, "advancedQueryCapabilities": advanced})
    return replace(layer, definition=definition)


def test_values_come_most_frequent_first_with_the_rows_that_have_them(cities):
    found = cities.value_counts("STATE_ABBR", "POPULATION > 100000", limit=3)
    assert len(found) == 3
    for one in found:
        assert one.count == cities.count(f"POPULATION > 100000 AND STATE_ABBR = '{one.value}'")
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)


def test_missing_values_are_no_values(quakes):
    found = quakes.value_counts("STATION_COUNT")
    assert sum(one.count for one in found) == quakes.count("STATION_COUNT IS NOT NULL")


def test_least_and_greatest_value(cities):
    found = cities.spread("POPULATION", "STATE_ABBR = 'CA'")
    assert cities.count(f"STATE_ABBR = 'CA' AND POPULATION < {found.minimum}") == 0
    assert cities.count(f"STATE_ABBR = 'CA' AND POPULATION >= {found.maximum}") == 1
    assert cities.spread("POPULATION", "POPULATION < 0") is None


def test_servers_without_bins_are_asked_for_each_count(cities, quakes):
    for layer, name, limits in (
        (cities, "POPULATION", (5000, 10000, 8804190)),
        (quakes, "OCCURRED", (1517356800000, 1517702400000, 1518048000000)),
    ):
        assert without_bins(layer).bin_counts(name, limits) == layer.bin_counts(name, limits)
        assert sum(layer.bin_counts(name, limits)) == layer.count(f"{name} IS NOT NULL")


def test_a_layer_answers_for_its_fields_by_name_in_any_case(cities):
    (most,) = cities.value_counts("state_abbr", limit=1)
    assert most.count == cities.count(f"STATE_ABBR = '{most.value}'")
    assert cities.bin_counts("POPULATION", (0, 10**9)) == (cities.count("POPULATION >= 0"),)
    assert cities.spread("POPULATION", "POPULATION < 0") is None
    assert len(cities.object_ids("STATE_ABBR = 'CA'")) == cities.count("STATE_ABBR = 'CA'")


def test_a_field_that_is_not_there_is_named_with_those_that_are(cities):
    with pytest.raises(RequestError, match=r"no field 'POPULATON'. It has: OBJECTID"):
        cities.value_counts("POPULATON")
