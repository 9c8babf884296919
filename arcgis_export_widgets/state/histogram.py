"""How a field's values are spread, in a few bins with round boundaries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.portal.statistics import Spread, bin_counts, spread
from arcgis_export_widgets.request.fields import Field

_BINS = 12
_SKEWED = 12
_NICE = (1, 2, 5, 10)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)


@dataclass(frozen=True)
class Histogram:
    """Rows by bin."""

    boundaries: tuple[float, ...]
    """One more than there are bins; for dates milliseconds since 1970 UTC."""
    counts: tuple[int, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Heights of the bars, the greatest 1."""
        most = max(self.counts, default=0)
        return tuple(count / most if most else 0.0 for count in self.counts)


def histogram(layer: FeatureLayer, field: Field, where: str | None) -> Histogram | None:
    """Ask a layer; None if no row has a value. Takes time, so call it in a worker.

    Raises
    ------
    PortalError
        If the server refuses.
    """
    found = spread(layer, field, where)
    if found is None:
        return None
    limits = date_boundaries(found) if field.type.is_temporal else boundaries(found, whole=field.type.is_integer)
    return Histogram(limits, bin_counts(layer, field, limits, where))


def boundaries(found: Spread, *, whole: bool) -> tuple[float, ...]:
    """Round numbers around all values: evenly apart, or 1, 2, 5, 10 and so on where most values are tiny ones."""
    low, high = found.minimum, found.maximum
    if low > 0 and found.mean is not None and high > _SKEWED * found.mean:
        return _growing(low, high)
    step = _nice_step((high - low) / _BINS) if high > low else 1.0
    if whole:
        step = max(round(step), 1)
    first = math.floor(low / step)
    count = max(math.floor(high / step) - first + 1, 1)
    return tuple(_exact((first + place) * step) for place in range(count + 1))


def date_boundaries(found: Spread) -> tuple[float, ...]:
    """Midnights around all moments; full hours where they are all within a few days."""
    low, high = found.minimum, found.maximum
    if high - low <= _BINS * 30 * _DAY_MS:
        steps = (_HOUR_MS * hours for hours in (1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 30))
        step = next(step for step in steps if (high - low) / step <= _BINS)
        first = math.floor(low / step)
        return tuple((first + place) * step for place in range(math.floor(high / step) - first + 2))
    start, end = (_EPOCH + timedelta(milliseconds=moment) for moment in (low, high))
    months = (end.year - start.year) * 12 + end.month - start.month
    step = next((step for step in _MONTHS if months / step <= _BINS), _MONTHS[-1])
    month = (start.year * 12 + start.month - 1) // step * step
    found_ms = [_month_ms(month)]
    while found_ms[-1] <= high:
        month += step
        found_ms.append(_month_ms(month))
    return tuple(found_ms)


def _growing(low: float, high: float) -> tuple[float, ...]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = _NICE[:3] if len(decades) <= _BINS // 3 + 1 else _NICE[:1]
    limits = [_exact(factor * 10.0**decade) for decade in decades for factor in factors]
    first = max(place for place, limit in enumerate(limits) if limit <= low)
    last = next((place for place, limit in enumerate(limits) if limit >= high), len(limits) - 1)
    return tuple(limits[first : max(last, first + 1) + 1])


def _nice_step(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(step))
    return next(factor for factor in _NICE if factor * size >= step * (1 - 1e-9)) * size


def _exact(value: float) -> float:
    """Without the last digits that adding up leaves, as in 0.30000000000000004."""
    return float(f"{value:.12g}")


def _month_ms(month: int) -> float:
    year = min(max(month // 12, 1), 9999)
    return (datetime(year, month % 12 + 1, 1, tzinfo=timezone.utc) - _EPOCH) / timedelta(milliseconds=1)
