"""Answer queries for statistics, distinct values and bins, which DuckDB computes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from arcgis_export_widgets.localportal.http.request import Parameters, invalid_query
from arcgis_export_widgets.localportal.layers.fields import DATE, Field, quote_name
from arcgis_export_widgets.localportal.layers.layer import Layer
from arcgis_export_widgets.localportal.query.layer_query import (
    LayerQuery,
    fields_named,
    parse_json_list,
    parse_order,
    require_field,
)
from arcgis_export_widgets.localportal.query.selection import exact_condition, fetch_rows
from arcgis_export_widgets.localportal.where.duckdb_sql import to_duckdb

_FUNCTIONS = {
    "count": "count", "sum": "sum", "min": "min", "max": "max", "avg": "avg", "stddev": "stddev_samp",
    "var": "var_samp",
}  # fmt: skip
_MAX_BINS = 1000
_DATE_UNITS = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}
_PERCENTILES = {"percentile_cont": "quantile_cont", "percentile_disc": "quantile_disc"}
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the portal's times are naive UTC


@dataclass(frozen=True)
class Column:
    """A column of the result: its field and the DuckDB expression that computes it."""

    field: Field
    expression: str


def parse_statistics(parameters: Parameters, layer: Layer) -> list[Column]:
    """Return a column for each statistic in ``outStatistics``; an empty list when absent."""
    columns = []
    for entry in parse_json_list(parameters, "outStatistics"):
        kind = str(entry.get("statisticType", "")).lower()
        on_field = str(entry.get("onStatisticField", ""))
        source = require_field(on_field, layer)
        name = str(entry.get("outStatisticFieldName") or f"{kind}_{source.name}")
        with parameters.reading("outStatistics"):
            columns.append(_statistic(kind, source, name, entry.get("statisticParameters") or {}))
    return columns


def _statistic(kind: str, source: Field, name: str, options: dict[str, Any]) -> Column:
    quoted = quote_name(source.name)
    is_date = source.esri_type == DATE
    if kind in _PERCENTILES:
        value = float(options.get("value", 0.5))
        if not 0 <= value <= 1 or not (source.is_numeric or is_date):
            raise ValueError(kind)
        share = 1 - value if str(options.get("orderBy", "ASC")).upper() == "DESC" else value
        expression = f"{_PERCENTILES[kind]}({quoted}, {share})"
        keeps_type = kind == "percentile_disc" or is_date
        return Column(Field(name, source.esri_type if keeps_type else "esriFieldTypeDouble", name), expression)
    if kind not in _FUNCTIONS or (kind in {"sum", "avg", "stddev", "var"} and not source.is_numeric):
        raise ValueError(kind)
    esri_type = {"count": "esriFieldTypeInteger", "min": source.esri_type, "max": source.esri_type}
    result_type = esri_type.get(kind, "esriFieldTypeDouble")
    if result_type == "esriFieldTypeOID":
        result_type = "esriFieldTypeInteger"
    return Column(Field(name, result_type, name, length=source.length), f"{_FUNCTIONS[kind]}({quoted})")


def _to_json_value(value: Any, field: Field) -> Any:
    """Return a value from DuckDB as ArcGIS writes it in JSON."""
    if isinstance(value, dt.datetime):
        return round((value - _EPOCH) / dt.timedelta(milliseconds=1))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if value is not None and field.esri_type == "esriFieldTypeDouble":
        return float(value)
    return value


def _attributes(columns: list[Column], row: Sequence[Any]) -> dict[str, Any]:
    fields = [column.field for column in columns]
    return {field.name: _to_json_value(value, field) for field, value in zip(fields, row, strict=True)}


def aggregate(layer: Layer, query: LayerQuery, parameters: Parameters, statistics: list[Column]) -> dict[str, Any]:
    """Return the response for ``outStatistics``, ``groupByFieldsForStatistics`` or ``returnDistinctValues``."""
    if statistics or "groupByFieldsForStatistics" in parameters:
        groups = fields_named(parameters.names("groupByFieldsForStatistics"), layer, "groupByFieldsForStatistics")
    else:
        groups = list(query.out_fields)
        if not groups:
            raise invalid_query("'outFields' parameter is needed with returnDistinctValues")
    columns = [Column(field, quote_name(field.name)) for field in groups] + statistics
    condition, values = exact_condition(layer, query)
    listing = ", ".join(f"{column.expression} AS {quote_name(column.field.name)}" for column in columns)
    sql = f"SELECT {listing} FROM layer WHERE {condition}"  # noqa: S608 - written by us from checked parts
    if groups:
        sql += " GROUP BY " + ", ".join(quote_name(field.name) for field in groups)
    sql += _having(parameters, layer, query.username)
    if query.return_count:
        ((count,),) = fetch_rows(layer, f"SELECT count(*) FROM ({sql})", values)  # noqa: S608
        return {"count": int(count)}
    known = {column.field.name.lower(): column.field.name for column in columns}
    terms = parse_order(parameters.names("orderByFields"), lambda name: known.get(name.lower()))
    # sort by the groups last, so that rows equal in all other terms have a fixed order and pages do not overlap
    order = [*terms, *(quote_name(field.name) + " NULLS FIRST" for field in groups)]
    if order:
        sql += f" ORDER BY {', '.join(order)}"
    rows = fetch_rows(layer, f"{sql} LIMIT {query.limit + 1} OFFSET {query.offset}", values)
    exceeded = {"exceededTransferLimit": True} if len(rows) > query.limit else {}
    return {
        **layer.id_fields,
        "fields": [column.field.to_json() for column in columns],
        **exceeded,
        "features": [{"attributes": _attributes(columns, row)} for row in rows[: query.limit]],
    }


def _having(parameters: Parameters, layer: Layer, username: str) -> str:
    clause = parameters.text("havingClause", "having")
    if clause is None:
        return ""
    with parameters.reading("having"):
        return f" HAVING {to_duckdb(clause, layer, username=username, aggregates=True)}"


def query_bins(layer: Layer, query: LayerQuery, parameters: Parameters) -> dict[str, Any]:
    """Return the bins of a number or date field, each with its number of features and their statistics.

    A bin includes its lower boundary but not its upper boundary; the last bin includes both.
    """
    definition = parameters.json("bin")
    if isinstance(definition, list) and definition:
        definition = definition[0]
    if not isinstance(definition, dict):
        raise parameters.invalid("bin")
    field = require_field(str(definition.get("onField", "")), layer)
    if not (field.is_numeric or field.esri_type == DATE):
        raise parameters.invalid("bin")
    condition, values = exact_condition(layer, query)
    number = _as_number(field)
    with parameters.reading("bin"):
        boundaries = _boundaries(layer, field, definition, condition, values)
        if not all(math.isfinite(one) for one in boundaries):
            raise ValueError("not finite")
    statistics = parse_statistics(parameters, layer)
    sums = "".join(f", {column.expression}" for column in statistics)
    pairs = list(pairwise(boundaries))
    by_index: dict[int, tuple[Any, ...]] = {}
    if pairs:
        sql = (
            f"SELECT {_bin_of(number, boundaries, 0, len(pairs))} AS bin, count(*){sums} FROM layer "  # noqa: S608
            f"WHERE {condition} AND {number} BETWEEN {boundaries[0]!r} AND {boundaries[-1]!r} GROUP BY bin"
        )
        by_index = {row[0]: row[1:] for row in fetch_rows(layer, sql, values)}
    return _describe_bins(parameters, field, pairs, by_index, statistics)


def _bin_of(number: str, boundaries: list[float], first: int, last: int) -> str:
    """Return SQL for the bin, from `first` up to but not including `last`, that `number` is in.

    Every comparison halves the bins that are left; one after another, 1000 bins would take a thousand for each row.
    """
    if last - first == 1:
        return str(first)
    middle = (first + last) // 2
    lower, upper = _bin_of(number, boundaries, first, middle), _bin_of(number, boundaries, middle, last)
    return f"CASE WHEN {number} < {boundaries[middle]!r} THEN {lower} ELSE {upper} END"


def _as_number(field: Field) -> str:
    quoted = quote_name(field.name)
    return f"epoch_ms({quoted})" if field.esri_type == DATE else quoted


def _describe_bins(
    parameters: Parameters,
    field: Field,
    pairs: list[tuple[float, float]],
    by_index: dict[int, tuple[Any, ...]],
    statistics: list[Column],
) -> dict[str, Any]:
    boundary = field.esri_type if field.esri_type == DATE else "esriFieldTypeDouble"
    names = [parameters.text(f"{end}BoundaryAlias") or f"{end}Boundary" for end in ("lower", "upper")]
    fields = [Field(name, boundary, name) for name in names]
    fields += [Field("frequency", "esriFieldTypeInteger", "frequency"), *(column.field for column in statistics)]
    found = []
    for index, (low, high) in enumerate(pairs):
        frequency, *rest = by_index.get(index, (0, *[None] * len(statistics)))
        kind = int if field.esri_type == DATE else float
        attributes = {names[0]: kind(low), names[1]: kind(high), "frequency": frequency}
        found.append({"attributes": attributes | _attributes(statistics, rest)})
    if (parameters.text("binOrder") or "ASC").upper() == "DESC":
        found.reverse()
    return {"fields": [one.to_json() for one in fields], "features": found}


def _boundaries(
    layer: Layer, field: Field, definition: dict[str, Any], condition: str, values: list[Any]
) -> list[float]:
    kind = str(definition.get("type", "")).lower().replace("-", "").removesuffix("bin")
    options = definition.get("parameters") or definition
    number = _as_number(field)
    sql = f"SELECT min({number}), max({number}) FROM layer WHERE {condition}"  # noqa: S608
    ((least, greatest),) = fetch_rows(layer, sql, values)
    if kind == "fixedboundaries":
        return sorted(float(one) for one in options["boundaries"][: _MAX_BINS + 1])
    low, high = (options.get(key) for key in ("start", "end"))
    low = least if low is None else low
    high = greatest if high is None else high
    if low is None or high is None:
        return []
    low, high = float(low), float(high)
    if kind == "date":
        return _date_boundaries(layer, options.get("interval") or {}, low, high)
    if kind == "fixedinterval":
        interval = float(options["interval"])
        count = int((high - low) // interval) + 1
    else:
        count = int(options.get("numberOfBins", 10))
        interval = (high - low) / count
    if kind not in {"fixedinterval", "autointerval"} or not 0 < count <= _MAX_BINS or interval < 0:
        raise ValueError(kind)
    limits = [low + index * interval for index in range(count + 1)]
    limits[-1] = max(limits[-1], high) if kind == "fixedinterval" else high
    return limits


def _date_boundaries(layer: Layer, interval: dict[str, Any], low_ms: float, high_ms: float) -> list[float]:
    unit, step = str(interval.get("unit", "day")).lower().rstrip("s"), int(interval.get("value", 1))
    if unit not in _DATE_UNITS or step < 1:
        raise ValueError(unit)
    sql = (
        f"SELECT epoch_ms(date_trunc('{unit}', make_timestamp_ms(?)) + i * {step} * INTERVAL 1 {unit}) "  # noqa: S608
        f"FROM range({_MAX_BINS + 1}) AS steps(i)"
    )
    limits = [float(row[0]) for row in fetch_rows(layer, sql, [int(low_ms)])]
    last = next((index for index, limit in enumerate(limits) if limit > high_ms), len(limits) - 1)
    return limits[: last + 1]
