from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import geopandas as gpd
import pytest

from arcgis_export_widgets.portal.layers.statistics import Spread
from arcgis_export_widgets.preview.histogram import Histogram, boundaries, date_boundaries, histogram

USA = "345313e619df46f387f9ededbe15ac56"


def ms(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000


@pytest.mark.parametrize(
    ("low", "high", "mean", "whole", "first_two"),
    [
        (0, 100, 50, False, (0, 10)),
        (0.1, 0.9, 0.5, False, (0.1, 0.2)),
        (-3, 3, 0, True, (-3, -2)),
        (5001, 8_804_190, 30_000, True, (5000, 10_000)),
        (7, 7, 7, True, (7, 8)),
    ],
)
def test_boundaries_are_round_and_hold_all_values(low, high, mean, whole, first_two):
    found = boundaries(Spread(low, high, mean), whole=whole)
    assert found[:2] == first_two
    assert found[0] <= low
    assert found[-1] >= high
    assert len(found) <= 15


@pytest.mark.parametrize(
    ("low", "high", "first_two"),
    [
        ("2018-02-01T00:00", "2018-02-07T23:00", ("2018-02-01", "2018-02-02")),
        ("2018-02-01T03:10", "2018-02-01T09:00", ("2018-02-01T03:00", "2018-02-01T04:00")),
        ("1961-05-04T00:00", "2021-05-04T00:00", ("1960-01-01", "1965-01-01")),
        ("2020-02-10T00:00", "2021-11-01T00:00", ("2020-01-01", "2020-04-01")),
    ],
)
def test_dates_are_parted_at_midnights_months_and_years(low, high, first_two):
    found = date_boundaries(Spread(ms(low), ms(high), None))
    assert found[:2] == tuple(map(ms, first_two))
    assert found[-1] > ms(high)
    assert len(found) <= 15


@pytest.mark.parametrize(
    ("low", "high", "mean", "whole"),
    [
        (1_700_000_000_001, 1_700_000_000_012, 1_700_000_000_006, True),  # more digits than fit in a rounded number
        (1_700_000_000_000.1, 1_700_000_000_000.9, 1_700_000_000_000.5, False),
        (-1.7976931348623157e308, 100, -1e300, False),  # what shapefiles have for "no value"
        (-1.7976931348623157e308, 1.7976931348623157e308, 0, False),
        (1e300, 1e300, 1e300, False),
        (0, 5e-324, 0, False),
        (5e-324, 1.7e308, 1e10, False),
        (9.1e15, 9.2e18, 9e16, True),
    ],
)
def test_boundaries_rise_however_odd_the_numbers_are(low, high, mean, whole):
    found = boundaries(Spread(low, high, mean), whole=whole)
    assert all(one < other for one, other in pairwise(found))
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 30


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("0001-01-01T00:00", "9999-12-31T23:59:59.999"),
        ("1890-06-01T00:00", "9999-12-31T00:00"),
        ("9998-12-31T00:00", "9999-12-31T00:00"),
        ("9999-12-31T00:00", "9999-12-31T23:59"),
        ("0001-01-01T00:00", "0001-01-02T00:00"),
    ],
)
def test_dates_of_the_first_and_the_last_year_are_parted_as_well(low, high):
    found = date_boundaries(Spread(ms(low), ms(high), None))
    assert all(one < other for one, other in pairwise(found))
    assert found[0] <= ms(low)
    assert found[-1] >= ms(high)
    assert len(found) <= 15
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert all(epoch + timedelta(milliseconds=limit) for limit in found)


@pytest.mark.parametrize("values", [[1.0, math.inf], [-math.inf, 2.0], [math.nan, 1.0, math.inf]])
def test_infinite_numbers_are_no_reason_to_fail(local_portal, portal, values):
    frame = gpd.GeoDataFrame(
        {"depth": values}, geometry=gpd.points_from_xy(range(len(values)), range(len(values))), crs=4326
    )
    layer = portal.feature_service(local_portal.add(frame, title="Odd numbers")).layer(0)
    found = histogram(layer, layer.definition.field("depth"), None)
    assert found is None or sum(found.counts) == layer.count("depth IS NOT NULL")


def test_the_bars_hold_every_row_that_has_a_value(portal):
    cities = portal.feature_service(USA).layer(1)
    found = histogram(cities, cities.definition.field("POPULATION"), "STATE_ABBR = 'CA'")
    assert sum(found.counts) == cities.count("STATE_ABBR = 'CA' AND POPULATION IS NOT NULL")
    place = found.boundaries.index(100_000)
    clause = "STATE_ABBR = 'CA' AND POPULATION >= 100000 AND POPULATION < 200000"
    assert found.counts[place] == cities.count(clause)
    assert max(found.shares) == 1


def test_no_rows_have_no_histogram(portal):
    cities = portal.feature_service(USA).layer(1)
    assert histogram(cities, cities.definition.field("POPULATION"), "POPULATION < 0") is None


@pytest.mark.parametrize(("counts", "shares"), [((1, 2, 4), (0.25, 0.5, 1.0)), ((0, 0), (0.0, 0.0)), ((), ())])
def test_the_highest_bar_is_the_measure_of_the_others(counts, shares):
    assert Histogram(tuple(map(float, range(len(counts) + 1))), counts).shares == shares
