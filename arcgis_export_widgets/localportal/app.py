"""The HTTP application: what all requests and answers have in common."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from arcgis_export_widgets.localportal import sharing
from arcgis_export_widgets.localportal.errors import ArcGISError, invalid_token
from arcgis_export_widgets.localportal.parameters import Parameters
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.responses import respond
from arcgis_export_widgets.localportal.routes import QUERY_HANDLERS, ROUTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from arcgis_export_widgets.localportal.accounts import Token

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 20_000_000


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
    """Return the token from where clients put it: two headers, form or query string, the cookie of the web pages."""
    for name in ("x-esri-authorization", "authorization"):
        kind, _, value = request.headers.get(name, "").partition(" ")
        if kind.lower() == "bearer" and value.strip():
            return value.strip()
    return parameters.text("token") or _cookie_token(request.cookies.get("esri_auth"))


def _cookie_token(cookie: str | None) -> str | None:
    if cookie is None:
        return None
    try:
        content = json.loads(unquote(cookie))
    except ValueError:
        return None
    token = content.get("token") if isinstance(content, dict) else None
    return token if isinstance(token, str) and token else None


def _check_token(portal: Portal, text: str | None, referer: str | None) -> Token | None:
    """Return the token behind `text`, None without one.

    Raises
    ------
    ArcGISError
        498 for a token that is unknown, has expired, or is bound to another referer than the request's.
    """
    if text is None:
        return None
    token = portal.accounts.find_token(text)
    if token is None or not token.fits(referer):
        raise invalid_token()
    return token


def _endpoint(portal: Portal, handler: Callable[[Portal, Call], Any]) -> Callable[[Request], Awaitable[Response]]:
    """Return the Starlette endpoint around a handler: read, authenticate, answer in a thread, write."""
    is_query = handler in QUERY_HANDLERS
    asks_for_token = handler is not sharing.generate_token

    async def endpoint(request: Request) -> Response:
        wanted = "json"
        try:
            parameters = await _read_parameters(request, query=is_query)
            wanted = (parameters.text("f") or "html").lower()
            text = _token_text(request, parameters)
            if not asks_for_token and "username" in parameters:
                text = None
            referer = request.headers.get("referer")
            token = _check_token(portal, text, referer)
            call = Call(
                parameters=parameters,
                base_url=base_url(request),
                caller=portal.accounts.find(token.username) if token else None,
                path={name: str(value) for name, value in request.path_params.items()},
                referer=referer,
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
    return [
        Route(path + slash, _endpoint(portal, handler), methods=list(methods))
        for path, handler, methods in ROUTES
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
