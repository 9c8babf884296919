"""Who may call the portal from where: by which names, from pages of which origins, and who may control it."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from arcgis_export_widgets.localportal.http.request import ArcGISError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL_ORIGINS = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
"""Regular expression for the origins of pages on this machine, such as notebooks."""
_HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?")
_ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to a portal that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def outward_address(host: str) -> str:
    """Return an address that others can open if the portal listens on `host`: this machine's own for all addresses."""
    if host not in _ANY_ADDRESS:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, but chooses the way out
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


@dataclass(frozen=True)
class Access:
    """How the portal may be reached.

    `host` is the address it listens on, `names` and `origins` are further names of this machine and origins of pages
    that may call it, and `has_control` is whether administrators may use the control interface.
    """

    host: str = "127.0.0.1"
    names: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    has_control: bool = True

    def is_own_name(self, host: str) -> bool:
        """Whether `host`, from a ``Host`` header, names this portal; a page that rebinds DNS uses a name of its own."""
        name = re.sub(r":\d*$", "", host) if host.count(":") == 1 or "]:" in host else host
        name = name.strip("[]").rstrip(".").lower()
        try:
            ipaddress.ip_address(name)
        except ValueError:
            machine = socket.gethostname().lower()
            known = {"localhost", self.host, machine, f"{machine}.local", machine.partition(".")[0], *self.names}
            return name in {one.lower() for one in known}
        return True


def named_host(headers: Mapping[str, str]) -> str:
    """Return the name, with port, by which the caller reached the portal or the proxy before it; may be empty."""
    host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
    return host if _HOST.fullmatch(host) else ""


class OnlyOwnNames:
    """Middleware that refuses requests to other names than the portal's own (DNS rebinding)."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        # a proxy's X-Forwarded-Host is not checked: a page cannot send it without its own name as Host
        if scope["type"] != "http" or self._access.is_own_name(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
            return
        message = "This portal is not known by that name. Start it with --allow-host NAME.\n"
        await PlainTextResponse(message, status_code=421)(scope, receive, send)


def refuse_other_origins(request: Request) -> None:
    """Raise an error if a page of another origin sent the request, whatever it knows."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    is_foreign_page = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    if is_foreign_page or origin not in {None, own}:
        raise ArcGISError(403, "Pages cannot control this portal.")
