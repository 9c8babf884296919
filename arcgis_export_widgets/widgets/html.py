"""Makes HTML from text that comes from portals and users; the text is always escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.fields import CodedValues, Field
from arcgis_export_widgets.where.checks import WhereProblem

_SHORT = 4
_SHORT_CHARACTERS = 500
_TYPES = {
    "esriFieldTypeString": mark("text"),
    "esriFieldTypeOID": mark("object id"),
    "esriFieldTypeGlobalID": mark("global id"),
    "esriFieldTypeGUID": mark("id"),
    "esriFieldTypeDate": mark("date"),
    "esriFieldTypeDateOnly": mark("day"),
    "esriFieldTypeTimeOnly": mark("time"),
    "esriFieldTypeTimestampOffset": mark("date with time zone"),
}


def error(text: str) -> str:
    """HTML of an error message; an empty string if `text` is empty."""
    return f'<div class="aew-error" role="alert">{escape(text)}</div>' if text else ""


def problem(clause: str, found: WhereProblem) -> str:
    """HTML that shows a where clause with the wrong part marked, and says what is wrong."""
    kind = "aew-error" if found.is_error else "aew-warning"
    marked = ""
    if found.position is not None:
        end = found.position + (found.length or 1)
        before, meant, after = clause[: found.position], clause[found.position : end] or "\u2423", clause[end:]
        marked = f'<code class="aew-clause">{escape(before)}<mark>{escape(meant)}</mark>{escape(after)}</code>'
    return f'<div class="{kind}" role="alert">{marked}<span>{escape(str(found))}</span></div>'


def fields(known: Sequence[Field]) -> str:
    """A table of fields that opens when its heading is clicked."""
    listed = "".join(
        f"<tr><td><code>{escape(field.name)}</code></td><td>{_type(field)}</td><td>{_about(field)}</td></tr>"
        for field in known
    )
    names = ", ".join(field.name for field in known[:4]) + (", ..." if len(known) > 4 else "")  # noqa: PLR2004
    columns = (say("Field"), say("Type"), say("Meaning"))
    head = "".join(f"<th scope='col'>{escape(column)}</th>" for column in columns)
    count = say_count("{count} field:", "{count} fields:", len(known))
    return (
        f'<details class="aew-fields"><summary>{escape(count)} <span>{escape(names)}</span></summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{listed}</tbody></table></details>"
    )


def table(caption: str, columns: Sequence[str], values: Iterable[Sequence[str]]) -> str:
    """A table with a caption and column headings."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(value)}</td>" for value in row) + "</tr>" for row in values)
    return (
        f'<table class="aew-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def rows(layer: str, shown: int, count: int) -> str:
    """Text that says how many of a layer's rows are shown in a table."""
    return say_count(
        "{layer}: {shown:,} of {count:,} row", "{layer}: {shown:,} of {count:,} rows", count, layer=layer, shown=shown
    )


def scrolling(table: str) -> str:
    """A table in a box that scrolls, also by keyboard, if the table is larger than the box."""
    return f'<div class="aew-frame" tabindex="0" role="region" aria-label="{escape(say("Table"))}">{table}</div>'


def pairs(heading: str, found: Iterable[tuple[str, str]]) -> str:
    """A list of names with their values, under a heading."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in found)
    return f'<div class="aew-pairs"><h4>{escape(heading)}</h4><dl>{items}</dl></div>'


def folded(heading: str, texts: Sequence[str]) -> str:
    """A list that opens when its heading is clicked; a short list starts open. Without `texts`, an empty string."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    is_open = " open" if len(texts) <= _SHORT and sum(map(len, texts)) <= _SHORT_CHARACTERS else ""
    return (
        f'<details class="aew-note"{is_open}><summary>{escape(heading)}</summary><ul>{items}</ul></details>'
        if items
        else ""
    )


def warnings(texts: Iterable[str]) -> str:
    """Warnings, one per line."""
    return "".join(f'<div class="aew-warning">{escape(text)}.</div>' for text in texts)


def step(number: int, title: str) -> str:
    """Heading of a numbered step of the form."""
    return f'<h3 class="aew-step"><span aria-hidden="true">{number}</span>{escape(title)}</h3>'


def _type(field: Field) -> str:
    if field.type.value in _TYPES:
        return escape(say(_TYPES[field.type.value]))
    if not field.type.is_number:
        return escape(field.type.value)
    return escape(say("whole number") if field.type.is_integer else say("number"))


def _about(field: Field) -> str:
    alias = field.alias if field.alias != field.name else ""
    codes = ""
    if isinstance(field.domain, CodedValues):
        shown = [f"{code} = {label}" for code, label in list(field.domain.labels.items())[:8]]
        codes = ", ".join(shown) + (", ..." if len(field.domain.labels) > len(shown) else "")
    return escape(": ".join(part for part in (alias, codes) if part))
