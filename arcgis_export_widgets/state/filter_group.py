"""Conditions and groups while somebody puts them together."""

from __future__ import annotations

from collections.abc import Iterator

from traitlets import Bool, HasTraits, Int, Tuple, Unicode, observe

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.where.conditions import Condition, Group


class FilterGroup(HasTraits):
    """Conditions and groups of which all, or any, must hold.

    Parameters
    ----------
    definition
        The layer to filter.
    group
        What to begin with; None for an empty one.
    """

    match = Unicode("all")
    """``all`` or ``any``."""
    children = Tuple()
    """`FilterCondition` and `FilterGroup` objects, in their order."""
    version = Int()
    """Goes up whenever anything inside changes."""
    matched = Int(None, allow_none=True)
    """Rows of the layer that meet this group alone; None while not known."""
    counting = Bool(False)

    def __init__(self, definition: LayerDefinition, group: Group | None = None) -> None:
        super().__init__()
        self.definition = definition
        if group is not None:
            self.load(group)

    def load(self, group: Group) -> None:
        """Become another group."""
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
        """The finished conditions, in their groups."""
        found = (child.finished if isinstance(child, FilterGroup) else child.condition for child in self.children)
        return Group("any" if self.match == "any" else "all", tuple(child for child in found if child is not None))

    @property
    def sql(self) -> str:
        """The finished conditions as SQL; empty if there are none."""
        return self.finished.to_sql(self.definition)

    @property
    def conditions(self) -> Iterator[FilterCondition]:
        """All conditions inside, those of groups within included."""
        for child in self.children:
            if isinstance(child, FilterGroup):
                yield from child.conditions
            else:
                yield child

    @property
    def groups(self) -> Iterator[FilterGroup]:
        """All groups inside, at every depth."""
        for child in self.children:
            if isinstance(child, FilterGroup):
                yield child
                yield from child.groups

    def without(self, condition: FilterCondition) -> Group:
        """What else decides over the rows that a condition could keep.

        Where all must hold, that is everything but the condition. Where any one is enough, the others do not narrow
        what this one could keep, so that only the part it stands in counts.
        """
        children = self.children
        if self.match == "any" and any(other is condition for other in self.conditions):
            children = tuple(
                child
                for child in children
                if isinstance(child, FilterGroup) and any(other is condition for other in child.conditions)
            )
        found: list[Condition | Group] = []
        for child in children:
            if isinstance(child, FilterGroup):
                found.append(child.without(condition))
            elif child is not condition and child.condition is not None:
                found.append(child.condition)
        return Group("any" if self.match == "any" else "all", tuple(found))

    def parent_of(self, part: FilterCondition | FilterGroup) -> FilterGroup:
        """The group, this one or one inside, whose child `part` is.

        Raises
        ------
        ValueError
            If it is in none of them.
        """
        for group in (self, *self.groups):
            if any(child is part for child in group.children):
                return group
        raise ValueError("This is no part of the filter.")

    def add_condition(self) -> FilterCondition:
        """Add a condition that is still to be given its values."""
        made = FilterCondition(self.definition)
        self.children = (*self.children, made)
        return made

    def add_group(self) -> FilterGroup:
        """Add a group with one condition to begin with; it asks the other way, as that is what groups are for."""
        made = FilterGroup(self.definition)
        made.match = "all" if self.match == "any" else "any"
        made.add_condition()
        self.children = (*self.children, made)
        return made

    def remove(self, child: FilterCondition | FilterGroup) -> None:
        """Take a child out."""
        self.children = tuple(other for other in self.children if other is not child)

    def move(self, child: FilterCondition | FilterGroup, step: int) -> None:
        """Move a child up (-1) or down (1) by one place; a condition enters the group it comes upon."""
        place = self.children.index(child)
        if not 0 <= place + step < len(self.children):
            return
        other = self.children[place + step]
        if isinstance(other, FilterGroup) and isinstance(child, FilterCondition):
            self.remove(child)
            other.children = (child, *other.children) if step > 0 else (*other.children, child)
            return
        order = list(self.children)
        order[place], order[place + step] = other, child
        self.children = tuple(order)

    def move_out(self, child: FilterCondition | FilterGroup, group: FilterGroup, step: int) -> None:
        """Move a child of one of this group's groups before (-1) or behind (1) that group."""
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
