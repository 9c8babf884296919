"""Search of the portal's items with the query syntax people use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from arcgis_export_widgets.localportal.item import Item

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<operator>AND|OR|NOT)(?=[\s(]|$)|(?P<sign>[-+])(?=\S)
        |(?:(?P<field>[A-Za-z]+):\s*)?(?:(?P<group>\()|"(?P<phrase>[^"]*)"|\[(?P<range>[^\]]*)\]|(?P<word>[^\s()"]+)))""",
    re.VERBOSE,
)
Test = "Callable[[Item], bool]"


@dataclass(frozen=True)
class _Token:
    kind: str
    field: str = ""
    text: str = ""


def _tokenize(query: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(query) and query[position:].strip():
        match = _TOKEN.match(query, position)
        if match is None or match.end() == position:
            position += 1
            continue
        position = match.end()
        field = (match["field"] or "").lower()
        if match["open"]:
            tokens.append(_Token("("))
        elif match["close"]:
            tokens.append(_Token(")"))
        elif match["operator"]:
            tokens.append(_Token(match["operator"]))
        elif match["sign"]:
            tokens.append(_Token("NOT" if match["sign"] == "-" else "AND"))
        elif match["group"]:
            tokens.append(_Token("(", field))
        elif match["range"] is not None:
            tokens.append(_Token("range", field, match["range"]))
        elif match["phrase"] is not None:
            tokens.append(_Token("phrase", field, match["phrase"]))
        else:
            tokens.append(_Token("word", field, match["word"]))
    return tokens


class _Parser:
    """Terms joined by AND (also when nothing stands between them), OR, NOT and parentheses."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def _next(self) -> _Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def parse(self, field: str = "", depth: int = 0) -> Callable[[Item], bool]:
        alternatives = [self._all(field, depth)]
        while (token := self._next()) is not None and token.kind == "OR":
            self._position += 1
            alternatives.append(self._all(field, depth))
        return lambda item: any(test(item) for test in alternatives)

    def _all(self, field: str, depth: int) -> Callable[[Item], bool]:
        tests: list[Callable[[Item], bool]] = []
        while (token := self._next()) is not None and token.kind not in {"OR", ")"}:
            self._position += 1
            if token.kind == "AND":
                continue
            tests.append(self._one(token, field, depth))
        return lambda item: all(test(item) for test in tests)

    def _one(self, token: _Token, field: str, depth: int) -> Callable[[Item], bool]:
        if token.kind == "NOT":
            following = self._next()
            if following is None or following.kind in {")", "OR"}:
                return lambda _item: True
            self._position += 1
            denied = self._one(following, field, depth)
            return lambda item: not denied(item)
        if token.kind == "(":
            inside = self.parse(token.field or field, depth + 1) if depth < 50 else (lambda _item: True)  # noqa: PLR2004
            closing = self._next()
            if closing is not None and closing.kind == ")":
                self._position += 1
            return inside
        name = token.field or field
        if token.kind == "range":
            return lambda item: _in_range(item, name, token.text)
        return lambda item: _matches(item, name, token.text.lower(), exact=token.kind == "phrase")


def _in_range(item: Item, field: str, text: str) -> bool:
    low, _, high = text.partition(" TO ")
    values = {"created": item.created_ms, "uploaded": item.created_ms, "modified": item.modified_ms}
    bounds = [end.strip() for end in (low, high)]
    if field not in values or not all(re.fullmatch(r"\d+|\*", end) for end in bounds):
        return False
    floor = 0 if bounds[0] == "*" else int(bounds[0])
    ceiling = 2**63 if bounds[1] == "*" else int(bounds[1])
    return floor <= values[field] <= ceiling


def _texts(item: Item, field: str) -> list[str]:
    return {
        "title": [item.title],
        "name": [item.name or ""],
        "type": [item.item_type],
        "owner": [item.owner],
        "id": [item.item_id],
        "tags": item.tags,
        "typekeywords": item.type_keywords,
        "snippet": [item.snippet or ""],
        "description": [item.description or ""],
        "access": [item.access],
        "": [item.title, item.snippet or "", item.description or "", item.item_type, item.owner, item.item_id,
             *item.tags, *item.type_keywords],
    }.get(field, [])  # fmt: skip


def _matches(item: Item, field: str, wanted: str, *, exact: bool) -> bool:
    if field in {"orgid", "accountid"}:
        return True
    if field == "isopendata":
        return wanted == "false"
    texts = [text.lower() for text in _texts(item, field)]
    if field in {"id", "owner", "access"}:
        return wanted in texts
    if field in {"type", "typekeywords"} and exact:
        return wanted in texts
    if not exact and wanted in {"*", ""}:
        return True
    pattern = re.escape(wanted).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    # without quotes a word matches where it stands as a word, as a full-text index has it
    return any(re.search(rf"(?<!\w){pattern}(?!\w)", text) for text in texts)


def find_items(items: Iterable[Item], query: str) -> list[Item]:
    """Return the items that fit `query`.

    Parameters
    ----------
    query
        Such as ``type:"Feature Service" owner:student title:"Cities"``, with AND, OR, NOT, ``-``,
        parentheses and ``*``.
    """
    test = _Parser(_tokenize(query)).parse()
    return [item for item in items if test(item)]


_SORT_KEYS: dict[str, Callable[[Item], Any]] = {
    "title": lambda item: item.title.lower(),
    "created": lambda item: item.created_ms,
    "uploaded": lambda item: item.created_ms,
    "modified": lambda item: item.modified_ms,
    "type": lambda item: item.item_type.lower(),
    "owner": lambda item: item.owner.lower(),
    "numviews": lambda item: item.views,
    "size": lambda item: item.size_bytes,
}


def sort_items(items: list[Item], field: str, order: str) -> list[Item]:
    """Return items sorted by a field ArcGIS sorts by; by nothing for any other."""
    key = _SORT_KEYS.get(field.lower())
    return sorted(items, key=key, reverse=order.lower() == "desc") if key else items


def page(items: list[Item], start: int, num: int) -> tuple[list[Item], dict[str, int]]:
    """Return one page and its ``total``, ``start`` (from 1), ``num`` and ``nextStart`` (-1 on the last page)."""
    start, num = max(start, 1), min(max(num, 0), 100)
    shown = items[start - 1 : start - 1 + num]
    following = start + num if start - 1 + num < len(items) else -1
    # "num" is what was asked for, not what came: Esri's Python API adds it up to know when it has enough
    return shown, {"total": len(items), "start": start, "num": num, "nextStart": following}
