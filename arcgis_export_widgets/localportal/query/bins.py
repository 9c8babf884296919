"""Bins: how many features lie between each two boundaries of a number or date (``queryBins``)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.http.errors import invalid_query
from arcgis_export_widgets.localportal.layers.fields import DATE, Field
from arcgis_export_widgets.localportal.layers.layer import Layer, quote_name
from arcgis_export_widgets.localportal.query.layer_query import require_field
from arcgis_export_widgets.localportal.query.selection import restrict, run_checked
from arcgis_export_widgets.localportal.query.statistics import Column, parse_statistics, to_json_value

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.http.parameters import Parameters
    from arcgis_export_widgets.localportal.query.layer_query import LayerQuery

_MAX_BINS = 1000
_UNITS = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}


def bins(layer: Layer, query: LayerQuery, parameters: Parameters) -> dict[str, Any]:
    """Answer ``queryBins``: how many features lie between each two boundaries, and statistics of them.

    Notes
    -----
    The upper boundary belongs to the last bin only, as in a histogram.
    """
    definition = parameters.json("bin")
    if isinstance(definition, list) and definition:
        definition = definition[0]
    if not isinstance(definition, dict):
        raise invalid_query("'bin' parameter is invalid")
    field = require_field(str(definition.get("onField", "")), layer)
    if not (field.is_numeric or field.esri_type == DATE):
        raise invalid_query("'bin' parameter is invalid")
    condition, values = restrict(layer, query)
    number = _as_number(field)
    boundaries = _boundaries(layer, field, definition, condition, values)
    statistics = parse_statistics(parameters, layer)
    sums = "".join(f", {column.expression}" for column in statistics)
    pairs = list(pairwise(boundaries))
    by_index: dict[int, tuple[Any, ...]] = {}
    if pairs:
        cases = " ".join(
            f"WHEN {number} >= {low!r} AND {number} {'<=' if index == len(pairs) - 1 else '<'} {high!r} THEN {index}"
            for index, (low, high) in enumerate(pairs)
        )
        sql = (
            f"SELECT CASE {cases} END AS bin, count(*){sums} FROM layer "  # noqa: S608
            f"WHERE {condition} AND {number} IS NOT NULL GROUP BY bin HAVING bin IS NOT NULL"
        )
        by_index = {row[0]: row[1:] for row in run_checked(layer, sql, values).fetchall()}
    return _bin_answer(parameters, field, pairs, by_index, statistics)


def _as_number(field: Field) -> str:
    quoted = quote_name(field.name)
    return f"epoch_ms({quoted})" if field.esri_type == DATE else quoted


def _bin_answer(
    parameters: Parameters,
    field: Field,
    pairs: list[tuple[float, float]],
    by_index: dict[int, tuple[Any, ...]],
    statistics: list[Column],
) -> dict[str, Any]:
    boundary = field.esri_type if field.esri_type == DATE else "esriFieldTypeDouble"
    names = [
        parameters.text("lowerBoundaryAlias") or "lowerBoundary",
        parameters.text("upperBoundaryAlias") or "upperBoundary",
    ]
    fields = [Field(name, boundary, name) for name in names]
    fields += [Field("frequency", "esriFieldTypeInteger", "frequency"), *(column.field for column in statistics)]
    found = []
    for index, (low, high) in enumerate(pairs):
        frequency, *rest = by_index.get(index, (0, *[None] * len(statistics)))
        whole = int if field.esri_type == DATE else float
        attributes = {names[0]: whole(low), names[1]: whole(high), "frequency": frequency}
        for column, value in zip(statistics, rest, strict=True):
            attributes[column.field.name] = to_json_value(value, column.field)
        found.append({"attributes": attributes})
    if (parameters.text("binOrder") or "ASC").upper() == "DESC":
        found.reverse()
    return {"fields": [one.to_json() for one in fields], "features": found}


def _boundaries(
    layer: Layer, field: Field, definition: dict[str, Any], condition: str, values: list[Any]
) -> list[float]:
    kind = str(definition.get("type", "")).lower().replace("-", "").removesuffix("bin")
    options = definition.get("parameters") or definition
    number = _as_number(field)
    row = run_checked(layer, f"SELECT min({number}), max({number}) FROM layer WHERE {condition}", values).fetchone()  # noqa: S608
    try:
        if kind == "fixedboundaries":
            limits = [float(one) for one in options["boundaries"]]
            return sorted(limits[: _MAX_BINS + 1])
        low, high = (options.get(key) for key in ("start", "end"))
        low = row[0] if low is None and row else low
        high = row[1] if high is None and row else high
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
    except (TypeError, ValueError, KeyError, ZeroDivisionError, OverflowError) as error:
        raise invalid_query("'bin' parameter is invalid") from error
    if kind not in {"fixedinterval", "autointerval"} or not 0 < count <= _MAX_BINS or interval < 0:
        raise invalid_query("'bin' parameter is invalid")
    limits = [low + index * interval for index in range(count + 1)]
    limits[-1] = max(limits[-1], high) if kind == "fixedinterval" else high
    return limits


def _date_boundaries(layer: Layer, interval: dict[str, Any], low_ms: float, high_ms: float) -> list[float]:
    unit, step = str(interval.get("unit", "day")).lower().rstrip("s"), int(interval.get("value", 1))
    if unit not in _UNITS or step < 1:
        raise ValueError(unit)
    sql = (
        f"SELECT epoch_ms(date_trunc('{unit}', make_timestamp_ms(?)) + i * {step} * INTERVAL 1 {unit}) "  # noqa: S608
        f"FROM range({_MAX_BINS + 1}) AS steps(i)"
    )
    limits = [float(row[0]) for row in run_checked(layer, sql, [int(low_ms)]).fetchall()]
    last = next((index for index, limit in enumerate(limits) if limit > high_ms), len(limits) - 1)
    return limits[: last + 1]
