"""What values a field has, by the server's own statistics: nothing is fetched row by row.

Sources: outStatistics and groupByFieldsForStatistics of
https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/, and
https://developers.arcgis.com/rest/services-reference/enterprise/query-bins-feature-service-layer/
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import PortalError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.where.sql import EVERYTHING, and_, name_sql, value_sql

if TYPE_CHECKING:
    from arcgis_export_widgets.portal.layers.layer import FeatureLayer

logger = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class ValueCount:
    """A value and in how many rows it stands."""

    value: str | int | float
    count: int


@dataclass(frozen=True)
class Spread:
    """Where a field's values lie; dates in milliseconds since 1970 UTC."""

    minimum: float
    maximum: float
    mean: float | None
    """None for dates, which servers do not average."""


def value_counts(layer: FeatureLayer, field: Field, where: str | None, *, limit: int) -> tuple[ValueCount, ...]:
    """The most frequent values of a field, most frequent first; missing values are left out.

    Raises
    ------
    PortalError
        If the server refuses.
    """
    counted = layer.definition.object_id_field or field.name
    answer = layer.session.ask(
        f"{layer.url}/query",
        {
            "where": where or EVERYTHING,
            "groupByFieldsForStatistics": field.name,
            "outStatistics": _statistics({"value_count": ("count", counted)}),
            "orderByFields": "value_count DESC",
            "resultRecordCount": min(limit + 1, layer.definition.max_record_count),  # one more: no value is one, too
            "returnGeometry": "false",
        },
    )
    rows = [_plain(row) for row in answer.get("features") or ()]
    found = [(row.get(field.name.lower()), row.get("value_count")) for row in rows]
    return tuple(ValueCount(value, int(count or 0)) for value, count in found if value not in {None, ""})[:limit]


def spread(layer: FeatureLayer, field: Field, where: str | None) -> Spread | None:
    """Least, greatest and mean value of a number or date field; None if no row has one.

    Raises
    ------
    PortalError
        If the server refuses.
    """
    wanted = {"value_min": ("min", field.name), "value_max": ("max", field.name)}
    if field.type.is_number:
        wanted["value_mean"] = ("avg", field.name)
    answer = layer.session.ask(
        f"{layer.url}/query",
        {"where": where or EVERYTHING, "outStatistics": _statistics(wanted), "returnGeometry": "false"},
    )
    rows = answer.get("features") or ()
    row = _plain(rows[0]) if rows else {}
    low, high, mean = (row.get(name) for name in ("value_min", "value_max", "value_mean"))
    if low is None or high is None:
        return None
    try:
        return Spread(float(low), float(high), None if mean is None else float(mean))
    except (TypeError, ValueError) as error:
        raise ResponseError(
            say("{url} gave no numbers as statistics of {field}.", url=layer.url, field=field.name), url=layer.url
        ) from error


def bin_counts(layer: FeatureLayer, field: Field, boundaries: Sequence[float], where: str | None) -> tuple[int, ...]:
    """How many rows lie between each two boundaries; the last boundary belongs to the last bin.

    Asked in one request where the server can count by bins, else with one count for each bin.

    Parameters
    ----------
    boundaries
        Rising; for dates milliseconds since 1970 UTC.

    Raises
    ------
    PortalError
        If the server refuses.
    """
    capabilities = layer.definition.definition.get("advancedQueryCapabilities") or {}
    if capabilities.get("supportsQueryBins"):
        try:
            return _query_bins(layer, field, boundaries, where)
        except PortalError as error:
            logger.debug("%s counts no bins of %s: %s", layer.url, field.name, error)
    name, last = name_sql(field.name), boundaries[-1]
    clauses = (
        f"{name} >= {_literal(low, field)} AND {name} {'<=' if high == last else '<'} {_literal(high, field)}"
        for low, high in pairwise(boundaries)
    )
    return tuple(layer.count(and_(where, clause)) for clause in clauses)


def _query_bins(layer: FeatureLayer, field: Field, boundaries: Sequence[float], where: str | None) -> tuple[int, ...]:
    whole = field.type is FieldType.DATE
    limits = [int(limit) if whole else limit for limit in boundaries]
    definition = {"type": "fixedBoundariesBin", "onField": field.name, "parameters": {"boundaries": limits}}
    answer = layer.session.ask(f"{layer.url}/queryBins", {"where": where or EVERYTHING, "bin": json.dumps(definition)})
    counts = [int(_plain(row).get("frequency") or 0) for row in answer.get("features") or ()]
    if len(counts) != len(boundaries) - 1:
        raise ResponseError(
            say(
                "{url} answered {answered} bins where {asked} were asked for.",
                url=layer.url,
                answered=len(counts),
                asked=len(boundaries) - 1,
            )
        )
    return tuple(counts)


def _statistics(wanted: Mapping[str, tuple[str, str]]) -> str:
    parts = (
        {"statisticType": kind, "onStatisticField": field, "outStatisticFieldName": name}
        for name, (kind, field) in wanted.items()
    )
    return json.dumps(list(parts))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes by lower-case name: servers change the case of the names they were given."""
    return {str(name).lower(): value for name, value in (row.get("attributes") or {}).items()}


def _literal(value: float, field: Field) -> str:
    if not field.type.is_temporal:
        return value_sql(int(value) if float(value).is_integer() else value, field)
    return value_sql(_EPOCH + timedelta(milliseconds=value), field)
