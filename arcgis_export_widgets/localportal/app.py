"""The HTTP application: which handler answers which URL, and what all answers have in common."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from arcgis_export_widgets.localportal import feature_server, sharing
from arcgis_export_widgets.localportal.errors import ArcGISError, invalid_token
from arcgis_export_widgets.localportal.parameters import Parameters
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.responses import respond

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from arcgis_export_widgets.localportal.accounts import Token

logger = logging.getLogger(__name__)

Handler = "Callable[[Portal, Call], Any]"
MAX_BODY_BYTES = 20_000_000
_QUERIES = (feature_server.layer_query, feature_server.layer_query_bins)
_BOTH = ("GET", "POST")
_SHARING = "/sharing/rest"
_SERVER = "/arcgis/rest"
_USER = f"{_SHARING}/content/users/{{username}}"
_SERVICE = f"{_SERVER}/services/{{service}}/FeatureServer"


def base_url(request: Request) -> str:
    """Return scheme and host as the caller sees them, also behind a proxy that says so."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme).split(",")[0].strip()
    host = request.headers.get("x-forwarded-host", request.headers.get("host", request.url.netloc))
    return f"{scheme}://{host.split(',')[0].strip()}"


async def _read_parameters(request: Request, *, query: bool) -> Parameters:
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if int(request.headers.get("content-length", "0")) > MAX_BODY_BYTES:
            raise ArcGISError(413, "Request body too large.")
        form = await request.form(max_fields=1000, max_part_size=MAX_BODY_BYTES)
        pairs += [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]
    return Parameters(pairs, query=query)


def _token_text(request: Request, parameters: Parameters) -> str | None:
    """Return the token from where clients put it: two headers, form, query string, cookie."""
    for name in ("x-esri-authorization", "authorization"):
        kind, _, value = request.headers.get(name, "").partition(" ")
        if kind.lower() == "bearer" and value.strip():
            return value.strip()
    return parameters.text("token")


def _check_token(portal: Portal, text: str | None) -> Token | None:
    if text is None:
        return None
    token = portal.accounts.find_token(text)
    if token is None:
        raise invalid_token()
    return token


def _endpoint(portal: Portal, handler: Callable[[Portal, Call], Any]) -> Callable[[Request], Awaitable[Response]]:
    """Return the Starlette endpoint around a handler: read, authenticate, answer in a thread, write."""
    is_query = handler in _QUERIES
    asks_for_token = handler is not sharing.generate_token

    async def endpoint(request: Request) -> Response:
        wanted = "json"
        try:
            parameters = await _read_parameters(request, query=is_query)
            wanted = (parameters.text("f") or "html").lower()
            text = _token_text(request, parameters)
            if not asks_for_token and "username" in parameters:
                text = None
            token = _check_token(portal, text)
            call = Call(
                parameters=parameters,
                base_url=base_url(request),
                caller=portal.accounts.find(token.username) if token else None,
                path={name: str(value) for name, value in request.path_params.items()},
                referer=request.headers.get("referer"),
                token_expires_ms=token.expires_ms if token else None,
            )
            content = await run_in_threadpool(handler, portal, call)
            if isinstance(content, Response):
                return content
            return await run_in_threadpool(respond, content, wanted, title=request.url.path)
        except ArcGISError as error:
            return respond(error.to_json(), "html" if wanted == "html" else "json", title="Error")

    return endpoint


def _routes(portal: Portal) -> list[Route]:
    table: list[tuple[str, Callable[[Portal, Call], Any], tuple[str, ...]]] = [
        ("/sharing/info", sharing.rest_info, _BOTH),
        (_SHARING, sharing.rest_root, _BOTH),
        (f"{_SHARING}/info", sharing.rest_info, _BOTH),
        (f"{_SHARING}/generateToken", sharing.generate_token, ("POST",)),
        (f"{_SHARING}/portals/self", sharing.portal_self, _BOTH),
        (f"{_SHARING}/community/self", sharing.community_self, _BOTH),
        (f"{_SHARING}/community/users/{{username}}", sharing.community_user, _BOTH),
        (f"{_SHARING}/search", sharing.search, _BOTH),
        (f"{_SHARING}/content/items/{{item_id}}", sharing.item, _BOTH),
        (f"{_SHARING}/content/items/{{item_id}}/data", sharing.item_data, _BOTH),
        (f"{_USER}/export", sharing.export, ("POST",)),
        (f"{_USER}/items/{{item_id}}/status", sharing.item_status, _BOTH),
        (f"{_USER}/items/{{item_id}}/delete", sharing.delete_item, ("POST",)),
        (f"{_SERVER}/info", feature_server.server_info, _BOTH),
        (f"{_SERVER}/services", feature_server.services, _BOTH),
        (_SERVICE, feature_server.service_root, _BOTH),
        (f"{_SERVICE}/layers", feature_server.service_layers, _BOTH),
        (f"{_SERVICE}/{{layer_id:int}}", feature_server.layer_root, _BOTH),
        (f"{_SERVICE}/queryDomains", feature_server.query_domains, _BOTH),
        (f"{_SERVICE}/{{layer_id:int}}/query", feature_server.layer_query, _BOTH),
        (f"{_SERVICE}/{{layer_id:int}}/queryBins", feature_server.layer_query_bins, _BOTH),
        (f"{_SERVICE}/{{layer_id:int}}/validateSQL", feature_server.validate_sql, _BOTH),
        (f"{_SERVICE}/{{layer_id:int}}/{{object_id:int}}", feature_server.feature, _BOTH),
    ]
    return [
        Route(path + slash, _endpoint(portal, handler), methods=list(methods))
        for path, handler, methods in table
        for slash in ("", "/")
    ]


async def _not_found(_request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    message = "Method not allowed." if status == 405 else "Not Found"  # noqa: PLR2004
    content: dict[str, Any] = {"error": {"code": status, "message": message, "details": []}}
    return JSONResponse(content, status_code=status)


async def _server_error(request: Request, error: Exception) -> Response:
    # a bug of ours: say so in ArcGIS's envelope, and keep the traceback for the log only
    logger.error("%s failed", request.url.path, exc_info=error)
    content: dict[str, Any] = {"error": {"code": 500, "message": "Error performing operation.", "details": []}}
    return JSONResponse(content, status_code=500)


def build_app(portal: Portal) -> Starlette:
    """Return the application that serves `portal`."""
    return Starlette(
        routes=_routes(portal),
        middleware=[
            Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"])
        ],
        exception_handlers={404: _not_found, 405: _not_found, Exception: _server_error},
    )
