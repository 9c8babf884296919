"""Parting a layer's rows into answers of a size the server gives at once."""

from __future__ import annotations

import math

from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.where.sql import and_, name_sql

_SLACK = 1.1  # object ids have gaps, so remainders are not quite equally frequent


def parts(layer: FeatureLayer, where: str, there: int, *, size: int | None = None) -> list[str]:
    """Clauses which together keep what `where` keeps, each at most about `size` rows.

    They differ in the remainder of the object id, so each of them is an even part, and those that follow each other
    have nothing to do with each other. Where rows have no object id there is only the one.

    Parameters
    ----------
    there
        How many rows meet `where`.
    size
        Rows the server answers at once; None for as many as it says of itself.
    """
    oid, size = layer.definition.object_id_field, size or layer.definition.max_record_count
    if oid is None or there <= size:
        return [where]
    count = math.ceil(there * _SLACK / size)
    return [and_(where, f"MOD({name_sql(oid)}, {count}) = {place}") for place in range(count)]
