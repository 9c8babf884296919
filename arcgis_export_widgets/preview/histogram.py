"""Computes the histogram of a field: how many rows have values in each of a few bins with round boundaries."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, timedelta, timezone

from arcgis_export_widgets.model.fields import Field
from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.portal.layers.statistics import Spread

_BINS = 12
_SKEWED = 12
_NICE = (1, 2, 5, 10)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_MS = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
_FIRST_MS = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
"""Limits of the times that Python dates can express. They matter because layers use the year 9999 for "for ever"."""
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)


@dataclass(frozen=True)
class Histogram:
    """Number of rows in each bin of a field's values."""

    boundaries: tuple[float, ...]
    """Boundaries of the bins, one more than there are bins; for dates, in milliseconds since 1970 (UTC)."""
    counts: tuple[int, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Height of each bar, as a fraction (0 to 1) of the highest bar."""
        most = max(self.counts, default=0)
        return tuple(count / most if most else 0.0 for count in self.counts)


def histogram(layer: FeatureLayer, field: Field, where: str | None) -> Histogram | None:
    """The histogram of a field; None if it has no values or too extreme ones. Slow, so call it in a worker thread.

    Raises
    ------
    PortalError
        If the server refuses.
    """
    found = layer.spread(field.name, where)
    if found is None or not _fits_bins(found, field):
        return None
    limits = date_boundaries(found) if field.type.is_temporal else boundaries(found, whole=field.type.is_integer)
    return Histogram(limits, layer.bin_counts(field.name, limits, where))


def _fits_bins(found: Spread, field: Field) -> bool:
    """Whether all values can be put into bins: finite numbers, or times that Python dates can express."""
    low, high = (_FIRST_MS, _LAST_MS) if field.type.is_temporal else (-sys.float_info.max, sys.float_info.max)
    return low <= found.minimum <= found.maximum <= high


def boundaries(found: Spread, *, whole: bool) -> tuple[float, ...]:
    """Round bin boundaries for numbers: evenly spaced, or 1, 2, 5, 10 and so on if most values are tiny."""
    low, high = found.minimum, found.maximum
    if low > 0 and found.mean is not None and high > _SKEWED * found.mean:
        return _growing(low, high)
    width = high / _BINS - low / _BINS  # high - low may exceed the largest float
    step: float = _nice_step(width) if width > 0 else 1.0
    if whole:
        step = max(round(step), 1)
    first = math.floor(low / step)
    count = max(math.floor(high / step) - first + 1, 1)
    places = range(first, first + count + 1)
    return _rising((place * step if whole else _exact(place * step) for place in places), low, high)


def date_boundaries(found: Spread) -> tuple[float, ...]:
    """Bin boundaries for dates: midnights (UTC), or full hours if all values are within a few days."""
    low, high = found.minimum, found.maximum
    if high - low <= _BINS * 30 * _DAY_MS:
        steps = (_HOUR_MS * hours for hours in (1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 30))
        step = next(step for step in steps if (high - low) / step <= _BINS)
        places = range(math.floor(low / step), math.floor(high / step) + 2)
        return tuple(min(max(place * step, _FIRST_MS), _LAST_MS) for place in places)
    start, end = (_EPOCH + timedelta(milliseconds=moment) for moment in (low, high))
    months = (end.year - start.year) * 12 + end.month - start.month
    step = next((step for step in _MONTHS if months / step <= _BINS), _MONTHS[-1])
    first = (start.year * 12 + start.month - 1) // step * step
    after = end.year * 12 + end.month - 1 + step
    return tuple(_month_ms(month) for month in range(first, after + 1, step))


def _growing(low: float, high: float) -> tuple[float, ...]:
    lowest, highest = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = math.ceil((highest - lowest + 1) / (2 * _BINS))
    decades = range(lowest, highest + every, every)
    factors = _NICE[:3] if len(decades) <= _BINS // 3 + 1 else _NICE[:1]
    limits = [_exact(float(f"{factor}e{decade}")) for decade in decades for factor in factors]
    first = max(place for place, limit in enumerate(limits) if limit <= low)
    last = next((place for place, limit in enumerate(limits) if limit >= high), len(limits) - 1)
    return _rising(limits[first : max(last, first + 1) + 1], low, high)


def _nice_step(step: float) -> float:
    size = max(10.0 ** math.floor(math.log10(step)), sys.float_info.min)
    return next(factor for factor in _NICE if factor * size >= step * (1 - 1e-9)) * size


def _exact(value: float) -> float:
    """`value` without floating-point noise in the last digits: 0.3 for 0.30000000000000004."""
    return float(f"{value:.15g}")


def _rising(limits: Iterable[float], low: float, high: float) -> tuple[float, ...]:
    """The distinct `limits`, sorted; if they do not enclose all values from `low` to `high`, only `low` and `high`."""
    found = sorted({min(max(limit, -sys.float_info.max), sys.float_info.max) for limit in limits})
    if len(found) > 1 and found[0] <= low and high <= found[-1]:
        return tuple(found)
    return low, high if high > low else math.nextafter(low, math.inf)


def _month_ms(month: int) -> float:
    """Start of a month in milliseconds since 1970, limited to Python's dates; `month` 0 is January of year 0."""
    year = month // 12
    if year < MINYEAR:
        return _FIRST_MS
    if year > MAXYEAR:
        return _LAST_MS
    return (datetime(year, month % 12 + 1, 1, tzinfo=timezone.utc) - _EPOCH) / timedelta(milliseconds=1)
