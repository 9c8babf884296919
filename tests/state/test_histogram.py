from __future__ import annotations

from datetime import datetime, timezone

import pytest

from arcgis_export_widgets.portal.statistics import Spread
from arcgis_export_widgets.state.histogram import boundaries, date_boundaries, histogram

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
