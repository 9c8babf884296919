"""Search for items, groups and members with ArcGIS's query syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from arcgis_export_widgets.localportal.content.item import Item, may_read
from arcgis_export_widgets.localportal.http.request import ArcGISError, Parameters
from arcgis_export_widgets.localportal.http.time_limit import time_limit
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.wildcards import has_words

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<operator>AND|OR|NOT)(?=[\s(]|$)|(?P<sign>[-+])(?=\S)
        |(?:(?P<field>[A-Za-z]+):\s*)?(?:(?P<group>\()|"(?P<phrase>[^"]*)"|\[(?P<range>[^\]]*)\]|(?P<word>[^\s()"]+)))""",
    re.VERBOSE,
)
# fields whose whole value must equal the text searched for; in other fields, some words are enough
_WHOLE = {"id", "owner", "access", "username", "role", "group"}
_OUR_ORGANISATION = {"orgid", "accountid"}
_MAX_DEPTH = 50
MOST_CHARACTERS = 10_000
MOST_SECONDS = 10.0
_PAGE, _LARGEST_PAGE = 10, 100


class Searchable(Protocol):
    """Something that can be searched for: an item, a group or a member."""

    def search_texts(self) -> Mapping[str, list[str]]:
        """Return the strings to search, by field; those under ``""`` are searched if the query names no field."""
        ...

    def sort_values(self) -> Mapping[str, Any]:
        """Return the value of each field to sort by; queries can also ask for a range of values that are integers."""
        ...


_Found = TypeVar("_Found", bound=Searchable)


@dataclass(frozen=True)
class _Token:
    kind: str
    field: str = ""
    text: str = ""


def _tokenize(query: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(query):
        kind, field = match.lastgroup or "", (match["field"] or "").lower()
        if kind in {"range", "phrase", "word"}:
            tokens.append(_Token(kind, field, match[kind]))
        else:
            tokens.append(_Token({"-": "NOT", "+": "AND"}.get(match[kind], match[kind]), field))
    return tokens


class _Parser:
    """Parse a query: terms combined with AND (which may be omitted), OR, NOT and parentheses."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def _next(self) -> _Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def parse(self, field: str = "", depth: int = 0) -> Callable[[Searchable], bool]:
        alternatives = [self._all(field, depth)]
        while (token := self._next()) is not None and token.kind == "OR":
            self._position += 1
            alternatives.append(self._all(field, depth))
        return lambda one: any(test(one) for test in alternatives)

    def _all(self, field: str, depth: int) -> Callable[[Searchable], bool]:
        tests: list[Callable[[Searchable], bool]] = []
        while (token := self._next()) is not None and token.kind not in {"OR", ")"}:
            self._position += 1
            if token.kind == "AND":
                continue
            tests.append(self._one(token, field, depth))
        return lambda one: all(test(one) for test in tests)

    def _one(self, token: _Token, field: str, depth: int) -> Callable[[Searchable], bool]:
        if token.kind == "NOT":
            is_denied = True
            while (following := self._next()) is not None and following.kind == "NOT":
                is_denied = not is_denied
                self._position += 1
            if following is None or following.kind in {")", "OR"}:
                return lambda _one: True
            self._position += 1
            test = self._one(following, field, depth)
            return lambda one: test(one) is not is_denied
        if token.kind == "(":
            inside = self.parse(token.field or field, depth + 1) if depth < _MAX_DEPTH else (lambda _one: True)
            closing = self._next()
            if closing is not None and closing.kind == ")":
                self._position += 1
            return inside
        name = token.field or field
        if token.kind == "range":
            return lambda one: _in_range(one, name, token.text)
        return lambda one: _matches(one, name, token.text.lower(), exact=token.kind == "phrase")


def _in_range(one: Searchable, field: str, text: str) -> bool:
    low, _, high = text.partition(" TO ")
    value = one.sort_values().get(field)
    bounds = [end.strip() for end in (low, high)]
    if not isinstance(value, int) or not all(re.fullmatch(r"\d+|\*", end) for end in bounds):
        return False
    floor = 0 if bounds[0] == "*" else int(bounds[0])
    ceiling = 2**63 if bounds[1] == "*" else int(bounds[1])
    return floor <= value <= ceiling


def _matches(one: Searchable, field: str, wanted: str, *, exact: bool) -> bool:
    if field in _OUR_ORGANISATION:
        return True
    if field == "isopendata":
        return wanted == "false"
    texts = [text.lower() for text in one.search_texts().get(field, [])]
    if not exact and wanted in {"*", ""}:
        return True
    if "*" not in wanted and (field in _WHOLE or (field in {"type", "typekeywords"} and exact)):
        return wanted in texts
    return any(has_words(wanted, text) for text in texts)


def find_page(
    candidates: Iterable[_Found], parameters: Parameters, query: str | None
) -> tuple[list[_Found], dict[str, int]]:
    """Return one page of matches, and ``total``, ``start`` (from 1), ``num`` and ``nextStart`` (-1 on the last page).

    Queries look like ``type:"Feature Service" owner:student title:"Cities"`` and can contain AND, OR, NOT, ``-``, ``*``
    and parentheses. The parameter ``filter`` is a query that must match as well; an unknown ``sortField`` is ignored.
    """
    words = " ".join(part for part in (query, parameters.text("filter")) if part)
    if len(words) > MOST_CHARACTERS:
        raise ArcGISError(400, f"The query is too long: at most {MOST_CHARACTERS:,} characters are allowed.")
    with time_limit("The search", MOST_SECONDS):
        test = _Parser(_tokenize(words)).parse()
        found = [one for one in candidates if test(one)]
    name = (parameters.text("sortField") or "").lower()
    if found and name in found[0].sort_values():
        is_descending = (parameters.text("sortOrder") or "asc").lower() == "desc"
        found = sorted(found, key=lambda one: one.sort_values()[name], reverse=is_descending)
    asked = parameters.integer("num")
    start, num = max(parameters.integer("start") or 1, 1), min(max(_PAGE if asked is None else asked, 0), _LARGEST_PAGE)
    shown = found[start - 1 : start - 1 + num]
    following = start + num if start - 1 + num < len(found) else -1
    # "num" is the number requested, not returned: Esri's Python API adds up "num" to know when to stop
    return shown, {"total": len(found), "start": start, "num": num, "nextStart": following}


def search(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``search``."""
    parameters = call.parameters
    query = parameters.text("q")
    if query is None and not any(name in parameters for name in ("bbox", "categories", "filter")):
        raise ArcGISError(400, "'q' parameter must be specified.", message_code="SB_0001")
    readable = [item for item in portal.catalog.all_items() if may_read(item, call.caller)]
    if "bbox" in parameters:
        readable = _in_box(readable, parameters)
    if "categories" in parameters:  # no item has a category
        readable = []
    found, numbers = find_page(readable, parameters, query)
    results = [item.to_json(call.base_url) for item in found]
    for result in results:
        del result["protected"]
    return {"query": query or "", **numbers, "results": results}


def _in_box(items: list[Item], parameters: Parameters) -> list[Item]:
    """Return the items whose extent intersects ``bbox=xmin,ymin,xmax,ymax`` in degrees."""
    with parameters.reading("bbox"):
        xmin, ymin, xmax, ymax = (float(part) for part in parameters.names("bbox"))
    found = []
    for item in items:
        extent = item.extent_degrees()
        if extent and extent[0][0] <= xmax and extent[1][0] >= xmin and extent[0][1] <= ymax and extent[1][1] >= ymin:
            found.append(item)
    return found
