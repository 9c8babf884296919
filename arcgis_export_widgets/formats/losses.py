"""Describes what an export to a format loses, in sentences shown before the export.

The sentences are made from the format's `FormatFacts`. If `load` restores something from the layer's definition, the
sentence says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from arcgis_export_widgets.formats.facts import FormatFacts
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import listed, mark, say, say_count
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType
from arcgis_export_widgets.model.spatial_reference import SpatialReference, SpatialReferenceLike

_WGS84 = SpatialReference(wkid=4326)
_MAY_BE_EMPTY = {FieldType.STRING, FieldType.XML}  # an empty GUID, date or time is always a missing value
_FRACTIONS = {FieldType.SINGLE, FieldType.DOUBLE}
_XY_COLUMNS = 2
_GB = 1024**3
_TOO_MANY_ROWS = mark("{format} holds at most {limit:,} rows: {left:,} of the {count:,} rows do not fit")
_TOO_MANY_FIELDS = mark("{format} holds at most {limit:,} fields: {left:,} of the {count:,} fields do not fit")


@dataclass(frozen=True)
class Loss:
    """Something in the layer that the exported file will not contain, such as the labels of codes."""

    fields: tuple[str, ...]
    """Names of the affected fields, in the layer's order; empty if the geometry or the complete layer is affected."""
    text: str
    """Sentence that describes the loss, without a full stop."""
    topic: str
    """What is lost, in two or three words, such as ``time of day``."""

    def __str__(self) -> str:
        return self.text


def losses(
    export_format: ExportFormat | str,
    definition: LayerDefinition,
    *,
    include_geometry: bool = True,
    target_sr: SpatialReferenceLike | None = None,
    count: int | None = None,
) -> tuple[Loss, ...]:
    """List what an export of a layer to a format loses, the worst first.

    Parameters
    ----------
    export_format
        The format, or its name in any casing.
    definition
        The layer or table.
    include_geometry
        Whether geometry is exported; if not, losses of geometry are left out.
    target_sr
        Coordinate system of the export; None for the layer's own.
    count
        Number of rows to export, after filtering; if None, limits on rows and file sizes are not checked.

    Returns
    -------
    tuple of Loss
        Empty if nothing is lost.

    Raises
    ------
    RequestError
        If the format does not exist, or `target_sr` is not a spatial reference.
    """
    facts = ExportFormat.of(export_format).facts
    if not facts.loadable:
        text = say("{format} is for display only; load() cannot read it", format=facts.label)
        return (Loss((), text, say("everything but its appearance")),)
    wanted = definition.spatial_reference if target_sr is None else SpatialReference.of(target_sr)
    has_geometry = include_geometry and not definition.is_table
    return (
        *_too_much(facts, definition, count, has_geometry=has_geometry),
        *(_geometry_losses(facts, definition, wanted) if has_geometry else ()),
        *_name_losses(facts, definition.fields),
        *_field_losses(facts, definition.fields),
        *_attachment_losses(facts, definition),
    )


def _too_much(
    facts: FormatFacts, definition: LayerDefinition, count: int | None, *, has_geometry: bool
) -> Iterator[Loss]:
    """Losses because of the format's limits on rows, fields and file sizes."""
    is_point = definition.geometry_type is GeometryType.POINT
    fields = len(definition.fields) + (_XY_COLUMNS if facts.has_xy_columns and has_geometry and is_point else 0)
    for text, topic, limit, found in (
        (_TOO_MANY_ROWS, mark("rows beyond {limit:,}"), facts.max_rows, count),
        (_TOO_MANY_FIELDS, mark("fields beyond {limit:,}"), facts.max_fields, fields),
    ):
        if limit is not None and found is not None and found > limit:
            sentence = say(text, format=facts.label, limit=limit, count=found, left=found - limit)
            yield Loss((), sentence, say(topic, limit=limit))
    if count is None or facts.row_bytes is None or facts.max_file_bytes is None:
        return
    for suffix, row_bytes in facts.row_bytes(definition, has_geometry).items():
        if count * row_bytes > facts.max_file_bytes:
            text = say(
                "{format}: the {suffix} file holds at most {limit:,.0f} GB, but {count:,} rows take about {size:,.1f} "
                "GB (estimated from the layer's fields)",
                format=facts.label,
                suffix=suffix,
                limit=facts.max_file_bytes / _GB,
                count=count,
                size=count * row_bytes / _GB,
            )
            yield Loss((), text, say("rows beyond {limit:,.0f} GB", limit=facts.max_file_bytes / _GB))


def _geometry_losses(
    facts: FormatFacts, definition: LayerDefinition, wanted: SpatialReference | None
) -> Iterator[Loss]:
    kind = definition.geometry_type
    if kind is not None and kind not in facts.geometry_types:
        text = say(
            "{format} cannot hold {geometries}: rows arrive without coordinates",
            format=facts.label,
            geometries=kind.plural,
        )
        yield Loss((), text, say("geometry"))
        return
    if definition.has_z and not facts.keeps_z:
        yield Loss((), say("{format} drops heights (z)", format=facts.label), say("heights"))
    if definition.has_m and not facts.keeps_m:
        yield Loss((), say("{format} drops measures (m)", format=facts.label), say("measures"))
    if not facts.honours_target_sr and wanted is not None and not wanted.same_as(_WGS84):
        text = say(
            "{format} is always in EPSG:4326, not in {wanted} (to_crs() converts the loaded frame)",
            format=facts.label,
            wanted=wanted.label,
        )
        yield Loss((), text, say("the layer's own coordinate system"))


def _name_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    limit = facts.max_name_characters
    long = [field.name for field in fields if limit is not None and len(field.name) > limit]
    if not long:
        return
    uses = Counter(field.name[:limit].lower() for field in fields)
    text = say_count(
        "{count} name becomes {limit} characters (load() restores them): {names}",
        "{count} names become {limit} characters (load() restores them): {names}",
        len(long),
        limit=limit,
        names=listed([say("{name} as {short}", name=name, short=name[:limit]) for name in long]),
    )
    if any(uses[name[:limit].lower()] > 1 for name in long):
        text = say("{sentence}; names that become the same get a number", sentence=text)
    yield Loss(tuple(long), text, say("long names"))


@dataclass(frozen=True)
class _FieldRule:
    """A kind of loss that affects fields: a test for each field, and the texts that describe the loss."""

    is_lost: Callable[[FormatFacts, Field], bool]
    topic: str
    text: str
    text_if_numbers: str = ""
    """Replaces `text` if some of the affected fields are not text fields; empty if `text` is always used."""


def _is_text_over(limit: int | None, field: Field) -> bool:
    return limit is not None and field.type is FieldType.STRING and (field.length or 0) > limit


def _loses_milliseconds(facts: FormatFacts, field: Field) -> bool:
    return field.type is FieldType.DATE and facts.keeps_time_of_day and not facts.keeps_milliseconds


def _loses_null(facts: FormatFacts, field: Field) -> bool:
    if facts.keeps_null or not field.nullable or field.type is FieldType.OID:
        return False
    # a file with types has 0 for a missing number; a text file has "", which cannot be a number
    return field.type in _MAY_BE_EMPTY or (facts.keeps_types and field.type.is_number)


# a format without a type for time-only and timestamp-offset fields stores them as text; this is not a loss
_FIELD_RULES = (
    _FieldRule(lambda facts, field: _is_text_over(facts.max_text_bytes, field), mark("long text"),
               mark("Any text longer than {bytes} bytes is cut in {fields}")),
    _FieldRule(lambda facts, field: _is_text_over(facts.max_text_characters, field), mark("long text"),
               mark("Any text longer than {characters:,} characters does not fit in {fields}")),
    _FieldRule(lambda facts, field: field.type is FieldType.DATE and not facts.keeps_time_of_day, mark("time of day"),
               mark("The time of day is lost in {fields}")),
    _FieldRule(_loses_milliseconds, mark("fractions of seconds"),
               mark("Times lose their fractions of a second in {fields}")),
    _FieldRule(_loses_null, mark("missing values"),
               mark("Missing values look like empty text in {fields}"),
               mark("Missing values look like 0 or empty text in {fields}")),
    _FieldRule(lambda facts, field: field.type is FieldType.BIG_INTEGER and not facts.keeps_big_integers,
               mark("very large numbers"), mark("Whole numbers beyond {exact:,} are rounded in {fields}")),
    _FieldRule(lambda facts, field: field.type in _FRACTIONS and not facts.keeps_fractions,
               mark("last digits"), mark("Very small numbers lose digits in {fields}")),
    _FieldRule(lambda facts, field: field.type in _MAY_BE_EMPTY and not facts.keeps_blanks, mark("spaces around text"),
               mark("Any spaces before and after text are removed in {fields}")),
    _FieldRule(lambda facts, field: isinstance(field.domain, CodedValues) and not facts.keeps_domains,
               mark("labels of codes"), mark("Codes arrive without their labels in {fields}")),
    _FieldRule(lambda facts, field: field.type is not FieldType.STRING and not facts.keeps_types, mark("field types"),
               mark("{format} does not say which fields are numbers or dates (load() restores the types)")),
)  # fmt: skip


def _field_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    values = {"format": facts.label, "exact": 2**53}
    values |= {"bytes": facts.max_text_bytes, "characters": facts.max_text_characters}
    for rule in _FIELD_RULES:
        lost = [field for field in fields if rule.is_lost(facts, field)]
        if lost:
            is_text = not rule.text_if_numbers or all(field.type.is_text for field in lost)
            names = tuple(field.name for field in lost)
            text = say(rule.text if is_text else rule.text_if_numbers, fields=listed(names), **values)
            yield Loss(names, text, say(rule.topic))


def _attachment_losses(facts: FormatFacts, definition: LayerDefinition) -> Iterator[Loss]:
    if definition.has_attachments and not facts.keeps_attachments:
        carriers = listed([known.value for known in ExportFormat if known.facts.keeps_attachments])
        text = say("Attachments are left out; only {format} includes them", format=carriers)
        yield Loss((), text, say("attachments"))
