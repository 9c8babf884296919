"""Joins the parts of the form: builds the export request from them, and says what still prevents the export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from traitlets import Any, Bool, Dict, HasTraits, Tuple, Unicode, UseEnum

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.language import listed, mark, say, say_count
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.request.dialects import Dialect, RequestCode
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest
from arcgis_export_widgets.state.format_form import FormatForm
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.state.layer_list import AreaChoice, LayerList
from arcgis_export_widgets.state.preview import Preview
from arcgis_export_widgets.state.runner import Runner, default_runner
from arcgis_export_widgets.state.saved_jobs import SavedJobList
from arcgis_export_widgets.state.saved_request import SavedRequest
from arcgis_export_widgets.state.sign_in import SignIn
from arcgis_export_widgets.state.submission import Submission
from arcgis_export_widgets.workflow import Choice, Portal, Route, choose

# the traits in _FORMAT, _COLUMNS and _CLAUSE change the request; those in _ABOUT_CLAUSE only the explanation
_FORMAT = ["format", "include_geometry", "target_sr", "coordinates_error"]
_COLUMNS = ["x_column_name", "y_column_name", "columns_error"]
_CLAUSE = ["where", "area_clause"]
_ABOUT_CLAUSE = ["problems", "unfinished", "area_fault", "matched", "refused", "error"]
_PLANS = {
    # key: the route, and whether GeoPandas can read the file
    (Route.EXPORT, True): mark("Exports {layers} as {format}, downloads the file and reads it into GeoDataFrames."),
    (Route.EXPORT, False): mark("Exports {layers} as {format} and downloads the file, which GeoPandas cannot read."),
    (Route.REPLICA, True): mark("Downloads {layers} as {format} and reads it into GeoDataFrames."),
    (Route.REPLICA, False): mark("Downloads {layers} as {format}, a file that GeoPandas cannot read."),
    (Route.QUERY, True): mark("Fetches {layers} page by page; the GeoDataFrames are the same as from {format}."),
}
_AFTERWARDS = {
    True: mark("Then it deletes the exported item."),
    False: mark("It keeps the exported item in the portal."),
}


class ExportForm(HasTraits):
    """State of the complete form, made of one object for each of its parts.

    Parameters
    ----------
    portal
        An open portal; None if the user signs in within the form.
    item
        Id or address of an item to open, words to search for, or an `Item`; None to search within the form.
    runner
        Does the blocking work. None means threads if an event loop is running, else the calling thread.

    Raises
    ------
    TypeError
        If `portal` or `item` has another type.
    """

    blockers = Tuple()
    """What still prevents the export, one sentence per reason; empty if nothing does."""
    request = Any(None, allow_none=True)
    """The `ExportRequest` chosen in the form; None while the choice is incomplete."""
    value = Dict()
    """The request as a JSON document; empty while the choice is incomplete."""
    action = Unicode()
    """Label of the export button."""
    explanation = Unicode()
    """What a click on the export button will do; empty while something prevents the export."""
    dialect = UseEnum(Dialect, default_value=Dialect.PACKAGE)
    """The dialect in which `code` is written."""
    request_code = Any(None, allow_none=True)
    """The `RequestCode` with the text of `code`; None while the request is incomplete."""
    ready = Bool(False)
    """Whether the export can be started."""

    def __init__(
        self, portal: Portal | None = None, item: str | Item | None = None, *, runner: Runner | None = None
    ) -> None:
        super().__init__()
        if not isinstance(portal, Portal | None):
            raise TypeError(f"portal is an open portal, such as Portal(url, ...), not a {type(portal).__name__}")
        if not isinstance(item, str | Item | None):
            raise TypeError(f"item is an id, an address, words, or an Item, not a {type(item).__name__}")
        runner = runner or default_runner()
        self.sign_in = SignIn(runner, portal)
        self.item_picker = ItemPicker(runner, portal)
        self.layer_list = LayerList(runner)
        self.format_form = FormatForm()
        self.preview = Preview(runner)
        self.area_choice = AreaChoice(self.layer_list, self.preview)
        self.submission = Submission(runner)
        self.saved_jobs = SavedJobList(runner, self.submission)
        self.saved_jobs.portal = portal
        self._choice: Choice | None = None
        self._fault = ""
        self._is_held = False
        with self._one_change():
            self._watch()
            self.saved_request = SavedRequest(  # last, so that it observes an opened item after its layers are set
                self.item_picker, self.layer_list, self.format_form, self.area_choice, self.submission
            )
            if item:
                self.item_picker.text = item.id if isinstance(item, Item) else item
                if portal is not None:
                    self.item_picker.find()

    @property
    def code(self) -> str:
        """Code that runs the same export, without secrets; empty while the request is incomplete."""
        return "" if self.request_code is None else str(self.request_code.text)

    def export(self) -> None:
        """Start the export, if nothing prevents it."""
        if self.ready:
            self.submission.start(self.sign_in.portal, self.request)

    def _watch(self) -> None:
        self.sign_in.observe(self._portal_changed, "portal")
        self.item_picker.observe(self._item_changed, "opened")
        self.layer_list.observe(self._layers_changed, "layers")
        self.layer_list.observe(self._ticked, "ticked")
        self.format_form.observe(self._rebuild, [*_FORMAT, *_COLUMNS])
        self.submission.observe(self._rebuild, ["title", "tags"])
        self.submission.observe(self._refresh, ["delete_after", "stage"])
        self.submission.observe(self._update_code, "delete_after")
        self.observe(self._update_code, "dialect")

    @contextmanager
    def _one_change(self) -> Iterator[None]:
        """Let all changes in the ``with`` block rebuild the request only once, at the end."""
        was_held, self._is_held = self._is_held, True
        try:
            yield
        finally:
            self._is_held = was_held
        self._rebuild()

    def _portal_changed(self, _: object) -> None:
        with self._one_change():
            self.item_picker.portal = self.saved_jobs.portal = self.sign_in.portal

    def _item_changed(self, _: object) -> None:
        with self._one_change():
            self.layer_list.open(self.item_picker.opened)
            if self._has_shapes():
                self.preview.zoom_to_matched()

    def _layers_changed(self, _: object) -> None:
        for form in self.layer_list.layers:
            form.observe(self._rebuild, _CLAUSE)
            form.observe(self._refresh, _ABOUT_CLAUSE)

    def _ticked(self, _: object) -> None:
        with self._one_change():
            self.format_form.definitions = tuple(form.definition for form in self.layer_list.ticked)
            self.preview.forms = self.layer_list.ticked
            self.preview.unticked = tuple(form for form in self.layer_list.layers if not form.ticked)

    def _rebuild(self, _: object = None) -> None:
        """Build the request from the form's choices, and choose how its features are fetched."""
        if self._is_held:
            return
        request, self._choice, self._fault = None, None, ""
        try:
            request = self._request()
            if request is not None:
                opened, parts = self.item_picker.opened, request.layers
                ids, is_plain = [part.id for part in parts], all(part.is_plain for part in parts)
                self._choice = choose(request.export_format, ids, opened.service, opened.right, is_plain=is_plain)
        except (RequestError, PermissionDeniedError) as error:
            self._fault = str(error)
        with self.hold_trait_notifications():
            self.request = request
            self.value = {} if request is None else request.to_json()
            self._update_code()
            self._refresh()

    def _refresh(self, _: object = None) -> None:
        """Update the blockers, the button and its explanation."""
        if self._is_held:
            return
        self.format_form.counts = {form.definition.id: form.matched for form in self.layer_list.ticked}
        parts = (self.sign_in, self.item_picker, self.layer_list, self.format_form)
        blockers = [blocker for part in parts for blocker in part.blockers]
        if self._fault and not blockers:
            blockers = [self._fault]
        with self.hold_trait_notifications():
            self.blockers = tuple(blockers[:1] if self.item_picker.opened is None else blockers)
            self.ready = self.request is not None and not blockers and not self.submission.stage.is_running
            self.action = self._action()
            self.explanation = "" if blockers or self._choice is None else self._explanation(self._choice)

    def _request(self) -> ExportRequest | None:
        item = self.item_picker.item
        if item is None or not self.layer_list.ticked:
            return None
        chosen = self.format_form
        x, y = (chosen.x_column_name, chosen.y_column_name) if chosen.has_columns else (None, None)
        layers = [
            ExportLayer(
                form.definition.id,
                where=form.clause,
                include_geometry=chosen.include_geometry,
                x_column_name=None if form.definition.is_table else x,
                y_column_name=None if form.definition.is_table else y,
            )
            for form in self.layer_list.ticked
        ]
        title, tags = self.submission.title, self.submission.tags
        return ExportRequest(
            item.id, chosen.export_format, layers=layers, title=title, target_sr=chosen.target_sr, tags=tags
        )

    def _action(self) -> str:
        if self.submission.stage.is_running:
            return say("Exporting")
        matched = self.layer_list.matched
        if matched is None or not self.layer_list.ticked:
            return say("Export")
        if self._has_shapes():
            return say_count("Export {count:,} feature", "Export {count:,} features", matched)
        return say_count("Export {count:,} row", "Export {count:,} rows", matched)

    def _explanation(self, choice: Choice) -> str:
        facts, layers = self.format_form.export_format.facts, listed([form.name for form in self.layer_list.ticked])
        plan = _PLANS[choice.route, facts.loadable or choice.route is Route.QUERY]
        is_export = choice.route is Route.EXPORT
        more = say(_AFTERWARDS[self.submission.delete_after]) if is_export else choice.reason
        return f"{say(plan, layers=layers, format=facts.label)} {more}"

    def _has_shapes(self) -> bool:
        return any(not form.definition.is_table for form in self.layer_list.ticked)

    def _update_code(self, _: object = None) -> None:
        request, portal = self.request, self.sign_in.portal
        self.request_code = request and RequestCode(
            request,
            self.dialect,
            portal_url=portal.url if portal else None,
            is_sample=portal is not None and portal.is_sample,
            delete_after=self.submission.delete_after,
            route=(Route.EXPORT if self._choice is None else self._choice.route).value,
        )
