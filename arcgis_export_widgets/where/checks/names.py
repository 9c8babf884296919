"""Rules about names: unknown fields, missing double quotes, and fields that are not compared with anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations

from sqlglot import exp

from arcgis_export_widgets.language import listed, mark
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.clause import Node, span
from arcgis_export_widgets.where.sql import name_sql, text_sql

_SHOWN = 6
"""Maximum number of names listed in a message."""
COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.In, exp.Between)
_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`"""


def field_names(definition: LayerDefinition) -> dict[str, str]:
    """Field names, by name and by alias, both in lower case; names take precedence over aliases of other fields."""
    by_alias = {field.alias.lower(): field.name for field in definition.fields if field.alias}
    return by_alias | {field.name.lower(): field.name for field in definition.fields}


@dataclass(frozen=True)
class UnknownField:
    """A name in the clause that is not a field of the layer."""

    column: Node
    name: str
    definition: LayerDefinition
    kind = "unknown"

    @property
    def near(self) -> str | None:
        """Name of the field with the most similar name or alias; None if none is similar."""
        names = field_names(self.definition)
        near = get_close_matches(self.name.lower(), list(names), n=1, cutoff=0.6)
        return names[near[0]] if near else None

    @property
    def is_text(self) -> bool:
        """Whether the name is compared with a text field, as CA in ``STATE = CA``."""
        node = self.column.parent
        if not isinstance(node, COMPARISONS):
            return False
        other = node.args.get("expression") if node.this is self.column else node.this
        field = self.definition.field(other.name) if isinstance(other, exp.Column) else None
        return field is not None and field.type.is_text

    def found(self, **words: object) -> Found:
        """A fault at the name."""
        return Found(span(self.column), {"layer": self.definition.name, "name": self.name, **words})


def unknown_fields(node: exp.Column, definition: LayerDefinition) -> Iterator[UnknownField]:
    """Yield the name in a column node if the layer has no such field; nothing if the layer's fields are not known."""
    name = ".".join(part.name for part in node.parts)
    is_name = isinstance(node.this, exp.Identifier) and not isinstance(node.parent, exp.Dot)
    is_known = definition.field(name) or definition.field(name.rpartition(".")[2])
    # queries may use Shape and its length and area, which the definition does not list as fields
    is_shape = not definition.is_table and name.lower().startswith("shape")
    if definition.fields and is_name and not is_known and not is_shape:
        yield UnknownField(node, name, definition)


def _alias(part: UnknownField) -> Found | None:
    real = field_names(part.definition).get(part.name.lower())
    return part.found(alias=part.name, name=real, sql=name_sql(real)) if real else None


def _text_in_double_quotes(part: UnknownField) -> Found | None:
    is_text = part.column.this.quoted and (part.is_text or not part.near)
    return part.found(sql=text_sql(part.name)) if is_text else None


def _misspelt(part: UnknownField) -> Found | None:
    return part.found(near=name_sql(part.near)) if part.near else None


def _unknown(part: UnknownField) -> Found:
    names = [field.name for field in part.definition.fields]
    return part.found(fields=lambda: listed(names, most=_SHOWN))


UNKNOWN_FIELDS = Table(
    Rule("an alias", (), _alias, mark("{alias} is the alias of the field {name}"), mark("write {sql}")),
    Rule("text in double quotes", (), _text_in_double_quotes,
         mark("Double quotes are for field names, and layer {layer} has no field {name}"),
         mark("write {sql} if it is text")),
    Rule("one word without quotes", (), lambda part: part.found() if part.is_text else None,
         mark("Layer {layer} has no field {name}"), mark("did you mean '{name}' in quotes?")),
    Rule("a misspelt field", (), _misspelt, mark("Layer {layer} has no field {name}"), mark("did you mean {near}?")),
    Rule("an unknown field", (), _unknown, mark("Layer {layer} has no field {name}"), mark("its fields are {fields}")),
)  # fmt: skip


@dataclass(frozen=True)
class Alone:
    """A part of the clause that is not a complete condition, in a place where one is expected."""

    node: Node

    @property
    def kind(self) -> str:
        """Class name of `node`."""
        return type(self.node).__name__

    def found(self) -> Found:
        """A fault at the part."""
        return Found(span(self.node), {"name": self.node.name})


def alone(node: Node, definition: LayerDefinition) -> Iterator[Alone]:
    """Yield the node if it is a field or text compared with nothing, IN without a list, or IS with a value."""
    parent = node.parent
    while isinstance(parent, (exp.And, exp.Or, exp.Not, exp.Paren)):
        parent = parent.parent
    if isinstance(node, exp.In):
        is_alone = not node.expressions
    elif isinstance(node, exp.Is):
        is_alone = isinstance(node.expression, exp.Literal)
    else:
        is_alone = parent is None and (node.is_string or definition.field(node.name) is not None)
    if is_alone:
        yield Alone(node)


ALONE = Table(
    Rule("a field alone", ("Column",), Alone.found,
         mark("{name} alone is not a condition"), mark("compare it, as in {name} = ...")),
    Rule("a text alone", ("Literal",), Alone.found,
         mark("'{name}' alone is not a condition"),
         mark("repeat the field's name, as in A = 'x' OR A = 'y', or use IN ('x', 'y')")),
    Rule("IN without a list", ("In",), Alone.found,
         mark("IN needs a list in parentheses"), mark("write it as in FIELD IN (1, 2)")),
    Rule("IS with a value", ("Is",), Alone.found, mark("IS is only for NULL"), mark("use = instead")),
)  # fmt: skip


@dataclass(frozen=True)
class BareName:
    """A field name that needs double quotes but has none: it is an SQL keyword, or has spaces or special characters."""

    name: str
    place: tuple[int, int]
    clause: str
    """The clause with double quotes added around this name, and perhaps around a second name."""
    kind = "bare"

    def found(self) -> Found:
        """A fault at the name."""
        return Found(self.place, {"name": self.name, "sql": name_sql(self.name)})


def bare_names(clause: str, definition: LayerDefinition) -> Iterator[BareName]:
    """Names that lack double quotes, with the corrected clause: first with one name in quotes, then with two names."""
    names = [field.name for field in definition.fields if name_sql(field.name) != field.name]
    bare = [name for name in names if _first(clause, [name])]
    for chosen in (*combinations(bare, 1), *combinations(bare, 2)):
        if found := _first(clause, chosen):
            real = {name.lower(): name for name in chosen}
            place = found.start(), len(found["name"])
            yield BareName(real[found["name"].lower()], place, _with_quotes(clause, real))


def _with_quotes(clause: str, real: dict[str, str]) -> str:
    def quote(match: re.Match[str]) -> str:
        return name_sql(real[match["name"].lower()]) if match["name"] else match[0]

    return _pattern(real).sub(quote, clause)


def _first(clause: str, names: Iterable[str]) -> re.Match[str] | None:
    return next((match for match in _pattern(names).finditer(clause) if match["name"]), None)


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"{_QUOTED}|(?<![\w.])(?P<name>{longest_first})(?!\w)", re.IGNORECASE)


BARE_NAMES = Table(
    Rule("a name without its double quotes", (), BareName.found,
         mark("{name} needs double quotes to be read as a field"), mark("write {sql}")),
)  # fmt: skip
