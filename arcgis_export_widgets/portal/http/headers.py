"""The headers that are sent with every request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say

TOKEN_HEADER = "X-Esri-Authorization"  # noqa: S105  a header's name
_USER_AGENT = f"arcgis-export-widgets/{version('arcgis-export-widgets')}"
_CREDENTIALS = {"authorization", "proxy-authorization", "cookie", TOKEN_HEADER.lower()}
# https://www.rfc-editor.org/rfc/rfc9110.html#name-fields: visible characters, and spaces not at the beginning
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?! )[\x20-\x7e\xa0-\xff]*")


def headers_to_send(headers: Mapping[str, str]) -> dict[str, str]:
    """The user's own `headers`, such as ``Referer``, and the ``User-Agent`` of this package unless the user gives one.

    Raises RequestError if a name or value cannot be sent, or the header is one for credentials, which would then reach
    every server that a service names.
    """
    if not isinstance(headers, Mapping):
        raise RequestError(say('headers is a dict of texts, such as {{"Referer": "https://apps.example.org/"}}.'))
    for name, value in headers.items():
        is_text = isinstance(name, str) and isinstance(value, str)
        if not is_text or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise RequestError(
                say("The header {name!r} cannot be sent: its name or value is no text that headers allow.", name=name)
            )
        if name.lower() in _CREDENTIALS:
            raise RequestError(
                say("The header {name} is for credentials. Sign in with token= or another argument instead.", name=name)
            )
    return {"User-Agent": _USER_AGENT, **headers}
