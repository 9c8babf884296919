"""Filling the form from a request that was saved, or from the exportParameters of somebody else's script."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from traitlets import HasTraits, Unicode

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.request.request import ExportRequest

if TYPE_CHECKING:
    from arcgis_export_widgets.state.app import ExportForm


class SavedRequest(HasTraits):
    """Text of a request, and what came of filling the form with it."""

    text = Unicode()
    """JSON: a document of `ExportRequest.to_json`, or an ``exportParameters`` object for the open item."""
    error = Unicode()
    """Why the form was not filled; empty if it was."""
    message = Unicode()
    """What was filled in, in words."""

    def __init__(self, form: ExportForm) -> None:
        super().__init__()
        self._form = form
        self._waiting: ExportRequest | None = None
        form.item_picker.observe(self._opened, "opened")
        form.item_picker.observe(self._not_opened, "error")

    def fill(self) -> None:
        """Read `text` and fill the form with it; opens its item first if it is another one."""
        self.error, self.message, self._waiting = "", "", None
        try:
            request = self._read()
        except RequestError as error:
            self.error = str(error)
            return
        opened = self._form.item_picker.opened
        if opened is not None and opened.item.id == request.item_id:
            self._fill(request)
            return
        self._waiting = request
        self.message = say("Opening item {item_id}.", item_id=request.item_id)
        self._form.item_picker.text = request.item_id
        self._form.item_picker.find()

    def _read(self) -> ExportRequest:
        try:
            document = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise RequestError(
                say("This is not JSON: {error}. Paste a saved request or exportParameters.", error=error)
            ) from error
        if not isinstance(document, dict):
            raise RequestError(say("Paste a JSON object such as {example}.", example='{"layers": [{"id": 0}]}'))
        if "exportParameters" not in document and {"layers", "targetSR"} & set(document):
            document = {"exportParameters": document}
        form = self._form
        item, known = form.item_picker.item, form.format_form.format
        if "itemId" not in document and item is None:
            raise RequestError(say("This names no item. Open the item first, or add its itemId."))
        defaults = {"itemId": item.id if item else None, "exportFormat": known}
        return ExportRequest.from_json(defaults | document)

    def _opened(self, change: dict[str, Any]) -> None:
        request, opened = self._waiting, change["new"]
        if request is not None and opened is not None and opened.item.id == request.item_id:
            self._waiting = None
            self._fill(request)

    def _not_opened(self, change: dict[str, Any]) -> None:
        if self._waiting is not None and change["new"]:
            self._waiting = None
            self.error, self.message = str(change["new"]), ""

    def _fill(self, request: ExportRequest) -> None:
        """Fill all fields; or none, if the form cannot show the request."""
        try:
            steps = self._steps(request)
        except RequestError as error:
            self.error, self.message = str(error), ""
            return
        for step in steps:
            step()
        layers = len(request.layers) or len(self._form.layer_list.layers)
        self.message = say_count(
            "Filled in: {count} layer, {format}.",
            "Filled in: {count} layers, {format}.",
            layers,
            format=request.export_format.facts.label,
        )

    def _steps(self, request: ExportRequest) -> list[Callable[[], None]]:
        form = self._form
        asked = {layer.id: layer for layer in request.layers}
        forms = {one.definition.id: one for one in form.layer_list.layers}
        if missing := sorted(set(asked) - set(forms)):
            known = ", ".join(f"{number} ({one.name})" for number, one in forms.items())
            raise RequestError(say("The item has no layer {number}. It has: {known}.", number=missing[0], known=known))
        choices = {(one.include_geometry, one.x_column_name, one.y_column_name) for one in request.layers}
        geometry = {one[0] for one in choices} or {True}
        columns = {one[1:] for one in choices if any(one[1:])} or {(None, None)}
        if len(geometry) > 1 or len(columns) > 1:
            raise RequestError(
                say(
                    "The form has one choice of geometry and column names for all layers, but here they differ. "
                    "Run the request from Python: {code}.",
                    code="portal.export(ExportRequest.from_json(...))",
                )
            )
        (x, y), target = next(iter(columns)), request.target_sr

        def choose_format() -> None:
            form.format_form.format = request.export_format.value
            form.format_form.include_geometry = next(iter(geometry))
            form.format_form.x_column_name, form.format_form.y_column_name = x or "", y or ""
            form.format_form.coordinates = "" if target is None else target.label

        def name_it() -> None:
            form.submission.title, form.submission.tags = request.title or "", ", ".join(request.tags)

        def choose_layers() -> None:
            form.area_choice.clear()
            for number, one in forms.items():
                one.ticked = not asked or number in asked
                one.where = (asked[number].where or "") if number in asked else ""

        return [choose_format, name_it, choose_layers]
