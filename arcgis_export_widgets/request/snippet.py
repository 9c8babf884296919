"""The Python that does the same as a request, ready to paste into a cell; it never holds a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from arcgis_export_widgets.request.request import ExportLayer, ExportRequest

_WIDTH = 88
_ARCGIS_ONLINE = "https://www.arcgis.com"
_SAMPLE = ("import arcgis_export_widgets as aew", "", "portal = aew.sample_portal()")


@dataclass(frozen=True)
class _Call:
    """A call or a list, whose parts stand on lines of their own when one line is too short."""

    opening: str
    parts: Sequence[_Expression]
    closing: str
    name: str = ""
    """Keyword it is given under, if any."""

    def on_one_line(self) -> str:
        return f"{self.name}{self.opening}{', '.join(_on_one_line(part) for part in self.parts)}{self.closing}"

    def lines(self, indent: str, before: str, after: str) -> list[str]:
        whole = f"{indent}{before}{self.on_one_line()}{after}"
        if len(whole) <= _WIDTH or not self.parts:
            return [whole]
        inner = [line for part in self.parts for line in _lines(part, indent + "    ")]
        return [f"{indent}{before}{self.name}{self.opening}", *inner, f"{indent}{self.closing}{after}"]


_Expression = _Call | str


def python_snippet(
    request: ExportRequest,
    *,
    portal_url: str | None,
    is_sample: bool,
    delete_after: bool = True,
    route: str = "export",
) -> str:
    """Write the Python that runs a request with this package.

    Parameters
    ----------
    request
        What to export; only what differs from the defaults is written.
    portal_url
        Address of the portal; None for ArcGIS Online. User names, passwords and tokens in it are left out.
    is_sample
        Whether the portal is the local sample portal, which signs in by itself.
    delete_after
        Whether the exported item is deleted once its file has been loaded.
    route
        ``export``, or another by which the features come.

    Returns
    -------
    str
        Lines of Python, with a line break at the end.
    """
    opening = _SAMPLE if is_sample else _sign_in(portal_url or _ARCGIS_ONLINE)
    lines = [*opening, "", *_request_call(request).lines("", "request = ", ""), ""]
    is_export = route == "export"
    start = "portal.export(request)" if is_export else f'portal.plan(request, "{route}").start()'
    lines += [f"job = {start}", "result = job.wait()", 'frames = result.load(folder="data")']
    if delete_after and is_export:
        lines += ["result.delete()  # the item in the portal; the downloaded file stays"]
    return "\n".join([*lines, "frames.receipt", ""])


def request_expression(request: ExportRequest) -> str:
    """The expression that makes an equal request, without the rest of the snippet."""
    return "\n".join(_request_call(request).lines("", "", ""))


def _sign_in(url: str) -> list[str]:
    return [
        "from getpass import getpass",
        "",
        "import arcgis_export_widgets as aew",
        "",
        "# put your own user name; you are asked for the password, so that it is not stored here",
        f'portal = aew.Portal({_string(without_secrets(url))}, username="...", password=getpass())',
    ]


def without_secrets(url: str) -> str:
    """An address without user name, password and whatever stands behind its path."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _request_call(request: ExportRequest) -> _Call:
    parts: list[_Expression] = [_string(request.item_id), _string(request.export_format.value)]
    if request.layers:
        parts.append(_layers(request.layers))
    if request.target_sr is not None:
        parts.append(f"target_sr={_spatial_reference(request.target_sr.to_json())}")
    texts = {"title": request.title, "snippet": request.snippet}
    parts += [f"{name}={_string(text)}" for name, text in texts.items() if text is not None]
    if request.tags:
        parts.append(_Call("[", [_string(tag) for tag in request.tags], "]", name="tags="))
    if request.enforce_field_visibility is not None:
        parts.append(f"enforce_field_visibility={request.enforce_field_visibility}")
    return _Call("aew.ExportRequest(", parts, ")")


def _layers(layers: Sequence[ExportLayer]) -> _Call:
    if all(layer == ExportLayer(layer.id) for layer in layers):
        return _Call("[", [str(layer.id) for layer in layers], "]", name="layers=")
    return _Call("[", [_layer(layer) for layer in layers], "]", name="layers=")


def _layer(layer: ExportLayer) -> _Call:
    parts: list[_Expression] = [str(layer.id)]
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
    """A literal in double quotes, as formatters write it, unless the text holds such quotes itself."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in text else literal


def _on_one_line(part: _Expression) -> str:
    return part if isinstance(part, str) else part.on_one_line()


def _lines(part: _Expression, indent: str) -> list[str]:
    return [f"{indent}{part},"] if isinstance(part, str) else part.lines(indent, "", ",")
