"""Edits one condition of a filter, which may be unfinished."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum

from traitlets import Bool, HasTraits, Int, Tuple, Unicode, UseEnum, observe

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType
from arcgis_export_widgets.where.conditions import UNITS, Condition, Operator, operators_for
from arcgis_export_widgets.where.typed_values import doubt, read_condition

_DATES = {FieldType.DATE, FieldType.TIMESTAMP_OFFSET}
_CHOSEN = {Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN}
"""Operators whose values the user picks from the field's coded domain instead of typing them."""


class Input(Enum):
    """The kind of input that a condition's values need."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    TIME = "time"
    PERIOD = "period"
    ONE_CODE = "one code"
    LIST = "list"


class FilterCondition(HasTraits):
    """Field, operator and values of a condition being edited; finished once they make a valid `Condition`.

    Starts as the given `condition`, or with a likely field and operator.
    """

    field = Unicode()
    """Name of the field."""
    operator = UseEnum(Operator, default_value=Operator.EQUALS)
    inputs = Tuple()
    """The condition's values: typed text, picked dates and times, or chosen codes; None for a value not given yet."""
    matched = Int(None, allow_none=True)
    """Number of rows that match this condition on its own; None while unknown."""
    counting = Bool(False)

    def __init__(self, definition: LayerDefinition, condition: Condition | None = None) -> None:
        super().__init__()
        self.definition = definition
        first = _first_field(definition) if condition is None else definition.field(condition.field)
        if first is None:
            raise RequestError(say("{layer} has no fields, so there is nothing to filter by.", layer=definition.name))
        self.field = first.name
        if condition is None:
            self.operator = usual_operator(first)
            self.inputs = _blank(self.operator)
        else:
            self.operator = condition.operator
            self.inputs = tuple(_shown(value, first, condition.operator) for value in condition.values)

    @property
    def about(self) -> Field:
        """Definition of the chosen field."""
        found = self.definition.field(self.field)
        assert found is not None  # noqa: S101  only the layer's own fields are assigned
        return found

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators offered for the chosen field."""
        offered = operators_for(self.about.type)
        if not isinstance(self.about.domain, CodedValues):
            return offered
        plain = (Operator.IN, Operator.NOT_IN, Operator.EQUALS, Operator.NOT_EQUALS)
        usual = (one for one in (*plain, Operator.IS_NULL, Operator.IS_NOT_NULL) if one in offered)
        return tuple(dict.fromkeys((*usual, self.operator)))

    @property
    def input(self) -> Input:
        """The kind of input that the values need."""
        kind = self.about.type
        if self.operator.value_count == 0:
            return Input.NOTHING
        if self.operator is Operator.IN_LAST:
            return Input.PERIOD
        if self.operator.value_count is None:
            return Input.LIST
        if isinstance(self.about.domain, CodedValues) and self.operator in {Operator.EQUALS, Operator.NOT_EQUALS}:
            return Input.ONE_CODE
        if kind in _DATES:
            return Input.DAY if self.operator is Operator.ON_DAY else Input.MOMENT
        by_type = {FieldType.DATE_ONLY: Input.DAY, FieldType.TIME_ONLY: Input.TIME}
        return by_type.get(kind, Input.NUMBER if kind.is_number else Input.TEXT)

    @property
    def condition(self) -> Condition | None:
        """The finished `Condition`; None while values are missing or wrong."""
        return self._read()[0]

    @property
    def problem(self) -> str:
        """What is still missing or wrong, in words; empty if the condition is finished."""
        return self._read()[1]

    @property
    def is_blank(self) -> bool:
        """Whether no value was entered yet; a blank condition is not reported as wrong."""
        if self.operator is Operator.IN_LAST:
            return not self.inputs[0]
        return self.operator.value_count != 0 and not any(map(_is_given, self.inputs))

    @property
    def doubt(self) -> str:
        """Why the condition probably matches no rows; empty if there is no reason to think so."""
        found = self.condition
        if found is None or self.operator is Operator.IN_LAST or self.operator.looks_in_text:
            return ""
        return next(filter(None, (doubt(value, self.about) for value in found.values)), "")

    @property
    def sql(self) -> str:
        """The condition as SQL; empty while it is not finished."""
        found = self.condition
        return "" if found is None else found.to_sql(self.definition)

    def _read(self) -> tuple[Condition | None, str]:
        try:
            found = read_condition(self.about, self.operator, self.inputs)
            found.to_sql(self.definition)
        except RequestError as error:
            return None, str(error)
        return found, ""

    @observe("field")
    def _field_changed(self, change: dict[str, object]) -> None:
        """Keep the operator if the new field has the same type; else choose the usual operator, without values."""
        before = self.definition.field(str(change["old"]))
        if before is None:
            return
        same_kind = before.type is self.about.type and before.domain is None and self.about.domain is None
        with self.hold_trait_notifications():
            if not same_kind:
                self.operator = usual_operator(self.about)
                self.inputs = _blank(self.operator)
            elif self.operator.value_count is None:
                self.inputs = ()  # the values in the list were chosen from the old field

    @observe("operator")
    def _operator_changed(self, change: dict[str, object]) -> None:
        """Keep the values if they suit the new operator, but no more than it takes."""
        before, count = change["old"], self.operator.value_count
        if before is self.operator:
            return
        if Operator.IN_LAST in {before, self.operator} or Operator.ON_DAY in {before, self.operator}:
            self.inputs = _blank(self.operator)
        elif count is None:
            self.inputs = tuple(filter(_is_given, self.inputs))
        else:
            self.inputs = (*self.inputs, None, None)[:count]


def usual_operator(field: Field) -> Operator:
    """The operator that users most often want for this kind of field."""
    offered = operators_for(field.type)
    if field.type.is_number and field.domain is None and field.type is not FieldType.OID:
        return Operator.AT_LEAST
    if field.type is FieldType.STRING or isinstance(field.domain, CodedValues):
        return Operator.IN
    return Operator.AT_LEAST if field.type in _DATES else offered[0]


def _first_field(definition: LayerDefinition) -> Field | None:
    """A useful first field: neither the object id nor the display name, and a number if there is one."""
    known = [field for field in definition.fields if len(operators_for(field.type)) > 2]  # noqa: PLR2004  NULL only
    shown = [field for field in known if field.name not in {definition.object_id_field, definition.display_field}]
    number = (field for field in shown if field.type.is_number)
    return next(number, None) or next(iter([*shown, *known, *definition.fields]), None)


def _blank(operator: Operator) -> tuple[str | None, ...]:
    return (None, UNITS[0]) if operator is Operator.IN_LAST else (None,) * (operator.value_count or 0)


def _is_given(value: object) -> bool:
    return value is not None and value != ""


def _shown(value: object, field: Field, operator: Operator) -> object:
    """Convert a condition's value to what its input shows: text for a number, UTC for a time, a code unchanged."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(timezone.utc)
    is_code = isinstance(field.domain, CodedValues) and operator in _CHOSEN
    return str(value) if isinstance(value, int | float) and not is_code else value
