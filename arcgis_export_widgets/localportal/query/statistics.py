"""Statistics and distinct values: queries that DuckDB answers with rows of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.http.errors import invalid_query
from arcgis_export_widgets.localportal.layers.fields import DATE, Field
from arcgis_export_widgets.localportal.layers.layer import Layer, quote_name
from arcgis_export_widgets.localportal.query.layer_query import parse_json_list, require_field
from arcgis_export_widgets.localportal.query.selection import restrict, run_checked
from arcgis_export_widgets.localportal.where.parse import WhereError
from arcgis_export_widgets.localportal.where.sql import to_duckdb

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.http.parameters import Parameters
    from arcgis_export_widgets.localportal.query.layer_query import LayerQuery

_FUNCTIONS = {
    "count": "count", "sum": "sum", "min": "min", "max": "max", "avg": "avg", "stddev": "stddev_samp",
    "var": "var_samp",
}  # fmt: skip
_PERCENTILES = {"percentile_cont": "quantile_cont", "percentile_disc": "quantile_disc"}
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the portal's times are UTC without saying so


@dataclass(frozen=True)
class Column:
    """One column of a statistics answer: its field and the DuckDB expression that makes it."""

    field: Field
    expression: str


def parse_statistics(parameters: Parameters, layer: Layer) -> list[Column]:
    """Return the columns that ``outStatistics`` ask for; empty when absent."""
    columns = []
    for entry in parse_json_list(parameters, "outStatistics"):
        kind = str(entry.get("statisticType", "")).lower()
        on_field = str(entry.get("onStatisticField", ""))
        source = require_field(on_field, layer)
        name = str(entry.get("outStatisticFieldName") or f"{kind}_{source.name}")
        columns.append(_statistic(kind, source, name, entry.get("statisticParameters") or {}))
    return columns


def _statistic(kind: str, source: Field, name: str, options: dict[str, Any]) -> Column:
    quoted = quote_name(source.name)
    is_date = source.esri_type == DATE
    if kind in _PERCENTILES:
        try:
            value = float(options.get("value", 0.5))
        except (TypeError, ValueError) as error:
            raise invalid_query("'outStatistics' parameter is invalid") from error
        if not 0 <= value <= 1 or not (source.is_numeric or is_date):
            raise invalid_query("'outStatistics' parameter is invalid")
        share = 1 - value if str(options.get("orderBy", "ASC")).upper() == "DESC" else value
        expression = f"{_PERCENTILES[kind]}({quoted}, {share})"
        kept = kind == "percentile_disc" or is_date
        return Column(Field(name, source.esri_type if kept else "esriFieldTypeDouble", name), expression)
    if kind not in _FUNCTIONS or (kind in {"sum", "avg", "stddev", "var"} and not source.is_numeric):
        raise invalid_query("'outStatistics' parameter is invalid")
    esri_type = {"count": "esriFieldTypeInteger", "min": source.esri_type, "max": source.esri_type}
    result_type = esri_type.get(kind, "esriFieldTypeDouble")
    if result_type == "esriFieldTypeOID":
        result_type = "esriFieldTypeInteger"
    return Column(Field(name, result_type, name, length=source.length), f"{_FUNCTIONS[kind]}({quoted})")


def to_json_value(value: Any, field: Field) -> Any:
    """Return one of DuckDB's Python values as ArcGIS writes it."""
    if isinstance(value, dt.datetime):
        return round((value - _EPOCH) / dt.timedelta(milliseconds=1))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if value is not None and field.esri_type == "esriFieldTypeDouble":
        return float(value)
    return value


def _order_terms(parameters: Parameters, columns: list[Column]) -> list[str]:
    known = {column.field.name.lower(): column.field.name for column in columns}
    terms = []
    for term in parameters.names("orderByFields"):
        name, _, direction = term.partition(" ")
        direction = direction.strip().upper() or "ASC"
        if name.lower() not in known or direction not in {"ASC", "DESC"}:
            raise invalid_query("'orderByFields' parameter is invalid")
        nulls = "FIRST" if direction == "ASC" else "LAST"
        terms.append(f"{quote_name(known[name.lower()])} {direction} NULLS {nulls}")
    return terms


def _table(columns: list[Column], rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    fields = [column.field for column in columns]
    return [
        {"attributes": {field.name: to_json_value(value, field) for field, value in zip(fields, row, strict=True)}}
        for row in rows
    ]


def aggregate(layer: Layer, query: LayerQuery, parameters: Parameters, statistics: list[Column]) -> dict[str, Any]:
    """Answer a query with ``outStatistics``, ``groupByFieldsForStatistics`` or ``returnDistinctValues``."""
    if statistics or "groupByFieldsForStatistics" in parameters:
        names = parameters.names("groupByFieldsForStatistics")
        groups = [require_field(name, layer) for name in names]
    else:
        groups = list(query.out_fields)
        if not groups:
            raise invalid_query("'outFields' parameter is needed with returnDistinctValues")
    columns = [Column(field, quote_name(field.name)) for field in groups] + statistics
    condition, values = restrict(layer, query)
    listing = ", ".join(f"{column.expression} AS {quote_name(column.field.name)}" for column in columns)
    sql = f"SELECT {listing} FROM layer WHERE {condition}"  # noqa: S608 - written by us from checked parts
    if groups:
        sql += " GROUP BY " + ", ".join(quote_name(field.name) for field in groups)
    sql += _having(parameters, layer, query.username)
    if query.return_count:
        row = run_checked(layer, f"SELECT count(*) FROM ({sql})", values).fetchone()  # noqa: S608
        return {"count": int(row[0]) if row else 0}
    order = _order_terms(parameters, columns) or [quote_name(field.name) + " NULLS FIRST" for field in groups]
    if order:
        sql += f" ORDER BY {', '.join(order)}"
    rows = run_checked(layer, f"{sql} LIMIT {query.limit + 1} OFFSET {query.offset}", values).fetchall()
    exceeded = {"exceededTransferLimit": True} if len(rows) > query.limit else {}
    return {
        "objectIdFieldName": layer.object_id_field,
        "uniqueIdField": {"name": layer.object_id_field, "isSystemMaintained": True},
        "globalIdFieldName": "",
        "fields": [column.field.to_json() for column in columns],
        **exceeded,
        "features": _table(columns, rows[: query.limit]),
    }


def _having(parameters: Parameters, layer: Layer, username: str) -> str:
    clause = parameters.text("havingClause", "having")
    if clause is None:
        return ""
    try:
        return f" HAVING {to_duckdb(clause, layer, username=username, aggregates=True)}"
    except WhereError as error:
        raise invalid_query("'having' parameter is invalid") from error
