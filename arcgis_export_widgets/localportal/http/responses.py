"""Make responses in the requested format: json, pjson or a simple html page."""

from __future__ import annotations

import html
import json
import math
import re
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response

FIXED_KEYS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("descriptions.json").read_text("utf-8"))
"""For each kind of description (of a member, a layer ...), the keys whose values never change, with these values."""
# a web address ends at the & of &quot;, which replaces the quotation mark after it
_URL = re.compile(r"https?://[^\s<>&]+")
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 2rem; }} pre {{ white-space: pre-wrap; }}</style></head>
<body><h1>{title}</h1><p>Add <code>f=json</code> for the same as JSON.</p><pre>{body}</pre></body></html>
"""


def _finite(value: Any) -> Any:
    """Return `value` with ``"NaN"`` in place of numbers that are not finite, as ArcGIS does."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN"
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def to_json_bytes(content: Any, *, indent: int | None = None) -> bytes:
    """Return `content` as UTF-8 JSON; numbers that are not finite become ``"NaN"``."""
    separators = (",", ":") if indent is None else None
    try:
        text = json.dumps(content, ensure_ascii=False, separators=separators, indent=indent, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(content), ensure_ascii=False, separators=separators, indent=indent)
    return text.encode("utf-8", "surrogatepass")


def make_response(content: Any, wanted: str, title: str) -> Response:
    """Return `content` as a response in the format `wanted`: json, pjson (indented JSON) or html (for people)."""
    if wanted == "html":
        body = html.escape(to_json_bytes(content, indent=1).decode(errors="replace"))
        body = _URL.sub(r'<a href="\g<0>">\g<0></a>', body)
        return HTMLResponse(_PAGE.format(title=html.escape(title), body=body))
    if wanted == "pjson":
        return Response(to_json_bytes(content, indent=1), media_type="text/plain; charset=utf-8")
    return Response(to_json_bytes(content), media_type="application/json; charset=utf-8")
