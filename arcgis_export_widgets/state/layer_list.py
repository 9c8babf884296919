"""All layers of the open service."""

from __future__ import annotations

from collections.abc import Sequence

from traitlets import HasTraits, Tuple, observe

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.request.request import ExportLayer
from arcgis_export_widgets.state.item_picker import OpenItem
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.runner import Runner


class LayerList(HasTraits):
    """A `LayerForm` for each layer and table of a service."""

    layers = Tuple()
    """The layers' forms, layers first, then tables, in the service's order."""
    ticked = Tuple()
    """Those of them that are to be exported."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._url = ""

    def open(self, opened: OpenItem) -> None:
        """Show the layers of another service; of the same service again, keep what was typed."""
        before: dict[int, LayerForm] = {}
        if opened.service.url == self._url:
            before = {form.definition.id: form for form in self.layers}
        self._url = opened.service.url
        forms = []
        for layer in opened.service.layers:
            old = before.get(layer.definition.id)
            ticked = opened.layer_id in {None, layer.definition.id}
            forms.append(
                LayerForm(layer, self._runner, ticked=old.ticked, where=old.where)
                if old
                else LayerForm(layer, self._runner, ticked=ticked)
            )
        self.layers = tuple(forms)

    @property
    def definitions(self) -> tuple[LayerDefinition, ...]:
        """Definitions of the ticked layers."""
        return tuple(form.definition for form in self.ticked)

    @property
    def matched(self) -> int | None:
        """Rows that match, in all ticked layers; None while one of them is not known."""
        counts = [form.matched for form in self.ticked]
        return None if None in counts else sum(count for count in counts if count is not None)

    @property
    def blockers(self) -> tuple[str, ...]:
        """What stops an export here."""
        if not self.layers:
            nothing = say("The item has no layers and no tables, so there is nothing to export. Choose another item.")
            return (nothing,) if self._url else ()
        if not self.ticked:
            return (say("Tick at least one layer."),)
        found = [blocker for form in self.ticked for blocker in form.blockers]
        if not found and self.matched == 0:
            names = ", ".join(form.name for form in self.ticked)
            if any(form.clause.strip() for form in self.ticked):
                found = [say("Nothing to export: no feature of {layers} meets the filter. Widen it.", layers=names)]
            else:
                found = [say("Nothing to export: {layers} has no rows. Tick or open something else.", layers=names)]
        return tuple(found)

    def export_layers(
        self, *, include_geometry: bool, x_column_name: str | None, y_column_name: str | None
    ) -> Sequence[ExportLayer]:
        """The ticked layers, as a request takes them."""
        return [
            ExportLayer(
                form.definition.id,
                where=form.clause,
                include_geometry=include_geometry,
                x_column_name=None if form.definition.is_table else x_column_name,
                y_column_name=None if form.definition.is_table else y_column_name,
            )
            for form in self.ticked
        ]

    @observe("layers")
    def _watch(self, _: object) -> None:
        for form in self.layers:
            form.observe(lambda _: self._tick(), "ticked")
        self._tick()

    def _tick(self) -> None:
        self.ticked = tuple(form for form in self.layers if form.ticked)
