"""Puts all views of the form together in one widget."""

from __future__ import annotations

import json
import logging
from html import escape
from pathlib import Path

from ipywidgets import HTML, HBox, VBox
from traitlets import Dict, dlink

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading import Frames
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.runner import Runner
from arcgis_export_widgets.widgets.format_form import FormatFormView
from arcgis_export_widgets.widgets.layer_list import LayerListView
from arcgis_export_widgets.widgets.preview_map import PreviewMap
from arcgis_export_widgets.widgets.result_panel import ResultPanel
from arcgis_export_widgets.widgets.source import ItemPickerView, SignInView
from arcgis_export_widgets.widgets.submission import ExportView, ProgressView, SavedJobsView
from arcgis_export_widgets.workflow import Job, Portal, Result

logger = logging.getLogger(__name__)


class ExportApp(VBox):  # type: ignore[misc]
    """The export form: find an item, filter its layers, see what matches, export and load.

    Parameters
    ----------
    portal
        An open portal; None if the user signs in within the form.
    item
        Id or address of an item to open, words to search for, or an `Item`; None to search within the form.
    basemap
        Name of a tile service known to xyzservices, such as ``"OpenStreetMap.Mapnik"``; None for country outlines,
        which need no internet.

    Attributes
    ----------
    value
        The request as a JSON document; empty while the choice is incomplete. A trait, so it can be observed.

    Examples
    --------
    >>> app = ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")  # doctest: +SKIP
    >>> app  # doctest: +SKIP
    >>> app.frames  # doctest: +SKIP
    """

    value = Dict()

    def __init__(
        self,
        portal: Portal | None = None,
        item: str | Item | None = None,
        *,
        basemap: str | None = None,
        runner: Runner | None = None,
    ) -> None:
        self.state = state = ExportForm(portal, item, runner=runner)
        self.sign_in = SignInView(state.sign_in)
        self.saved_jobs = SavedJobsView(state.saved_jobs)
        self.item_picker = ItemPickerView(state.item_picker)
        self.layer_list = LayerListView(state.layer_list)
        self.format_form = FormatFormView(state.format_form)
        self.export = ExportView(state)
        self.preview = PreviewMap(state.preview, state.area_choice)
        self.progress = ProgressView(state.submission)
        self.result_panel = ResultPanel(state)
        left = VBox([self.item_picker, self.layer_list, self.format_form, self.export]).add_class("aew-left")
        right = VBox([self.preview]).add_class("aew-right")
        columns = HBox([left, right]).add_class("aew-columns")
        css = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
        saved_image = escape(say("This is a saved image of the form. Run its cell again to use it."))
        head = [HTML(f"<style>{css}</style>").add_class("aew-style"), HTML(saved_image).add_class("aew-orphan")]
        super().__init__([*head, self.sign_in, self.saved_jobs, columns, self.progress, self.result_panel])
        self.add_class("aew")
        if basemap:
            self.preview.set_basemap(basemap)
        state.layer_list.observe(self._show_layers, "layers")
        self._show_layers()
        dlink((state, "value"), (self, "value"))

    @property
    def request(self) -> ExportRequest | None:
        """The request chosen in the form; None while the choice is incomplete."""
        return self.state.request

    def save_request(self, path: str | Path) -> Path:
        """Write the request to a JSON file that can be shared or loaded again.

        An area is saved as a list of the features that are in it now, and a warning is logged: features added later are
        not exported, and the receipt does not report them as missing. To include them, choose the area
        again or filter by a field.

        Raises
        ------
        RequestError
            If nothing is chosen yet.
        """
        if self.request is None:
            raise RequestError(say("There is nothing to save yet: open an item and tick a layer."))
        if self.state.area_choice.is_frozen:
            logger.warning(
                "%s saves the area as the list of features in it now; features added later are not exported.", path
            )
        target = Path(path).expanduser()
        target.write_text(json.dumps(self.value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return target

    def load_request(self, path: str | Path) -> None:
        """Fill the form from a file that `save_request` wrote. An error is not only raised but also shown in the form.

        Raises
        ------
        RequestError
            If the file does not contain a request, or the form cannot show the request.
        """
        saved = self.state.saved_request
        saved.text = Path(path).expanduser().read_text(encoding="utf-8")
        saved.fill()
        if saved.error:
            raise RequestError(saved.error)

    @property
    def job(self) -> Job[Result] | None:
        """The last export's job; None before the portal accepted one."""
        return self.state.submission.job

    @property
    def result(self) -> Result | None:
        """The result of the last export; None until the portal completed it."""
        return self.state.submission.result

    @property
    def frames(self) -> Frames | None:
        """The frames of the last export, by layer name; None until they are loaded."""
        return self.result.frames if self.result is not None else None

    async def finished(self) -> Result | None:
        """Wait for the running export; see `Submission.finished`."""
        return await self.state.submission.finished()

    def _show_layers(self, _: object = None) -> None:
        self.preview.set_slots([form.definition for form in self.state.layer_list.layers])

    def __repr__(self) -> str:
        """A description of the form as text, for front ends that cannot show widgets."""
        state, picker = self.state, self.state.item_picker
        lines = [say("ArcGIS export form"), f"  {say('portal:'):<8} {state.sign_in.summary}"]
        if item := picker.item:
            lines.append(f"  {say('item:'):<8} {item.title} ({item.id})")
        for form in state.layer_list.layers:
            mark = "x" if form.ticked else " "
            clause = f" where {form.where}" if form.where.strip() else ""
            lines.append(f"  [{mark}] {form.definition.id} {form.name}{clause}: {form.status}")
        if found := picker.error or picker.message:
            lines.append(f"  {say('search:'):<8} {found}")
        then = " ".join(state.blockers) or state.submission.summary or state.explanation
        lines.append(f"  {say('next:'):<8} {then}")
        lines.append(
            say(
                "Widgets are not shown here. {export} starts the export; {request} is the request as chosen.",
                export="app.state.export()",
                request="app.request",
            )
        )
        return "\n".join(lines)
