"""Edits a layer's filter as conditions or as SQL, and keeps the two in step."""

from __future__ import annotations

from collections.abc import Callable

from traitlets import Any, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.state.filter_group import FilterGroup
from arcgis_export_widgets.state.runner import Debounce, Latest, Runner
from arcgis_export_widgets.state.value_help import ValueHelp
from arcgis_export_widgets.where.checks import check_where
from arcgis_export_widgets.where.parse import parse

CONDITIONS, SQL = "conditions", "sql"
_PAUSE_S = 0.3
_MOST_KNOWN = 500

FilterPart = FilterCondition | FilterGroup


class FilterBuilder(HasTraits):
    """A layer's filter: conditions in groups, their where clause, and how many rows each condition or group matches.

    Typed SQL is sent as typed. It is shown as conditions only if they mean exactly the same, and is rewritten only
    when a condition is changed.
    """

    where = Unicode()
    """The where clause; empty for all rows."""
    mode = Unicode(CONDITIONS)
    """How the filter is shown: `CONDITIONS` or `SQL`."""
    note = Unicode()
    """Why the filter can only be shown as SQL, or why there are no conditions; usually empty."""
    problems = Tuple()
    """What each unfinished condition lacks, one sentence per condition; `where` leaves out unfinished conditions."""
    attention = Any(None, allow_none=True)
    """The condition or group to focus: the one just added or moved, or the root group after a removal."""

    def __init__(self, layer: FeatureLayer, runner: Runner) -> None:
        super().__init__()
        self.layer = layer
        self.root = FilterGroup(layer.definition)
        self.root.observe(self._built, "version")
        self.runner = runner
        self._resting = Debounce(runner, _PAUSE_S)
        self._counts: dict[str, int] = {}
        self._queries: dict[FilterPart, tuple[str, Latest]] = {}
        self._helps: list[ValueHelp] = []
        self._written = ""
        self._loading = False

    def show_sql(self) -> None:
        """Show the filter as SQL."""
        self.mode, self.note = SQL, ""

    def show_conditions(self) -> bool:
        """Show the filter as conditions if they can express the SQL; returns whether they can."""
        if self.where == self._written or self._load():
            self.mode, self.note = CONDITIONS, ""
            return True
        self.mode = SQL
        if any(problem.is_error for problem in check_where(self.where, self.layer.definition)):
            self.note = say("Correct the SQL first; then it can be shown as conditions.")
        else:
            self.note = say("This SQL says more than conditions can show. It is used exactly as written.")
        return False

    def help_with(self, condition: FilterCondition) -> ValueHelp:
        """Values of `condition`'s field in rows matching the rest of the filter, kept up to date until `end_help`."""

        def rest() -> str:
            return self.root.without(condition).to_sql(self.layer.definition)

        found = ValueHelp(condition, self.layer, self.runner, rest)
        self.root.observe(found.refresh, "version")
        self._helps.append(found)
        return found

    def end_help(self, found: ValueHelp) -> None:
        """Stop updating `found`, which `help_with` returned."""
        self.root.unobserve(found.refresh, "version")
        self._helps.remove(found)
        found.close()

    def remove(self, part: FilterPart) -> None:
        """Remove a condition or group, and any group that becomes empty by that."""
        parent = self.root.parent_of(part)
        parent.remove(part)
        if not parent.children and parent is not self.root:
            self.remove(parent)
        else:
            self._draw_attention(self.root)

    def can_move(self, part: FilterPart, step: int) -> bool:
        """Whether a condition or group can move up (`step` -1) or down (`step` 1)."""
        parent = self.root.parent_of(part)
        return parent is not self.root or 0 <= parent.children.index(part) + step < len(parent.children)

    def move(self, part: FilterPart, step: int) -> None:
        """Move a condition or group one place up (`step` -1) or down (1), if necessary into or out of a group."""
        if not self.can_move(part, step):
            return
        parent = self.root.parent_of(part)
        if 0 <= parent.children.index(part) + step < len(parent.children):
            parent.move(part, step)
        else:
            self.root.parent_of(parent).move_out(part, parent, step)
            if not parent.children:
                self.remove(parent)
        self._draw_attention(part)

    def add_condition(self, group: FilterGroup) -> None:
        """Add a condition to a group; if the layer has no fields, `note` says so."""
        self._add(group.add_condition)

    def add_group(self, group: FilterGroup) -> None:
        """Add a subgroup with one condition to `group`; if the layer has no fields, `note` says so."""
        self._add(lambda: group.add_group().children[0])

    def _add(self, add: Callable[[], FilterPart]) -> None:
        try:
            self._draw_attention(add())
        except RequestError as error:
            self.note = str(error)

    def _draw_attention(self, part: FilterPart) -> None:
        self.attention = None  # so that the same part can be assigned again
        self.attention = part

    @property
    def is_compound(self) -> bool:
        """Whether there is more than one condition, so that showing a count for each is useful."""
        return len(list(self.root.conditions)) > 1

    @observe("where")
    def _where_changed(self, _: object) -> None:
        if self.mode == SQL:
            self.note = ""  # the note was about an earlier clause
        elif self.where != self._written:
            self.show_conditions()

    def _load(self) -> bool:
        definition = self.layer.definition
        group = parse(self.where, definition)
        if group is None or FilterGroup(definition, group).sql != group.to_sql(definition):
            return False  # conditions cannot express it: it has a value that cannot be typed, such as an empty string
        self._loading = True  # so that loading the conditions does not rewrite the user's SQL
        try:
            self.root.load(group)
        finally:
            self._loading = False
        self._written = self.where
        self._report()
        return True

    def _built(self, _: object) -> None:
        if self._loading:
            return
        self._written = self.root.sql
        self.where = self._written
        self._report()

    def _report(self) -> None:
        self.problems = tuple(condition.problem for condition in self.root.conditions if condition.problem)
        self._resting.call(self._count)

    def _count(self) -> None:
        """Request how many rows each condition and group matches on its own, unless already known."""
        parts: list[FilterPart] = [*self.root.conditions, *self.root.groups] if self.is_compound else []
        for gone in set(self._queries) - set(parts):
            self._queries.pop(gone)[1].drop()
        for part in parts:
            sql = part.sql
            asked, query = self._queries.get(part, ("", Latest(self.runner)))
            if sql in self._counts or not sql:
                query.drop()
                part.matched, part.counting = self._counts.get(sql), False
            elif asked != sql or not part.counting:
                part.matched, part.counting = None, True
                self._ask(part, sql, query)
            self._queries[part] = (sql, query)

    def _ask(self, part: FilterPart, sql: str, query: Latest) -> None:
        def counted(count: int) -> None:
            if len(self._counts) >= _MOST_KNOWN:
                self._counts.clear()
            self._counts[sql] = part.matched = count
            part.counting = False

        def failed(_: Exception) -> None:
            part.counting = False  # the layer's own count, with the complete clause, reports the error

        query.run(lambda: self.layer.count(sql), counted, failed)

    def refresh(self) -> None:
        """Request the shown counts and values again: the layer may have been edited."""
        self._counts.clear()
        self._count()
        for shown in self._helps:
            shown.renew()
