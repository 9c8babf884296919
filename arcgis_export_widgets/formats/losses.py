"""What a format will lose of a layer, told before the export in sentences for people.

The facts stand in the format table (`FormatFacts`); what `load` puts back from the layer's definition is said with
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from arcgis_export_widgets.formats.registry import ExportFormat, FormatFacts
from arcgis_export_widgets.language import listed, say, say_count
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType
from arcgis_export_widgets.model.spatial_reference import SpatialReference, SpatialReferenceLike

_WGS84 = SpatialReference(wkid=4326)
_MAY_BE_EMPTY = {FieldType.STRING, FieldType.XML}  # an empty GUID, date or time can only be a missing one


@dataclass(frozen=True)
class Loss:
    """One thing that the exported file will not hold as the layer does."""

    fields: tuple[str, ...]
    """Names of the fields it concerns, in the layer's order; empty when it concerns geometry or the whole layer."""
    text: str
    """The sentence for people, without a full stop."""
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
) -> tuple[Loss, ...]:
    """Tell what a format loses on a layer, the gravest first.

    Parameters
    ----------
    export_format
        The format, or its name in any casing.
    definition
        The layer or table.
    include_geometry
        Whether geometry is exported at all; if not, nothing is said of it.
    target_sr
        Coordinate system asked for; None for the layer's own.

    Returns
    -------
    tuple of Loss
        Empty if nothing is lost.

    Raises
    ------
    RequestError
        If there is no such format, or `target_sr` is no spatial reference.
    """
    facts = ExportFormat.of(export_format).facts
    if not facts.loadable:
        text = say("{format} is for display: load() makes no frames of it", format=facts.label)
        return (Loss((), text, say("everything but its look")),)
    wanted = definition.spatial_reference if target_sr is None else SpatialReference.of(target_sr)
    geometry = _geometry_losses(facts, definition, wanted) if include_geometry and not definition.is_table else ()
    by_field = (loss for tell in _BY_FIELD for loss in tell(facts, definition.fields))
    return (*geometry, *by_field, *_attachment_losses(facts, definition))


def _geometry_losses(
    facts: FormatFacts, definition: LayerDefinition, wanted: SpatialReference | None
) -> Iterator[Loss]:
    kind = definition.geometry_type
    if kind is not None and kind not in facts.geometry_types:
        text = say(
            "{format} has no place for {geometries}: rows arrive without coordinates",
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
            "{format} is always in EPSG:4326, not in {wanted} (to_crs() moves the loaded frame)",
            format=facts.label,
            wanted=wanted.label,
        )
        yield Loss((), text, say("own coordinates"))


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
        text = say("{sentence}; names that are then the same get a number", sentence=text)
    yield Loss(tuple(long), text, say("long names"))


def _text_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    limit = facts.max_text_bytes
    long = tuple(f.name for f in fields if limit and f.type is FieldType.STRING and (f.length or 0) > limit)
    if long:
        text = say(
            "Texts longer than {limit} bytes, if there are any, are cut in {fields}", limit=limit, fields=listed(long)
        )
        yield Loss(long, text, say("long texts"))


def _time_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    # times without a day and timestamps with an offset become texts where there is no type for them
    timed = tuple(field.name for field in fields if field.type is FieldType.DATE)
    if timed and not facts.keeps_time_of_day:
        yield Loss(timed, say("The time of day is lost in {fields}", fields=listed(timed)), say("time of day"))
    elif timed and not facts.keeps_milliseconds:
        text = say("Times are kept to the second only in {fields}", fields=listed(timed))
        yield Loss(timed, text, say("fractions of seconds"))


def _null_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    nullable = [field for field in fields if field.nullable and field.type is not FieldType.OID]
    # plain text tells numbers from nothing; a table of numbers has 0 in place of nothing
    nullable = [
        field for field in nullable if field.type in _MAY_BE_EMPTY or (facts.keeps_types and field.type.is_number)
    ]
    if nullable and not facts.keeps_null:
        names = tuple(field.name for field in nullable)
        if all(field.type.is_text for field in nullable):
            text = say("Missing values cannot be told from an empty text in {fields}", fields=listed(names))
        else:
            text = say("Missing values cannot be told from 0 or an empty text in {fields}", fields=listed(names))
        yield Loss(names, text, say("missing values"))


def _integer_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    big = tuple(field.name for field in fields if field.type is FieldType.BIG_INTEGER)
    if big and not facts.keeps_big_integers:
        text = say("Whole numbers beyond {limit:,} are rounded in {fields}", limit=2**53, fields=listed(big))
        yield Loss(big, text, say("very large numbers"))


def _fraction_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    real = tuple(field.name for field in fields if field.type in {FieldType.SINGLE, FieldType.DOUBLE})
    if real and not facts.keeps_fractions:
        text = say("Very small numbers lose digits in {fields}", fields=listed(real))
        yield Loss(real, text, say("last digits"))


def _blank_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    blank = tuple(field.name for field in fields if field.type in _MAY_BE_EMPTY)
    if blank and not facts.keeps_blanks:
        text = say("Blanks before and after texts, if there are any, are cut in {fields}", fields=listed(blank))
        yield Loss(blank, text, say("blanks"))


def _domain_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    coded = tuple(field.name for field in fields if isinstance(field.domain, CodedValues))
    if coded and not facts.keeps_domains:
        text = say("Codes arrive without what they mean in {fields}", fields=listed(coded))
        yield Loss(coded, text, say("labels of codes"))


def _type_losses(facts: FormatFacts, fields: tuple[Field, ...]) -> Iterator[Loss]:
    typed = tuple(field.name for field in fields if field.type is not FieldType.STRING)
    if typed and not facts.keeps_types:
        text = say(
            "{format} does not say which fields are numbers or dates (load() restores the types)", format=facts.label
        )
        yield Loss(typed, text, say("field types"))


_BY_FIELD: tuple[Callable[[FormatFacts, tuple[Field, ...]], Iterator[Loss]], ...] = (
    _name_losses,
    _text_losses,
    _time_losses,
    _null_losses,
    _integer_losses,
    _fraction_losses,
    _blank_losses,
    _domain_losses,
    _type_losses,
)


def _attachment_losses(facts: FormatFacts, definition: LayerDefinition) -> Iterator[Loss]:
    if definition.has_attachments and not facts.keeps_attachments:
        carrier = ExportFormat.FILE_GEODATABASE.value
        text = say("Attachments are left out; only {format} carries them", format=carrier)
        yield Loss((), text, say("attachments"))
