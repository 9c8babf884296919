"""Holds the choices for one layer (whether to export it, and which rows), and counts the matching rows."""

from __future__ import annotations

from traitlets import Any, Bool, HasTraits, Int, Tuple, Unicode, dlink, link, observe

from arcgis_export_widgets.errors import PortalError
from arcgis_export_widgets.language import say, sentence
from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.state.filter_builder import FilterBuilder
from arcgis_export_widgets.state.runner import Debounce, Latest, Runner
from arcgis_export_widgets.where.checks import check_where
from arcgis_export_widgets.where.sql import and_, ids_clause

TYPING_PAUSE_S = 0.3
"""Seconds without typing before the portal is queried."""
LONGEST_CLAUSE = 40_000
"""Most characters of a clause that lists object ids; all portals accept clauses of this length."""
_BAD_QUERY = 400


class LayerForm(HasTraits):
    """Choices for one layer: whether to export it, its filter and area.

    A typed clause is checked at once. When typing pauses and the clause has no error, it becomes `settled_where`, whose
    rows are counted and previewed.
    """

    ticked = Bool(True)
    where = Unicode()
    """The where clause as typed; empty for all rows."""
    problems = Tuple()
    """Problems that `check_where` found in `where`."""
    unfinished = Tuple()
    """What the filter's unfinished conditions lack, one sentence per condition."""
    area = Any(None, allow_none=True)
    """The `Area` that features must touch; None for anywhere. Tables have no geometry and are not limited."""
    area_clause = Unicode()
    """A clause that lists the object ids in the area, because a portal cannot export by area; empty without an area."""
    area_note = Unicode()
    """How many features are in the area, in words; empty without an area."""
    area_fault = Unicode()
    """Why the area cannot be used, or not yet; empty if it can be used or there is none."""
    settled_where = Unicode()
    """The last valid `clause` after a pause in typing, including the area; its rows are counted and previewed."""
    total = Int(None, allow_none=True)
    """Number of rows in the layer; None while unknown."""
    matched = Int(None, allow_none=True)
    """Number of rows that match the current clause; None while unknown."""
    counting = Bool(False)
    error = Unicode()
    """Why the portal did not count the rows; empty if it did."""
    refused = Bool(False)
    """Whether the portal refused the clause itself, so that it would also refuse the export."""

    def __init__(self, layer: FeatureLayer, runner: Runner, *, ticked: bool = True, where: str = "") -> None:
        super().__init__()
        self.layer, self.definition, self.name = layer, layer.definition, layer.definition.name
        self._settling = Debounce(runner, TYPING_PAUSE_S)
        self._counting = Latest(runner)
        self._totalling = Latest(runner)
        self._locating = Latest(runner)
        self.filter = FilterBuilder(layer, runner)
        self.ticked = ticked
        self.where = where
        link((self, "where"), (self.filter, "where"))
        dlink((self.filter, "problems"), (self, "unfinished"))
        self.settled_where = "" if self._is_wrong else where
        self._settling.drop()
        if not self.settled_where:
            self._count()

    @property
    def blockers(self) -> tuple[str, ...]:
        """What prevents the export of this layer; empty if nothing does or the layer is not ticked."""
        if not self.ticked:
            return ()
        wrong = [str(problem) for problem in self.problems if problem.is_error]
        if not wrong and self.refused:
            wrong = [self.error]
        fault = [self.area_fault] if self.area_fault else []
        return tuple(f"{self.name}: {text}" for text in (*wrong, *self.unfinished, *fault))

    @property
    def clause(self) -> str:
        """The where clause for the export: `where` combined with `area_clause` by AND."""
        return and_(self.where, self.area_clause)

    @property
    def status(self) -> str:
        """How many rows match, in words."""
        if self._is_wrong or self.refused:
            return say("not counted")
        if self.counting:
            return say("counting")
        if self.matched is None:
            return ""
        if self.total is None or not self.settled_where.strip():
            return say("{count:,}", count=self.matched)
        return say("{matched:,} of {total:,}", matched=self.matched, total=self.total)

    def refresh(self) -> None:
        """Request all counts and values again, also those of the filter, because the layer may have been edited."""
        self.total = None
        if not self._is_wrong:
            self._settling.drop()
            self._settle()
        self.filter.refresh()

    @observe("where")
    def _typed(self, _: object) -> None:
        self.problems = check_where(self.where, self.definition)
        self._changed()

    def _changed(self) -> None:
        """Forget the number of matching rows; unless the clause is wrong, count again once typing pauses."""
        self.error, self.refused, self.matched = "", False, None
        self._counting.drop()
        self.counting = not self._is_wrong
        if self._is_wrong:
            self._settling.drop()
        else:
            self._settling.call(self._settle)

    def _settle(self) -> None:
        if self.settled_where == self.clause:
            self._count()
        else:
            self.settled_where = self.clause

    @observe("area")
    def _locate(self, _: object) -> None:
        """Find the object ids of the features in the area, and make `area_clause` from them."""
        area, layer, oid = self.area, self.layer, self.definition.object_id_field
        self._locating.drop()
        self.area_fault = ""
        if area is None or self.definition.is_table:
            self.area_note = ""
            self._set_area_clause("")
            return
        if oid is None:
            self.area_fault = say(
                "the layer has no object ids, so its rows cannot be chosen by place. Filter by a field."
            )
            return
        self.area_note = self.area_fault = say("finding the features in the area.")

        def located(ids: tuple[int, ...]) -> None:
            clause = ids_clause(oid, ids)
            self.area_note = say("{count:,} in the area", count=len(ids))
            self.area_fault = ""
            if len(clause) <= LONGEST_CLAUSE:
                self._set_area_clause(clause)
                return
            self.area_fault = say(
                "listing the {count:,} features in the area takes {length:,} characters, more than portals accept "
                "({longest:,}). Choose a smaller area, filter by a field instead, or export more and cut the frame "
                "with geopandas.clip.",
                count=len(ids),
                length=len(clause),
                longest=LONGEST_CLAUSE,
            )

        def failed(error: Exception) -> None:
            self.area_note, self.area_fault = "", sentence(error)

        self._locating.run(lambda: layer.object_ids_in(area), located, failed)

    def _set_area_clause(self, clause: str) -> None:
        if clause != self.area_clause:
            self.area_clause = clause
            self._changed()

    @observe("settled_where")
    def _count(self, _: object = None) -> None:
        """Request the number of matching rows and the number of all rows in the layer."""
        clause = self.settled_where
        self.counting = True
        self._counting.run(lambda: self.layer.count(clause), self._counted, self._failed)
        if clause.strip() and self.total is None:
            # an error is ignored here: the request for the matching rows reports it
            self._totalling.run(self.layer.count, lambda count: self.set_trait("total", count), lambda _: None)

    def _counted(self, count: int) -> None:
        self.error, self.refused = "", False
        if not self.settled_where.strip():
            self.total = count
        self.matched = count
        self.counting = False

    def _failed(self, error: Exception) -> None:
        self.matched, self.counting = None, False
        self.refused = isinstance(error, PortalError) and error.code == _BAD_QUERY
        self.error = sentence(error)

    @property
    def _is_wrong(self) -> bool:
        return any(problem.is_error for problem in self.problems)
