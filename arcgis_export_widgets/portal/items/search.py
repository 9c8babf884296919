"""Searching a portal for items, page by page.

Source: https://developers.arcgis.com/rest/users-groups-and-items/search/
"""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.portal.http.session import PortalSession

_PAGE = 100
"""Most items that a portal lists at once."""


def find_items(
    session: PortalSession,
    text: str,
    *,
    item_type: str | None,
    limit: int,
    sort_field: str | None,
    descending: bool,
) -> list[dict[str, Any]]:
    """Item objects that meet a search, each once; see `PortalClient.search`."""
    terms = [f"({text.strip()})"] if text.strip() else []
    if item_type:
        terms.append(f'type:"{item_type}"')
    wanted = {"q": " AND ".join(terms) or "*", "num": min(_PAGE, limit)}
    if sort_field:
        wanted |= {"sortField": sort_field, "sortOrder": "desc" if descending else "asc"}
    found: dict[str, dict[str, Any]] = {}
    start = 1
    while len(found) < limit:
        response = session.ask("search", wanted | {"start": start})
        for item in response.get("results") or ():
            # the portal matches types by words, so "Feature Service" finds others too; and an item that is added
            # meanwhile moves one of this page to the next
            if item_type in {None, item.get("type")}:
                found.setdefault(item["id"], item)
        following = int(response.get("nextStart") or -1)
        if following <= start:
            break
        start = following
    return list(found.values())[:limit]
