"""One layer: whether to export it, which rows, and how many those are."""

from __future__ import annotations

from traitlets import Any, Bool, HasTraits, Int, Tuple, Unicode, dlink, link, observe

from arcgis_export_widgets.errors import PortalError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.portal.layers.in_area import object_ids_in
from arcgis_export_widgets.state.failure import sentence
from arcgis_export_widgets.state.filter_builder import FilterBuilder
from arcgis_export_widgets.state.runner import Debounce, Latest, Runner
from arcgis_export_widgets.where.checks.check import check_where
from arcgis_export_widgets.where.sql import and_, ids_clause

TYPING_PAUSE_S = 0.3
"""How long somebody must have stopped typing before the portal is asked."""
_BAD_QUERY = 400


LONGEST_CLAUSE = 40_000
"""Characters of object ids, as portals take them without trouble."""


def _too_long(clause: str, count: int) -> str:
    if len(clause) <= LONGEST_CLAUSE:
        return ""
    return say(
        "naming the {count:,} features in the area takes {length:,} characters, more than a portal takes "
        "({longest:,}). Choose a smaller area, filter by a field instead, or export more and cut the frame "
        "with geopandas.clip.",
        count=count,
        length=len(clause),
        longest=LONGEST_CLAUSE,
    )


class LayerForm(HasTraits):
    """Choice and filter of one layer.

    What is typed is checked at once; when it makes sense and typing rests, it becomes `settled_where`, from which count
    and preview follow.
    """

    ticked = Bool(True)
    where = Unicode()
    """The where clause as typed; empty for all rows."""
    problems = Tuple()
    """What `check_where` found in it."""
    unfinished = Tuple()
    """What the filter's conditions still lack, a sentence each."""
    area = Any(None, allow_none=True)
    """The `Area` that rows must touch; None for anywhere. Tables, which are nowhere, are not restricted by it."""
    area_clause = Unicode()
    """The same as object ids, since an export takes no area; empty for anywhere."""
    area_note = Unicode()
    """What came of the area, in words; empty without one."""
    area_fault = Unicode()
    """Why the area cannot be used as it is; usually empty."""
    settled_where = Unicode()
    """The last clause that made sense and rested, that of the area included."""
    total = Int(None, allow_none=True)
    """Rows of the layer; None while not known."""
    kept = Int(None, allow_none=True)
    """Rows that meet the clause as it is now; None while not known."""
    counting = Bool(False)
    error = Unicode()
    """What the portal had against counting; empty if nothing."""
    refused = Bool(False)
    """Whether the portal refused the clause itself, so that it would refuse the export, too."""

    def __init__(self, layer: FeatureLayer, runner: Runner, *, ticked: bool = True, where: str = "") -> None:
        super().__init__()
        self.layer = layer
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
        self.count()

    @property
    def definition(self) -> LayerDefinition:
        """What the layer says of itself."""
        return self.layer.definition

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    @property
    def blockers(self) -> tuple[str, ...]:
        """What stops an export of this layer; nothing if it is not ticked."""
        if not self.ticked:
            return ()
        wrong = [str(problem) for problem in self.problems if problem.is_error]
        if not wrong and self.refused:
            wrong = [self.error]
        fault = (self.area_fault,) if self.area_fault else ()
        return tuple(f"{self.name}: {text}" for text in (*wrong, *self.unfinished, *fault))

    @property
    def clause(self) -> str:
        """What is exported: the clause as typed, within the area."""
        return and_(self.where, self.area_clause)

    @property
    def status(self) -> str:
        """How many rows are kept, in words."""
        if self._is_wrong or self.refused:
            return say("not counted")
        if self.counting:
            return say("counting")
        if self.kept is None:
            return ""
        if self.total is None or not self.settled_where.strip():
            return say("{count:,}", count=self.kept)
        return say("{kept:,} of {total:,}", kept=self.kept, total=self.total)

    def count(self) -> None:
        """Ask the portal for the numbers, again if they are known."""
        clause = self.settled_where.strip()
        self.counting = True
        self._counting.run(lambda: self.layer.count(clause or None), self._counted, self._failed)
        if clause and self.total is None:
            self._totalling.run(self.layer.count, self._totalled, self._failed)

    @observe("where")
    def _typed(self, _: object) -> None:
        self.problems = check_where(self.where, self.definition)
        self.error, self.refused, self.kept = "", False, None
        self._counting.drop()
        if self._is_wrong:
            self._settling.drop()
            self.counting = False
            return
        self.counting = True
        self._settling.call(self._settle)

    def _settle(self) -> None:
        if self.settled_where == self.clause:
            self.count()
        else:
            self.settled_where = self.clause

    @observe("area")
    def _locate(self, _: object) -> None:
        """Turn the area into object ids."""
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
        self.area_note = self.area_fault = say("finding what lies in the area.")

        def located(ids: tuple[int, ...]) -> None:
            clause = ids_clause(oid, ids)
            self.area_note = say("{count:,} in the area", count=len(ids))
            self.area_fault = _too_long(clause, len(ids))
            if not self.area_fault:
                self._set_area_clause(clause)

        def failed(error: Exception) -> None:
            self.area_note, self.area_fault = "", sentence(error)

        self._locating.run(lambda: object_ids_in(layer, area), located, failed)

    def _set_area_clause(self, clause: str) -> None:
        if clause != self.area_clause:
            self.area_clause = clause
            self._typed(None)

    @observe("settled_where")
    def _settled(self, _: object) -> None:
        self.count()

    def _counted(self, count: int) -> None:
        self.error, self.refused = "", False
        if not self.settled_where.strip():
            self.total = count
        self.kept = count
        self.counting = False

    def _totalled(self, count: int) -> None:
        self.total = count

    def _failed(self, error: Exception) -> None:
        self.counting = False
        self.refused = isinstance(error, PortalError) and error.code == _BAD_QUERY
        self.error = sentence(error)

    @property
    def _is_wrong(self) -> bool:
        return any(problem.is_error for problem in self.problems)
