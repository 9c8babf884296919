"""Edits a group of filter conditions: adds, moves and removes conditions and subgroups."""

from __future__ import annotations

from collections.abc import Iterator

from traitlets import Bool, HasTraits, Int, Tuple, Unicode, observe

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.where.conditions import Condition, Group


class FilterGroup(HasTraits):
    """Conditions and subgroups joined by AND or OR, while being edited; starts as the given `group`, or empty."""

    match = Unicode("all")
    """``all`` to join the children by AND, ``any`` to join them by OR."""
    children = Tuple()
    """`FilterCondition` and `FilterGroup` objects, in the order shown."""
    version = Int()
    """A number that increases whenever anything in this group changes; observe it to follow all changes."""
    matched = Int(None, allow_none=True)
    """Number of rows that match this group on its own; None while unknown."""
    counting = Bool(False)

    def __init__(self, definition: LayerDefinition, group: Group | None = None) -> None:
        super().__init__()
        self.definition = definition
        if group is not None:
            self.load(group)

    def load(self, group: Group) -> None:
        """Replace the contents with those of `group`."""
        made = tuple(
            FilterCondition(self.definition, child)
            if isinstance(child, Condition)
            else FilterGroup(self.definition, child)
            for child in group.children
        )
        self.match = group.match
        self.children = made

    @property
    def finished(self) -> Group:
        """This group with only its finished conditions."""
        found = (child.finished if isinstance(child, FilterGroup) else child.condition for child in self.children)
        return Group("any" if self.match == "any" else "all", tuple(child for child in found if child is not None))

    @property
    def sql(self) -> str:
        """The finished conditions as SQL; empty if there are none."""
        return self.finished.to_sql(self.definition)

    @property
    def conditions(self) -> Iterator[FilterCondition]:
        """All conditions in this group and its subgroups."""
        for child in self.children:
            yield from child.conditions if isinstance(child, FilterGroup) else (child,)

    @property
    def groups(self) -> Iterator[FilterGroup]:
        """All subgroups, at every depth."""
        for child in self.children:
            if isinstance(child, FilterGroup):
                yield child
                yield from child.groups

    def without(self, condition: FilterCondition) -> Group:
        """This group without `condition`: the parts that limit which rows the condition can match.

        In an AND group, these are all the other children. In an OR group, other children limit nothing, so only the
        subgroup that contains the condition counts.
        """
        only_its_group = self.match == "any" and condition in self.conditions
        found: list[Condition | Group] = []
        for child in self.children:
            if isinstance(child, FilterGroup):
                found += [] if only_its_group and condition not in child.conditions else [child.without(condition)]
            elif child is not condition and child.condition is not None and not only_its_group:
                found.append(child.condition)
        return Group("any" if self.match == "any" else "all", tuple(found))

    def parent_of(self, part: FilterCondition | FilterGroup) -> FilterGroup:
        """The group that has `part` as its child: this group or a subgroup.

        Raises
        ------
        ValueError
            If `part` is not in this group or its subgroups.
        """
        found = next((group for group in (self, *self.groups) if part in group.children), None)
        if found is None:
            raise ValueError("This is not part of the filter.")
        return found

    def add_condition(self) -> FilterCondition:
        """Add a condition without values."""
        made = FilterCondition(self.definition)
        self.children = (*self.children, made)
        return made

    def add_group(self) -> FilterGroup:
        """Add a subgroup with one condition: an OR group within AND, an AND group within OR."""
        made = FilterGroup(self.definition)
        made.match = "all" if self.match == "any" else "any"
        made.add_condition()
        self.children = (*self.children, made)
        return made

    def remove(self, child: FilterCondition | FilterGroup) -> None:
        """Remove `child`, a condition or subgroup of this group."""
        self.children = tuple(other for other in self.children if other is not child)

    def move(self, child: FilterCondition | FilterGroup, step: int) -> None:
        """Move `child` one place up (`step` -1) or down (1); a condition next to a subgroup moves into the subgroup."""
        place = self.children.index(child)
        other = self.children[place + step]
        if isinstance(other, FilterGroup) and isinstance(child, FilterCondition):
            self.remove(child)
            other.children = (child, *other.children) if step > 0 else (*other.children, child)
            return
        order = list(self.children)
        order[place], order[place + step] = other, child
        self.children = tuple(order)

    def move_out(self, child: FilterCondition | FilterGroup, group: FilterGroup, step: int) -> None:
        """Move `child` out of the subgroup `group`, to the place before (`step` -1) or after (1) that subgroup."""
        group.remove(child)
        place = self.children.index(group) + (step > 0)
        self.children = (*self.children[:place], child, *self.children[place:])

    @observe("children")
    def _watch(self, change: dict[str, object]) -> None:
        before: object = change["old"] or ()
        for child in before if isinstance(before, tuple) else ():
            child.unobserve(self._changed, _names(child))
        for child in self.children:
            child.observe(self._changed, _names(child))
        self._changed()

    @observe("match")
    def _changed(self, _: object = None) -> None:
        self.version += 1


def _names(child: FilterCondition | FilterGroup) -> list[str]:
    return ["version"] if isinstance(child, FilterGroup) else ["field", "operator", "inputs"]
