"""Queries of one layer.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from arcgis_export_widgets.errors import IncompleteResultError, ResponseError
from arcgis_export_widgets.portal.session import PortalSession
from arcgis_export_widgets.request.layer_definition import LayerDefinition
from arcgis_export_widgets.request.spatial_reference import SpatialReference

logger = logging.getLogger(__name__)

EVERYTHING = "1=1"
WGS84 = 4326


@dataclass(frozen=True)
class Envelope:
    """A rectangle: x is easting or longitude, y northing or latitude, in the units of `wkid`."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float
    wkid: int = WGS84

    def to_json(self) -> dict[str, Any]:
        """ArcGIS JSON, as ``geometry`` takes it."""
        sides = {"xmin": self.xmin, "ymin": self.ymin, "xmax": self.xmax, "ymax": self.ymax}
        return {**sides, "spatialReference": {"wkid": self.wkid}}


def count(session: PortalSession, url: str, where: str | None, envelope: Envelope | None) -> int:
    """Rows that meet `where` inside `envelope`, by the server's count."""
    answer = session.ask(f"{url}/query", _filter(where, envelope) | {"returnCountOnly": "true"})
    try:
        return int(answer["count"])
    except (KeyError, TypeError, ValueError):
        pass
    if isinstance(answer.get("features"), list) and not answer.get("exceededTransferLimit"):
        return len(answer["features"])  # some old servers ignore returnCountOnly
    raise ResponseError(f"{url} gave no count when asked for one.", url=url)


def extent(session: PortalSession, url: str, where: str | None, out_sr: int) -> Envelope | None:
    """The smallest rectangle around the rows that meet `where`; None if there is none."""
    answer = session.ask(f"{url}/query", _filter(where, None) | {"returnExtentOnly": "true", "outSR": out_sr})
    box = answer.get("extent") or {}
    try:
        xmin, ymin, xmax, ymax = (float(box[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
    except (KeyError, TypeError, ValueError):
        return None
    found = Envelope(xmin, ymin, xmax, ymax, wkid=out_sr)
    return found if all(map(math.isfinite, (xmin, ymin, xmax, ymax))) else None


def preview(
    session: PortalSession,
    url: str,
    *,
    where: str | None,
    envelope: Envelope | None,
    limit: int,
    tolerance: float | None,
    out_fields: Sequence[str],
) -> dict[str, Any]:
    """Up to `limit` rows as GeoJSON in WGS 84; see `FeatureLayer.preview`."""
    parameters = _filter(where, envelope) | {
        "outFields": ",".join(out_fields),
        "outSR": WGS84,
        "resultRecordCount": limit,
        "maxAllowableOffset": tolerance,
        "geometryPrecision": 6,
    }
    answer = session.ask(f"{url}/query", parameters | {"f": "geojson"})
    if answer.get("type") != "FeatureCollection":
        raise ResponseError(f"{url} answered no GeoJSON when asked for it.", url=url)
    # hosted layers tell inside "properties", some servers at the top
    told = answer.get("exceededTransferLimit") or (answer.get("properties") or {}).get("exceededTransferLimit")
    return {"type": "FeatureCollection", "features": answer.get("features") or [], "exceeded": bool(told)}


def pages(
    session: PortalSession,
    url: str,
    definition: LayerDefinition,
    *,
    where: str | None,
    out_fields: Sequence[str],
    page_size: int | None,
    out_sr: SpatialReference | None = None,
    return_geometry: bool = True,
) -> Iterator[dict[str, Any]]:
    """All rows, page by page, each once, compared with the server's count; see `FeatureLayer.pages`.

    A page begins after the greatest object id of the one before. So it does not matter how many rows the server
    cares to send at once, and rows edited meanwhile cannot shift others out of sight.
    """
    oid = definition.object_id_field
    if oid is None:
        raise ResponseError(f"{url} has no object id field, so its rows cannot be fetched in pages.", url=url)
    expected = count(session, url, where, None)
    fields = list(out_fields) if "*" in out_fields else [*dict.fromkeys([oid, *out_fields])]
    wanted = {
        "outFields": ",".join(fields),
        "orderByFields": f"{oid} ASC",
        "resultRecordCount": page_size or definition.max_record_count,
        "outSR": json.dumps(out_sr.to_json()) if out_sr else None,
        "returnGeometry": "true" if return_geometry and not definition.is_table else "false",
        "returnZ": "true" if definition.has_z else None,
    }
    seen: set[int] = set()
    last: int | None = None
    while True:
        beyond = where if last is None else f"({where or EVERYTHING}) AND {oid} > {last}"
        answer = session.ask(f"{url}/query", _filter(beyond, None) | wanted)
        rows = answer.get("features")
        if rows is None:
            raise ResponseError(f"{url} answered a page without features.", url=url)
        fresh = []
        for row in rows:
            number = row["attributes"][oid]
            if number not in seen:
                seen.add(number)
                fresh.append(row)
        if len(fresh) < len(rows):
            logger.warning("%s sent %d rows twice; each is kept once", url, len(rows) - len(fresh))
        if not fresh:
            break
        yield answer | {"features": fresh}
        last = max(row["attributes"][oid] for row in fresh)
        if not answer.get("exceededTransferLimit") and len(seen) >= expected:
            break
    if len(seen) != expected:
        raise IncompleteResultError(
            f"{definition.name}: the server counted {expected:,} rows but {len(seen):,} arrived. "
            "The layer may have been edited meanwhile; try again.",
            expected=expected,
            received=len(seen),
            url=url,
        )


def _filter(where: str | None, envelope: Envelope | None) -> dict[str, Any]:
    spatial = {}
    if envelope is not None:
        spatial = {
            "geometry": json.dumps(envelope.to_json()),
            "geometryType": "esriGeometryEnvelope",
            "inSR": envelope.wkid,
            "spatialRel": "esriSpatialRelIntersects",
        }
    return {"where": where or EVERYTHING, **spatial}
