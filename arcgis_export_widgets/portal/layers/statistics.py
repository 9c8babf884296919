"""Letting the server compute counts and statistics of a layer, so that no rows are downloaded.

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
from typing import Any

from arcgis_export_widgets.errors import PortalError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.area import WGS84, Area, Envelope
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.portal.http.responses import as_documented
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.where.sql import name_sql, value_sql

logger = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class ValueCount:
    """A value and the number of rows that have it."""

    value: str | int | float
    count: int


@dataclass(frozen=True)
class Spread:
    """Minimum, maximum and mean of a field's values; dates in milliseconds since 1970 UTC."""

    minimum: float
    maximum: float
    mean: float | None
    """Mean of the values; None for dates, which servers do not average."""


@dataclass(frozen=True)
class LayerStatistics:
    """The methods of `FeatureLayer` for counts and statistics."""

    url: str
    definition: LayerDefinition
    session: PortalSession

    def count(self, where: str | LayerQuery | None = None, *, envelope: Area | None = None) -> int:
        """Number of rows that meet `where` and touch `envelope`; an argument that is None is no condition.

        Raises
        ------
        PortalError
            If the server refuses the clause or does not respond.
        """
        answer = self._ask(LayerQuery.of(where, area=envelope), returnCountOnly="true")
        try:
            return int(answer["count"])
        except (KeyError, TypeError, ValueError):
            pass
        if isinstance(answer.get("features"), list) and answer.get("exceededTransferLimit") is False:
            # some servers ignore returnCountOnly; old ones do not say if they cut off rows
            return len(answer["features"])
        raise ResponseError(say("{url} did not return a count.", url=self.url), url=self.url)

    def extent(self, where: str | LayerQuery | None = None, *, out_sr: int = WGS84) -> Envelope | None:
        """The smallest rectangle around the rows that meet `where`; None if there are no such rows or geometries."""
        if self.definition.is_table:
            return None
        answer = self._ask(LayerQuery.of(where), returnExtentOnly="true", outSR=out_sr)
        with as_documented():
            return Envelope.from_json(answer.get("extent"), wkid=out_sr)

    def value_counts(
        self, field: str, where: str | LayerQuery | None = None, *, limit: int = 1000
    ) -> tuple[ValueCount, ...]:
        """The `limit` most frequent values of a field, each with its number of rows, most frequent first.

        Missing values are left out. The server does the counting.

        Raises
        ------
        RequestError
            If the layer has no such field.
        PortalError
            If the server refuses; old servers do not support statistics.
        """
        about = self.definition.known_field(field)
        answer = self._ask(
            LayerQuery.of(where),
            groupByFieldsForStatistics=about.name,
            outStatistics=_statistics(value_count=("count", self.definition.object_id_field or about.name)),
            orderByFields="value_count DESC",
            resultRecordCount=min(limit + 1, self.definition.max_record_count),  # one more for missing values
            returnGeometry="false",
        )
        with as_documented():
            found = [(row.get(about.name.lower()), row.get("value_count")) for row in _rows(answer)]
            counts = tuple(ValueCount(value, int(count or 0)) for value, count in found if value not in {None, ""})
        return counts[:limit]

    def spread(self, field: str, where: str | LayerQuery | None = None) -> Spread | None:
        """Minimum, maximum and mean of a number or date field; None if it has no values. Raises like `value_counts`."""
        about = self.definition.known_field(field)
        wanted = {"value_min": ("min", about.name), "value_max": ("max", about.name)}
        if about.type.is_number:
            wanted["value_mean"] = ("avg", about.name)
        answer = self._ask(LayerQuery.of(where), outStatistics=_statistics(**wanted), returnGeometry="false")
        row = next(iter(_rows(answer)), {})
        low, high, mean = (row.get(name) for name in ("value_min", "value_max", "value_mean"))
        if low is None or high is None:
            return None
        with as_documented():
            return Spread(float(low), float(high), None if mean is None else float(mean))

    def bin_counts(
        self, field: str, boundaries: Sequence[float], where: str | LayerQuery | None = None
    ) -> tuple[int, ...]:
        """Number of rows in each bin of a histogram. Raises as `value_counts` does.

        Sends one request if the server supports bins, else one request for each bin.

        Parameters
        ----------
        boundaries
            Ascending limits of the bins, one more than there are bins; only the last bin includes its upper limit.
            Dates are given in milliseconds since 1970 UTC.
        """
        about, query = self.definition.known_field(field), LayerQuery.of(where)
        capabilities = self.definition.definition.get("advancedQueryCapabilities") or {}
        if capabilities.get("supportsQueryBins"):
            try:
                return self._query_bins(about, boundaries, query)
            except PortalError as error:
                logger.debug("%s counts no bins of %s: %s", self.url, about.name, error)
        name, counts = name_sql(about.name), []
        for low, high in pairwise(boundaries):
            below = "<=" if high == boundaries[-1] else "<"
            clause = f"{name} >= {_literal(low, about)} AND {name} {below} {_literal(high, about)}"
            counts.append(self.count(query.and_(clause)))
        return tuple(counts)

    def _ask(self, query: LayerQuery, **parameters: Any) -> dict[str, Any]:
        """Query the layer for something other than features, such as the number of rows of `query`."""
        return self.session.ask(f"{self.url}/query", query.rows_form() | parameters)

    def _query_bins(self, field: Field, boundaries: Sequence[float], query: LayerQuery) -> tuple[int, ...]:
        limits = [int(limit) if field.type is FieldType.DATE else limit for limit in boundaries]
        bins = {"type": "fixedBoundariesBin", "onField": field.name, "parameters": {"boundaries": limits}}
        answer = self.session.ask(f"{self.url}/queryBins", query.rows_form() | {"bin": json.dumps(bins)})
        with as_documented():
            counts = tuple(int(row.get("frequency") or 0) for row in _rows(answer))
        came, asked = len(counts), len(boundaries) - 1
        if came != asked:
            raise ResponseError(
                say("{url} returned {came} bins, but {asked} were requested.", url=self.url, came=came, asked=asked)
            )
        return counts


def _statistics(**wanted: tuple[str, str]) -> str:
    """Make the parameter ``outStatistics``; `wanted` maps each result's name to the kind of statistic and the field."""
    parts = (
        {"statisticType": kind, "onStatisticField": field, "outStatisticFieldName": name}
        for name, (kind, field) in wanted.items()
    )
    return json.dumps(list(parts))


@as_documented()
def _rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attributes of each row, with names in lower case, since servers change the case of requested names."""
    rows = answer.get("features") or ()
    return [{str(name).lower(): value for name, value in (row.get("attributes") or {}).items()} for row in rows]


def _literal(value: float, field: Field) -> str:
    if not field.type.is_temporal:
        return value_sql(int(value) if float(value).is_integer() else value, field)
    return value_sql(_EPOCH + timedelta(milliseconds=value), field)
