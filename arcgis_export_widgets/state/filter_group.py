"""Groups of conditions while they are being edited."""

from __future__ import annotations

from collections.abc import Iterator

from traitlets import Bool, HasTraits, Int, Tuple, Unicode, observe

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.where.conditions import Condition, Group


class FilterGroup(HasTraits):
    """Conditions and groups, of which all or any must be true; begins as the given `group`, or empty."""

    match = Unicode("all")
    """``all`` or ``any``."""
    children = Tuple()
    """`FilterCondition` and `FilterGroup` objects, in their order."""
    version = Int()
    """Goes up whenever anything inside changes."""
    matched = Int(None, allow_none=True)
    """Rows that match this group on its own; None while not known."""
    counting = Bool(False)

    def __init__(self, definition: LayerDefinition, group: Group | None = None) -> None:
        super().__init__()
        self.definition = definition
        if group is not None:
            self.load(group)

    def load(self, group: Group) -> None:
        """Show another group."""
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
            yield from child.conditions if isinstance(child, FilterGroup) else (child,)

    @property
    def groups(self) -> Iterator[FilterGroup]:
        """All groups inside, at every depth."""
        for child in self.children:
            if isinstance(child, FilterGroup):
                yield child
                yield from child.groups

    def without(self, condition: FilterCondition) -> Group:
        """The rest of the filter, as far as it limits what a condition can match.

        Where all must hold, that is everything but the condition. Where any is enough, the others limit nothing, so
        only the child that contains the condition counts.
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
        """The group that has `part` as its child: this one or one inside.

        Raises
        ------
        ValueError
            If it is in none of them.
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
        """Add a group with one condition, joined by OR within AND, and by AND within OR."""
        made = FilterGroup(self.definition)
        made.match = "all" if self.match == "any" else "any"
        made.add_condition()
        self.children = (*self.children, made)
        return made

    def remove(self, child: FilterCondition | FilterGroup) -> None:
        """Remove a child."""
        self.children = tuple(other for other in self.children if other is not child)

    def move(self, child: FilterCondition | FilterGroup, step: int) -> None:
        """Move a child up (-1) or down (1) one place; a condition that meets a group moves into it."""
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
