"""Fills the form from a saved request, or from the ``exportParameters`` that another script used."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from traitlets import HasTraits, Unicode

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest
from arcgis_export_widgets.state.format_form import FormatForm
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.state.layer_list import AreaChoice, LayerList
from arcgis_export_widgets.state.submission import Submission


class SavedRequest(HasTraits):
    """Fills the form from a request that the user pastes as text."""

    text = Unicode()
    """The pasted JSON: a document from `ExportRequest.to_json`, or an ``exportParameters`` object for the open item."""
    error = Unicode()
    """Why the form could not be filled from `text`; else empty."""
    message = Unicode()
    """What was filled in, or which item is being opened first; else empty."""

    def __init__(
        self, items: ItemPicker, layers: LayerList, formats: FormatForm, area: AreaChoice, submission: Submission
    ) -> None:
        super().__init__()
        self._items, self._layers, self._formats = items, layers, formats
        self._area, self._submission = area, submission
        self._waiting: ExportRequest | None = None
        items.observe(self._opened, "opened")
        items.observe(self._not_opened, "error")

    def fill(self) -> None:
        """Fill the form from `text`; if the item of the request is not open, open it first."""
        self.error, self.message, self._waiting = "", "", None
        try:
            request = self._read()
        except RequestError as error:
            self.error = str(error)
            return
        opened = self._items.opened
        if opened is not None and opened.item.id == request.item_id:
            self._fill(request)
            return
        self._waiting = request
        self.message = say("Opening item {item_id}.", item_id=request.item_id)
        self._items.text = request.item_id
        self._items.find()

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
        item = self._items.item
        if "itemId" not in document and item is None:
            raise RequestError(say("Open the item first, or add its itemId: the text does not name an item."))
        defaults = {"itemId": item.id if item else None, "exportFormat": self._formats.format}
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
        """Fill in everything, or nothing if the form cannot show the request."""
        asked = {layer.id: layer for layer in request.layers}
        try:
            self._refuse_unknown_layers(asked)
            geometry, x, y = _one_choice(request.layers)
        except RequestError as error:
            self.error, self.message = str(error), ""
            return
        form, target = self._formats, request.target_sr
        form.format, form.include_geometry = request.export_format.value, geometry
        form.x_column_name, form.y_column_name = x, y
        form.coordinates = "" if target is None else target.label
        self._submission.title, self._submission.tags = request.title or "", ", ".join(request.tags)
        self._area.clear()
        for one in self._layers.layers:
            part = asked.get(one.definition.id)
            one.ticked = not asked or part is not None
            one.where = part.where or "" if part else ""
        layers = len(request.layers) or len(self._layers.layers)
        label = request.export_format.facts.label
        self.message = say_count(
            "Filled in: {count} layer, {format}.", "Filled in: {count} layers, {format}.", layers, format=label
        )

    def _refuse_unknown_layers(self, asked: Collection[int]) -> None:
        forms = {one.definition.id: one for one in self._layers.layers}
        if missing := sorted(set(asked) - set(forms)):
            known = ", ".join(f"{number} ({one.name})" for number, one in forms.items())
            raise RequestError(say("The item has no layer {number}. It has: {known}.", number=missing[0], known=known))


def _one_choice(layers: Sequence[ExportLayer]) -> tuple[bool, str, str]:
    """Whether to include the geometry, and the names of the x and y columns; these must be the same for all layers."""
    geometry = {one.include_geometry for one in layers} or {True}
    columns = {names for one in layers if any(names := (one.x_column_name or "", one.y_column_name or ""))} or {
        ("", "")
    }
    if len(geometry) > 1 or len(columns) > 1:
        raise RequestError(
            say(
                "The layers of this request differ in geometry or column names, but the form has one choice of "
                "geometry and column names for all. Run the request from Python: {code}.",
                code="portal.export(ExportRequest.from_json(...))",
            )
        )
    x, y = columns.pop()
    return geometry.pop(), x, y
