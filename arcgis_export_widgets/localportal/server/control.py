"""The control interface under ``/localportal``, which ArcGIS does not have: switch faults on, expire tokens, add data.

It is open to the process that started the portal, which sends a key, and to administrators of the organisation; if the
portal listens beyond loopback, to these only if that was asked for. No page of another origin can use it.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from arcgis_export_widgets.localportal.content.catalog import add_layers
from arcgis_export_widgets.localportal.faults.faults import KINDS, Fault
from arcgis_export_widgets.localportal.http.request import ArcGISError, not_permitted
from arcgis_export_widgets.localportal.layers.opening import DataError, refuse_other_than_geopackage
from arcgis_export_widgets.localportal.layers.read_data import read_layers
from arcgis_export_widgets.localportal.portal import Call, Portal

_MAX_UPLOAD_BYTES = 4_000_000_000


def _require_admin(portal: Portal, call: Call) -> None:
    has_key = portal.admin_key is not None and hmac.compare_digest(call.admin_key or "", portal.admin_key)
    is_admin = call.caller is not None and call.caller.is_admin
    if not has_key and not (is_admin and portal.access.has_control):
        raise not_permitted()


def faults(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``localportal/faults``: switch a fault of ``kind`` on, or without that parameter, list all kinds."""
    _require_admin(portal, call)
    parameters = call.parameters
    kind = parameters.text("kind")
    if kind is None:
        return {"kinds": {name: one.meaning for name, one in KINDS.items()}}
    fault = Fault(kind, parameters.text("value"), parameters.text("path") or "", parameters.integer("times"))
    portal.faults.add(fault)
    return {"success": True}


def clear_faults(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``localportal/faults/clear``."""
    _require_admin(portal, call)
    portal.faults.clear()
    portal.jobs.release()
    return {"success": True}


def expire_tokens(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``localportal/expireTokens``: invalidate all tokens and refresh tokens."""
    _require_admin(portal, call)
    portal.accounts.expire_tokens()
    portal.oauth.expire()
    return {"success": True}


async def receive_file(request: Request, folder: Path) -> Path:
    """Save the body of a request, at most 4 GB, as a new file in `folder` and return its path."""
    path = folder / f"upload-{secrets.token_hex(8)}.gpkg"
    size_bytes = 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            size_bytes += len(chunk)
            if size_bytes > _MAX_UPLOAD_BYTES:
                raise ArcGISError(413, "File too large.")
            await run_in_threadpool(file.write, chunk)
    return path


def add_data(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``localportal/add``: publish a GeoPackage as a hosted feature service."""
    _require_admin(portal, call)
    if call.file is None:
        raise ArcGISError(400, "Send the GeoPackage as the body of a POST.")
    parameters = call.parameters
    owner = portal.accounts.find(parameters.text("owner") or "student")
    if owner is None:
        raise ArcGISError(400, "The owner is not a member of this portal.")
    hidden = {name: {"visible": False} for name in parameters.names("hiddenFields")}
    described = parameters.json("fields") or {}
    facts = {name: {**described.get(name, {}), **hidden.get(name, {})} for name in (*described, *hidden)}
    try:
        refuse_other_than_geopackage(call.file)
        layers = read_layers(call.file, facts)
    except DataError as error:
        raise ArcGISError(400, str(error)) from error
    item = add_layers(
        portal.catalog,
        layers,
        parameters.required("title"),
        owner=owner.username,
        access=parameters.text("access") or "public",
        capabilities="Query,Extract" if parameters.boolean("allowExport") else "Query",
        is_view=bool(hidden),
    )
    return {"success": True, "itemId": item.item_id, "url": item.to_json(call.base_url)["url"]}


def redirected_file(portal: Portal, call: Call) -> Response:
    """Return a file as "another host" would: like an object store, it refuses requests with a token."""
    if call.caller is not None or call.brought_token:
        return Response("<Error><Code>InvalidArgument</Code></Error>", 400, media_type="application/xml")
    found = portal.redirected_files.get(call.path["key"])
    if found is None:
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
    return FileResponse(found[0], filename=found[1], media_type="application/octet-stream")
