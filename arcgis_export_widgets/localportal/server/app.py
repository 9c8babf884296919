"""The HTTP application, which reads requests, checks tokens, calls handlers and sends responses."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import duckdb
import shapely
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from arcgis_export_widgets.localportal.content.accounts import Token
from arcgis_export_widgets.localportal.faults.injection import alter_response, replace_response
from arcgis_export_widgets.localportal.http.access import (
    LOCAL_ORIGINS,
    OnlyOwnNames,
    named_host,
    refuse_other_origins,
)
from arcgis_export_widgets.localportal.http.request import ArcGISError, Parameters, invalid_token
from arcgis_export_widgets.localportal.http.responses import make_response
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.process.portal_process import KEY_HEADER
from arcgis_export_widgets.localportal.server import control
from arcgis_export_widgets.localportal.server.routes import (
    ADMIN_HANDLERS,
    JSON_HANDLERS,
    QUERY_HANDLERS,
    ROUTES,
    Handler,
)
from arcgis_export_widgets.localportal.sharing import sign_in

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 20_000_000
MAX_FIELDS = 1000
# caches must ask the server before they use a stored response: public content may have become private
_REVALIDATE = "private, max-age=0, must-revalidate"


def base_url(request: Request) -> str:
    """Return scheme and host of the URL that the caller used; a proxy passes them on in ``X-Forwarded`` headers."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme).split(",")[0].strip().lower()
    host = named_host(request.headers) or request.url.netloc
    return f"{scheme if scheme in {'http', 'https'} else request.url.scheme}://{host}"


async def _read_parameters(request: Request, *, query: bool) -> Parameters:
    """Return the parameters in query string and form; raise an error if the body is larger than `MAX_BODY_BYTES`."""
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
            raise _too_large()
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            if "content-length" not in request.headers:
                raise ArcGISError(411, "Length required.")
            form = await request.form(max_fields=MAX_FIELDS, max_part_size=MAX_BODY_BYTES)
            pairs += [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]
        else:
            pairs += await _read_form(request)
    return Parameters(pairs, query=query)


async def _read_form(request: Request) -> list[tuple[str, str]]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    try:
        return await run_in_threadpool(
            parse_qsl, body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )  # of 20 MB, other requests would wait for it
    except ValueError as error:
        raise ArcGISError(400, "The form cannot be read.") from error


def _too_large() -> ArcGISError:
    return ArcGISError(413, f"Request body larger than {MAX_BODY_BYTES:,} bytes.")


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _token_text(request: Request, parameters: Parameters) -> str | None:
    """Return the request's token from one of two headers, the parameters or a cookie; None if there is no token."""
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


def _check_token(portal: Portal, text: str | None, request: Request) -> Token | None:
    """Return the token with the value `text`, None for None; raise an error if it is not valid for this request."""
    if text is None:
        return None
    token = portal.accounts.find_token(text)
    if token is None or not token.is_valid_for(request.headers.get("referer"), _address(request)):
        raise invalid_token()
    return token


def _endpoint(portal: Portal, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return a Starlette endpoint that reads a request, checks its token, calls `handler` in a thread and responds."""

    async def endpoint(request: Request) -> Response:
        wanted, path = "json", request.url.path
        try:
            is_admin = handler in ADMIN_HANDLERS
            if is_admin:
                refuse_other_origins(request)
            parameters, file = await _read(portal, request, handler)
            default = "json" if handler in JSON_HANDLERS else "html"
            wanted = (parameters.text("f") or default).lower()
            replaced = None if is_admin else await replace_response(portal.faults, path)
            if replaced is not None:
                return replaced
            call = _call(portal, request, parameters, handler, file)
            answer = await run_in_threadpool(_handled, handler, portal, call)
            is_ready = isinstance(answer, Response)
            response: Response = answer if is_ready else await run_in_threadpool(make_response, answer, wanted, path)
            response.headers.setdefault("Cache-Control", _REVALIDATE)
            if is_admin:
                return response
            return alter_response(portal.faults, path, response, partial(_to_other_host, portal, call))
        except ArcGISError as error:
            refusal = make_response(error.to_json(), "html" if wanted == "html" else "json", "Error")
            refusal.headers["Cache-Control"] = "no-store"  # QGIS would show a cached error after sign-in
            return refusal

    return endpoint


def _handled(handler: Handler, portal: Portal, call: Call) -> Any:
    """Call `handler`; what it cannot do with the parameters is an error of the caller, not of the server."""
    try:
        return handler(portal, call)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        logger.warning("%s cannot do with its parameters", call.request_path, exc_info=error)
        raise ArcGISError(400, "Unable to complete operation.", ["A parameter is invalid."]) from error
    except (duckdb.Error, shapely.errors.ShapelyError) as error:
        logger.warning("%s cannot be computed", call.request_path, exc_info=error)
        raise ArcGISError(400, "Unable to complete operation.", ["The operation cannot be computed."]) from error


async def _read(portal: Portal, request: Request, handler: Handler) -> tuple[Parameters, Path | None]:
    """Return the parameters, and the request's body as a file if `handler` is the one that receives a file."""
    if handler is control.add_data:
        file = await control.receive_file(request, portal.folder)
        return Parameters(request.query_params.multi_items()), file
    return await _read_parameters(request, query=handler in QUERY_HANDLERS), None


def _call(portal: Portal, request: Request, parameters: Parameters, handler: Handler, file: Path | None) -> Call:
    text = _token_text(request, parameters)
    # an expired token does not matter if the request also contains name and password
    signs_in = handler is sign_in.generate_token and "username" in parameters
    token = None if signs_in or handler is control.redirected_file else _check_token(portal, text, request)
    return Call(
        parameters=parameters,
        base_url=base_url(request),
        caller=portal.accounts.find(token.username) if token and token.username else None,
        address=_address(request),
        path={name: str(value) for name, value in request.path_params.items()},
        request_path=request.url.path,
        brought_token=text is not None,
        admin_key=request.headers.get(KEY_HEADER),
        file=file,
    )


def _to_other_host(portal: Portal, call: Call, content: FileResponse) -> str:
    """Return a URL for a response's file on "another host", which is this machine under another name."""
    key = secrets.token_urlsafe(16)
    portal.redirected_files[key] = (Path(content.path), content.filename)
    scheme, _, host = call.base_url.partition("://")
    name, _, port = host.rpartition(":")
    other = "localhost" if name != "localhost" else "127.0.0.1"
    return f"{scheme}://{other}:{port}/localportal/elsewhere/{key}"


async def _not_found(_request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    message = "Method not allowed." if status == 405 else "Not Found"  # noqa: PLR2004
    return JSONResponse(ArcGISError(status, message).to_json(), status_code=status)


async def _server_error(request: Request, error: Exception) -> Response:
    # a bug in this package: the caller gets ArcGIS's error envelope; the traceback is only logged
    logger.error("%s failed", request.url.path, exc_info=error)
    return JSONResponse(ArcGISError(500, "Error performing operation.").to_json(), status_code=500)


def build_app(portal: Portal) -> Starlette:
    """Return the application that serves `portal`."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=portal.access.origins,
        allow_origin_regex=LOCAL_ORIGINS,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
    )
    return Starlette(
        routes=[
            Route(path + slash, _endpoint(portal, handler), methods=list(methods))
            for path, handler, methods in ROUTES
            for slash in ("", "/")
            if path + slash
        ],
        middleware=[Middleware(OnlyOwnNames, access=portal.access), cors],
        exception_handlers={404: _not_found, 405: _not_found, Exception: _server_error},
    )
