"""Holds the choices for all layers of the open service, and the area to which their export is limited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any as AnyValue

from traitlets import Any, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.area import Area, Polygon
from arcgis_export_widgets.state.item_picker import OpenItem
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.preview import Preview
from arcgis_export_widgets.state.runner import Runner


class LayerList(HasTraits):
    """A `LayerForm` for each layer and table of a service."""

    layers = Tuple()
    """`LayerForm` objects: layers first, then tables, in the service's order."""
    ticked = Tuple()
    """The `LayerForm` objects of the layers to export."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._url = ""

    def open(self, opened: OpenItem) -> None:
        """Make a `LayerForm` for each layer of a service; keep the ticks and filters if it is already shown."""
        is_same = opened.service.url == self._url
        before = {form.definition.id: (form.ticked, form.where) for form in self.layers} if is_same else {}
        self._url = opened.service.url
        forms = []
        for layer in opened.service.layers:
            number = layer.definition.id
            ticked, where = before.get(number, (opened.layer_id in {None, number}, ""))
            forms.append(LayerForm(layer, self._runner, ticked=ticked, where=where))
        self.layers = tuple(forms)

    @property
    def matched(self) -> int | None:
        """Number of matching rows in all ticked layers; None while the number of any layer is unknown."""
        counts = [form.matched for form in self.ticked]
        return None if None in counts else sum(counts)

    @property
    def blockers(self) -> tuple[str, ...]:
        """What prevents the export of the ticked layers, one sentence per reason."""
        if not self.layers:
            nothing = say("The item has no layers and no tables, so there is nothing to export. Choose another item.")
            return (nothing,) if self._url else ()
        if not self.ticked:
            return (say("Tick at least one layer."),)
        found = tuple(blocker for form in self.ticked for blocker in form.blockers)
        if found or self.matched != 0:
            return found
        names = ", ".join(form.name for form in self.ticked)
        if any(form.clause.strip() for form in self.ticked):
            return (say("Nothing to export: no feature of {layers} matches. Widen the filter.", layers=names),)
        nothing = say(
            "Nothing to export: {layers} has no rows. Tick another layer, or open another item.", layers=names
        )
        return (nothing,)

    @observe("layers")
    def _watch(self, _: object) -> None:
        for form in self.layers:
            form.observe(self._tick, "ticked")
        self._tick()

    def _tick(self, _: object = None) -> None:
        self.ticked = tuple(form for form in self.layers if form.ticked)


class AreaChoice(HasTraits):
    """The area to which the export of all layers is limited: a part of the map that was in view, or a drawn polygon."""

    area = Any(None, allow_none=True)
    """The `Area` that features must touch; None for anywhere."""
    note = Unicode()
    """How many features of each layer are in the area, in words; empty without an area."""

    def __init__(self, layers: LayerList, preview: Preview) -> None:
        super().__init__()
        self._layers = layers
        self._preview = preview
        layers.observe(self._layers_changed, "layers")

    @property
    def is_frozen(self) -> bool:
        """Whether the request lists the features now in the area, so that features added later are not exported."""
        return any(form.area_clause for form in self._layers.ticked)

    def keep_view(self) -> None:
        """Limit the export to features that touch the part of the world now shown on the map."""
        if self._preview.viewport is None:
            self.note = say("The map is not shown yet, so nothing is in view.")
            return
        self._choose(self._preview.viewport.area)

    def keep_drawn(self, geometry: Mapping[str, AnyValue]) -> None:
        """Limit the export to features that touch a polygon, given as a GeoJSON geometry in longitude and latitude."""
        area = Polygon.drawn(geometry)
        if area is None:
            self.note = say("The shape you drew has no area. Draw around the features to export.")
        else:
            self._choose(area)

    def clear(self) -> None:
        """Remove the area, so that features are exported wherever they are."""
        self._choose(None)

    def _choose(self, area: Area | None) -> None:
        self.area = area
        for form in self._layers.layers:
            form.area = None  # so that even an equal area is looked up again: the layer may have been edited
            form.area = area
        self._describe()

    def _layers_changed(self, _: object) -> None:
        self.area = None
        for form in self._layers.layers:
            form.observe(self._describe, ["area_note", "area_fault", "area_clause", "ticked"])
        self._describe()

    def _describe(self, _: object = None) -> None:
        forms = [form for form in self._layers.ticked if self.area is not None and not form.definition.is_table]
        note = "; ".join(f"{form.name}: {form.area_fault or form.area_note}" for form in forms)
        if note and self.is_frozen:
            frozen = say("The area is saved as the list of features in it now; features added later are not exported.")
            note = f"{note.rstrip('.')}. {frozen}"
        self.note = note
