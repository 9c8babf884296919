"""Exporting only the features in a part of the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any as AnyValue

from traitlets import Any, HasTraits, Unicode

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.area import Area, Polygon
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.layer_list import LayerList
from arcgis_export_widgets.state.preview import Preview


class AreaChoice(HasTraits):
    """One area for all layers: the part of the map that was in view, or a drawn polygon."""

    area = Any(None, allow_none=True)
    """The `Area`; None for anywhere."""
    note = Unicode()
    """How many features of each layer are in it, in words; empty without one."""

    def __init__(self, layers: LayerList, preview: Preview) -> None:
        super().__init__()
        self._layers = layers
        self._preview = preview
        layers.observe(self._layers_changed, "layers")

    @property
    def is_frozen(self) -> bool:
        """Whether the request lists the features that are in the area now; features added later are not exported."""
        return any(form.ticked and form.area_clause for form in self._layers.layers)

    def keep_view(self) -> None:
        """Export only features that touch the part of the world that the map shows now."""
        if self._preview.viewport is None:
            self.note = say("The map is not shown yet, so nothing is in view.")
            return
        self._choose(self._preview.viewport.area)

    def keep_drawn(self, geometry: Mapping[str, AnyValue]) -> None:
        """Export only features that touch a polygon, a GeoJSON geometry in longitude and latitude."""
        area = Polygon.drawn(geometry)
        if area is None:
            self.note = say("The shape you drew has no area. Draw around the features to export.")
        else:
            self._choose(area)

    def clear(self) -> None:
        """Export features wherever they are."""
        self._choose(None)

    def _choose(self, area: Area | None) -> None:
        self.area = area
        for form in self._layers.layers:
            form.area = None  # so that the same area is evaluated again: the layer may have been edited
            form.area = area
        self._tell()

    def _layers_changed(self, _: object) -> None:
        self.area = None
        for form in self._layers.layers:
            form.observe(self._tell, ["area_note", "area_fault", "area_clause", "ticked"])
        self._tell()

    def _tell(self, _: object = None) -> None:
        found = "" if self.area is None else "; ".join(filter(None, map(_said, self._layers.layers)))
        if found and self.is_frozen:
            frozen = say("The area is saved as the list of features in it now; features added later are not exported.")
            found = f"{found.rstrip('.')}. {frozen}"
        self.note = found


def _said(form: LayerForm) -> str:
    if not form.ticked or form.definition.is_table:
        return ""
    return f"{form.name}: {form.area_fault or form.area_note}"
