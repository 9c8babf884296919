"""Writes Python code for a notebook cell that runs a request with this package. The code never contains a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlsplit, urlunsplit

from arcgis_export_widgets.request.request import ExportLayer, ExportRequest

WIDTH = 88
"""Maximum line length of the code, as in common formatters."""
ARCGIS_ONLINE = "https://www.arcgis.com"
_SAMPLE = ("import arcgis_export_widgets as aew", "", "portal = aew.sample_portal()")


@dataclass(frozen=True)
class _Call:
    """A call or list, written on one line, or with one line per part if too long."""

    opening: str
    parts: Sequence[_Call | str]
    closing: str

    def __str__(self) -> str:
        return f"{self.opening}{', '.join(map(str, self.parts))}{self.closing}"

    def lines(self, indent: str = "", after: str = "") -> list[str]:
        line = f"{indent}{self}{after}"
        if len(line) <= WIDTH or not self.parts:
            return [line]
        within = f"{indent}    "
        parts = (part.lines(within, ",") if isinstance(part, _Call) else [f"{within}{part},"] for part in self.parts)
        return [f"{indent}{self.opening}", *chain.from_iterable(parts), f"{indent}{self.closing}{after}"]


def python_code(
    request: ExportRequest, *, portal_url: str | None, is_sample: bool, delete_after: bool = True, route: str = "export"
) -> str:
    """Write Python code that runs a request with this package. Arguments with default values are left out.

    The parameters are described in `RequestCode`.
    """
    opening = _SAMPLE if is_sample else _sign_in(portal_url or ARCGIS_ONLINE)
    lines = [*opening, "", *_request(request).lines(), ""]
    is_export = route == "export"
    start = "portal.export(request)" if is_export else f'portal.plan(request, "{route}").start()'
    lines += [f"job = {start}", "result = job.wait()", 'frames = result.load(folder="data")']
    if delete_after and is_export:
        lines += ["result.delete()  # the item in the portal; the downloaded file stays"]
    return "\n".join([*lines, "frames.receipt", ""])


def _sign_in(url: str) -> list[str]:
    return [
        "from getpass import getpass",
        "",
        "import arcgis_export_widgets as aew",
        "",
        "# replace with your user name; the code prompts for the password, so it is not stored here",
        f'portal = aew.Portal({_string(without_secrets(url))}, username="...", password=getpass())',
    ]


def without_secrets(url: str) -> str:
    """Remove user name, password, query and fragment from an address."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _request(request: ExportRequest) -> _Call:
    parts: list[_Call | str] = [_string(request.item_id), _string(request.export_format.value)]
    if request.layers:
        parts.append(_layers(request.layers))
    if request.target_sr is not None:
        parts.append(f"target_sr={_spatial_reference(request.target_sr.to_json())}")
    texts = {"title": request.title, "snippet": request.snippet}
    parts += [f"{name}={_string(text)}" for name, text in texts.items() if text is not None]
    if request.tags:
        parts.append(_Call("tags=[", [_string(tag) for tag in request.tags], "]"))
    if request.enforce_field_visibility is not None:
        parts.append(f"enforce_field_visibility={request.enforce_field_visibility}")
    return _Call("request = aew.ExportRequest(", parts, ")")


def _layers(layers: Sequence[ExportLayer]) -> _Call:
    is_plain = all(layer == ExportLayer(layer.id) for layer in layers)
    return _Call("layers=[", [str(layer.id) if is_plain else _layer(layer) for layer in layers], "]")


def _layer(layer: ExportLayer) -> _Call:
    parts = [str(layer.id)]
    if layer.where is not None:
        parts.append(f"where={_string(layer.where)}")
    if not layer.include_geometry:
        parts.append("include_geometry=False")
    names = {"x_column_name": layer.x_column_name, "y_column_name": layer.y_column_name}
    parts += [f"{name}={_string(text)}" for name, text in names.items() if text is not None]
    return _Call("aew.ExportLayer(", parts, ")")


def _spatial_reference(json: Mapping[str, int | str]) -> str:
    if set(json) == {"wkid"}:
        return str(json["wkid"])
    parts = (f"{_string(key)}: {_string(value) if isinstance(value, str) else value}" for key, value in json.items())
    return f"{{{', '.join(parts)}}}"


def _string(text: str) -> str:
    """A Python string literal, in double quotes unless the text contains double quotes."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in text else literal
