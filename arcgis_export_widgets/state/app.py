"""The whole form: its parts, what they come to, and what still stops the export."""

from __future__ import annotations

from traitlets import Any, Bool, Dict, HasTraits, Tuple, Unicode, UseEnum

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.language import listed, mark, say, say_count
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.request.dialects import Dialect, foreign_snippet
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.request.snippet import python_snippet
from arcgis_export_widgets.state.area_choice import AreaChoice
from arcgis_export_widgets.state.format_form import FormatForm
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.layer_list import LayerList
from arcgis_export_widgets.state.preview import Preview
from arcgis_export_widgets.state.runner import Runner, default_runner
from arcgis_export_widgets.state.saved_request import SavedRequest
from arcgis_export_widgets.state.sign_in import SignIn
from arcgis_export_widgets.state.submission import Submission
from arcgis_export_widgets.state.unfinished import Unfinished
from arcgis_export_widgets.workflow import Choice, Portal, Route, choose

_OF_LAYERS = ["where", "problems", "unfinished", "area_clause", "area_fault", "kept", "refused", "error"]
_EXPORTS = {
    # by whether the file can be read, and whether the item is deleted
    (True, True): mark(
        "Exports {layers} as {format}, downloads the file, reads it into GeoDataFrames and deletes the exported item."
    ),
    (True, False): mark(
        "Exports {layers} as {format}, downloads the file, reads it into GeoDataFrames and keeps the exported item."
    ),
    (False, True): mark(
        "Exports {layers} as {format}, downloads the file, keeps it as a file, which GeoPandas cannot read and deletes "
        "the exported item."
    ),
    (False, False): mark(
        "Exports {layers} as {format}, downloads the file, keeps it as a file, which GeoPandas cannot read and keeps "
        "the exported item."
    ),
}
_DOWNLOADS = {
    True: mark("Downloads {layers} as {format} and reads it into GeoDataFrames."),
    False: mark("Downloads {layers} as {format} and keeps it as a file, which GeoPandas cannot read."),
}


class ExportForm(HasTraits):
    """State of the form as a whole.

    Parameters
    ----------
    portal
        An open portal; None to sign in within the form.
    item
        Id or address of an item to open, words to search for, or an `Item`; None to search within the form.
    runner
        Where to work; None for threads where a kernel runs, else the calling thread.

    Raises
    ------
    TypeError
        If `portal` or `item` is something else.
    """

    blockers = Tuple()
    """What still stops the export, a sentence each; empty when it can be started."""
    request = Any(None, allow_none=True)
    """The `ExportRequest` as chosen; None while it is not complete."""
    value = Dict()
    """The request as a JSON document; empty while it is not complete."""
    action = Unicode()
    """What the button says."""
    explanation = Unicode()
    """What pressing the button will do; empty while it is blocked."""
    dialect = UseEnum(Dialect, default_value=Dialect.PACKAGE)
    """What `code` is written for."""
    code = Unicode()
    """Code that does the same, without a secret; empty while the request is not complete."""
    ready = Bool(False)
    """Whether the button can be pressed."""

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
        self.unfinished = Unfinished(runner, self.submission)
        self.unfinished.portal = portal
        self._watch()
        self.saved_request = SavedRequest(self)  # fills in once all else follows an opened item
        if item:
            self.item_picker.text = item.id if isinstance(item, Item) else item
            if portal is not None:
                self.item_picker.find()
        self._refresh()

    def export(self) -> None:
        """Start the export, if nothing stops it."""
        self._refresh()
        if self.ready:
            self.submission.start(self.sign_in.portal, self.request)

    def _watch(self) -> None:
        self.sign_in.observe(self._portal_changed, "portal")
        self.item_picker.observe(self._item_changed, "opened")
        self.layer_list.observe(self._layers_changed, "layers")
        self.layer_list.observe(self._ticked, "ticked")
        names = ["format", "target_sr", "coordinates_error", "include_geometry"]
        columns = ["x_column_name", "y_column_name", "columns_error"]
        self.format_form.observe(self._refresh, [*names, *columns])
        self.observe(self._refresh, "dialect")
        self.submission.observe(self._refresh, ["title", "tags", "delete_after", "stage"])

    def _portal_changed(self, _: object) -> None:
        self.item_picker.portal = self.unfinished.portal = self.sign_in.portal
        self._refresh()

    def _item_changed(self, _: object) -> None:
        self.layer_list.open(self.item_picker.opened)
        if self._has_shapes():
            self.preview.zoom_to_kept()
        self._refresh()

    def _layers_changed(self, _: object) -> None:
        for form in self.layer_list.layers:
            form.observe(self._refresh, _OF_LAYERS)

    def _ticked(self, _: object) -> None:
        self.format_form.definitions = self.layer_list.definitions
        self.preview.forms = self.layer_list.ticked
        self._refresh()

    def _refresh(self, _: object = None) -> None:
        """Work out anew what was chosen and what it lacks."""
        self.format_form.counts = {form.definition.id: form.kept for form in self.layer_list.ticked}
        parts = (self.sign_in, self.item_picker, self.layer_list, self.format_form)
        blockers = [blocker for part in parts for blocker in part.blockers]
        request = choice = None
        try:
            request = self._request()
            choice = None if request is None else self._choice(request)
        except (RequestError, PermissionDeniedError) as error:
            blockers = blockers or [str(error)]
        with self.hold_trait_notifications():
            self.request = request
            self.value = {} if request is None else request.to_json()
            self.blockers = tuple(blockers[:1] if self.item_picker.opened is None else blockers)
            self.ready = request is not None and not blockers and not self.submission.stage.is_running
            self.action = self._action()
            self.explanation = "" if blockers or choice is None else self._explanation(choice)
            self.code = "" if request is None else self._code(request, choice)

    def _request(self) -> ExportRequest | None:
        item = self.item_picker.item
        if item is None or not self.layer_list.ticked:
            return None
        form, columns = self.format_form, self.format_form.has_columns
        return ExportRequest(
            item.id,
            form.export_format,
            layers=self.layer_list.export_layers(
                include_geometry=form.include_geometry,
                x_column_name=form.x_column_name if columns else None,
                y_column_name=form.y_column_name if columns else None,
            ),
            title=self.submission.title,
            target_sr=form.target_sr,
            tags=self.submission.tags,
        )

    def _action(self) -> str:
        if self.submission.stage.is_running:
            return say("Exporting")
        kept = self.layer_list.kept
        if kept is None or not self.layer_list.ticked:
            return say("Export")
        if self._has_shapes():
            return say_count("Export {count:,} feature", "Export {count:,} features", kept)
        return say_count("Export {count:,} row", "Export {count:,} rows", kept)

    def _choice(self, request: ExportRequest) -> Choice:
        """By which route the features will come."""
        opened = self.item_picker.opened
        return choose(request, opened.service, opened.right)

    def _explanation(self, choice: Choice) -> str:
        facts = self.format_form.export_format.facts
        label, layers = facts.label, listed([form.name for form in self.layer_list.ticked])
        if choice.route is Route.EXPORT:
            return say(_EXPORTS[facts.loadable, self.submission.delete_after], layers=layers, format=label)
        if choice.route is Route.REPLICA:
            what = say(_DOWNLOADS[facts.loadable], layers=layers, format=label)
        else:
            what = say(
                "Fetches {layers} page by page into GeoDataFrames, as {format} would have them.",
                layers=layers,
                format=label,
            )
        return f"{what} {choice.reason}"

    def _has_shapes(self) -> bool:
        return any(_is_drawn(form) for form in self.layer_list.ticked)

    def _code(self, request: ExportRequest, choice: Choice | None) -> str:
        portal = self.sign_in.portal
        url, delete_after = portal.url if portal else None, self.submission.delete_after
        if self.dialect is not Dialect.PACKAGE:
            return foreign_snippet(self.dialect, request, portal_url=url, delete_after=delete_after)
        return python_snippet(
            request,
            portal_url=url,
            is_sample=portal is not None and portal.is_sample,
            delete_after=delete_after,
            route=(choice.route if choice else Route.EXPORT).value,
        )


def _is_drawn(form: LayerForm) -> bool:
    return not form.definition.is_table
