"""What the filters keep in the part of the world the map shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any as AnyValue

from traitlets import Any, Dict, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.language import say, say_count, sentence
from arcgis_export_widgets.model.fields import readable
from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.feature_budget import share_out
from arcgis_export_widgets.preview.sample import LayerPreview, extent, further, look
from arcgis_export_widgets.preview.viewport import Viewport
from arcgis_export_widgets.runner import Debounce, Latest, Runner
from arcgis_export_widgets.state.layer_form import LayerForm

MOST_FEATURES = 4000
"""Most features drawn at once, in all layers together: as many as a browser draws without a pause."""
_PADDING = 0.15
_MOVING_PAUSE_S = 0.15


@dataclass(frozen=True)
class Selection:
    """The feature that was clicked."""

    layer_name: str
    attributes: tuple[tuple[str, str], ...]
    """Name and value of each field, as people read them."""


class Preview(HasTraits):
    """Follows the ticked layers' settled clauses and the map's view; the newest answer of each layer wins."""

    forms = Tuple()
    """The ticked `LayerForm` objects."""
    viewport = Any(None, allow_none=True)
    """The `Viewport` shown; None before the map is."""
    layers: Dict[int, LayerPreview] = Dict()
    """`LayerPreview` by layer id, for those whose answer is here."""
    errors: Dict[int, str] = Dict()
    """Why a layer cannot be shown, by layer id."""
    loading = Tuple()
    """Ids of layers being asked for."""
    goal = Any(None, allow_none=True)
    """The `Envelope` (WGS 84) to show next; the map follows whenever it is assigned."""
    selected = Any(None, allow_none=True)
    """The `Selection`; None if nothing was clicked."""
    message = Unicode()
    """Why zooming did nothing; usually empty."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._followed: tuple[LayerForm, ...] = ()
        self._asked: dict[int, tuple[Viewport | None, int]] = {}
        self._queries: dict[int, Latest] = {}
        self._moving = Debounce(runner, _MOVING_PAUSE_S)
        self._zooming = Latest(runner)

    @property
    def status(self) -> str:
        """What the map shows, all or which share, in one sentence."""
        if self.errors:
            return " ".join(f"{self._name(layer_id)}: {text}" for layer_id, text in self.errors.items())
        shown = [layer for layer in self.layers.values() if layer.area is not None]
        if not shown:
            return say("Looking for features.") if self.loading else ""
        there, drawn = sum(layer.there for layer in shown), sum(layer.drawn for layer in shown)
        if there == 0:
            return say("No feature in this part of the map.")
        if drawn >= there:
            whole = say_count(
                "The one feature in this part of the map is drawn.",
                "All {count:,} features in this part of the map are drawn.",
                there,
            )
            is_picture = any(layer.picture for layer in shown)
            return f"{whole} {say('Zoom in to click a feature.')}" if is_picture else whole
        parts = (
            say("{drawn:,} of {there:,} {layer}", drawn=layer.drawn, there=layer.there, layer=layer.layer.name)
            for layer in shown
            if not layer.is_complete
        )
        return say(
            "Drawn here: {parts}, picked evenly. Zoom in to see all; the export holds all.",
            parts=reduce(lambda one, other: say("{one} and {other}", one=one, other=other), parts),
        )

    def refresh(self) -> None:
        """Ask again for everything."""
        for form in self.forms:
            form.count()
            self._ask(form)

    def zoom_to_kept(self) -> None:
        """Show what the filters keep, of all ticked layers."""
        wanted = [(form.layer, form.settled_where.strip()) for form in self.forms]
        self._zooming.run(lambda: extent(wanted), self._show, self._zoom_failed)

    def select(self, layer_id: int, index: int) -> None:
        """Show the attributes of a drawn feature, by its place in the layer's features."""
        shown = self.layers.get(layer_id)
        if shown is None or not 0 <= index < len(shown.features):
            return  # clicked just as it was replaced
        definition = shown.layer.definition
        attributes = []
        for name, value in (shown.features[index].get("properties") or {}).items():
            field = definition.field(name)
            attributes.append((field.alias if field else name, readable(value, field)))
        self.selected = Selection(definition.name, tuple(attributes))

    @observe("forms")
    def _forms_changed(self, _: object) -> None:
        before, now = set(self._followed), set(self.forms)
        self._followed = self.forms
        for form in before - now:
            form.unobserve(self._typed, "where")
            form.unobserve(self._settled, "settled_where")
            form.unobserve(self._counted, "kept")
            self._query(form).drop()
            self._asked.pop(form.definition.id, None)
        kept = {form.definition.id for form in now & before}
        self.layers = {layer_id: layer for layer_id, layer in self.layers.items() if layer_id in kept}
        self.errors = {layer_id: text for layer_id, text in self.errors.items() if layer_id in kept}
        self.loading = tuple(layer_id for layer_id in self.loading if layer_id in kept)
        self.selected = None
        for form in self.forms:
            if form not in before:
                form.observe(self._typed, "where")
                form.observe(self._settled, "settled_where")
                form.observe(self._counted, "kept")
                self._ask(form)
        self._moving.call(self._look_again)

    @observe("viewport")
    def _moved(self, _: object) -> None:
        self._moving.call(self._look_again)

    def _counted(self, change: dict[str, AnyValue]) -> None:
        if change["new"] is not None:
            self._moving.call(self._look_again)  # other counts, other shares of what can be drawn

    def _typed(self, change: dict[str, AnyValue]) -> None:
        """Draw no more of what will be replaced in a moment; should it be wanted after all, it is asked for again."""
        layer_id = change["owner"].definition.id
        if self._stop(layer_id):
            self._asked.pop(layer_id, None)

    def _settled(self, change: dict[str, AnyValue]) -> None:
        self._ask(change["owner"])

    def _look_again(self) -> None:
        """Ask for the layers of which more, or another place, is to be shown now."""
        shares = self._shares()
        for form in self.forms:
            if not self._is_enough(form.definition.id, shares[form.definition.id]):
                self._ask(form)

    def _is_enough(self, layer_id: int, share: int) -> bool:
        """Whether what was asked last covers what is in view now."""
        if layer_id not in self._asked:
            return False
        area, limit = self._asked[layer_id]
        if area is None or self.viewport is None:
            return True
        shown = self.layers.get(layer_id)
        enough = share <= limit or (shown is not None and shown.area == area and shown.is_complete)
        return enough and area.zoom == self.viewport.zoom and area.contains(self.viewport)

    def _ask(self, form: LayerForm) -> None:
        layer_id, is_table = form.definition.id, form.definition.is_table
        if self.viewport is None and not is_table:
            return
        area = None if is_table else self.viewport.padded(_PADDING)
        layer, where, share = form.layer, form.settled_where.strip(), self._shares()[layer_id]
        self._asked[layer_id] = area, share
        self.message = ""  # it was about what was shown before
        self._stop(layer_id)  # or it would be in the way of what is wanted now
        self.loading = tuple(dict.fromkeys((*self.loading, layer_id)))
        self._query(form).run(
            lambda: look(layer, where, area, share), self._paint, lambda error: self._failed(layer_id, error)
        )

    def _stop(self, layer_id: int) -> bool:
        """Have no more of a layer's picture drawn; tells whether that was being done."""
        shown = self.layers.get(layer_id)
        if shown is None or shown.painting is None:
            return False
        shown.painting.stop()
        return True

    def _paint(self, found: LayerPreview) -> None:
        layer_id = found.layer.definition.id
        self.errors = {other: text for other, text in self.errors.items() if other != layer_id}
        self.layers = {**self.layers, layer_id: found}
        if not found.is_sketch:
            self._loaded(layer_id)
            return
        self._queries[layer_id].run(lambda: further(found), self._paint, lambda error: self._failed(layer_id, error))

    def _failed(self, layer_id: int, error: Exception) -> None:
        self._loaded(layer_id)
        self._asked.pop(layer_id, None)
        self.errors = {**self.errors, layer_id: sentence(error)}

    def _loaded(self, layer_id: int) -> None:
        self.loading = tuple(other for other in self.loading if other != layer_id)

    def _shares(self) -> dict[int, int]:
        places = [form for form in self.forms if not form.definition.is_table]
        shares = share_out(MOST_FEATURES, {form.definition.id: form.kept for form in places})
        return {form.definition.id: shares.get(form.definition.id, 0) for form in self.forms}

    def _show(self, box: Envelope | None) -> None:
        nothing = say("There is nothing to zoom to: the filters keep no feature with a place.")
        self.message = "" if box else nothing
        if box is not None:
            self.goal = None  # assigning an equal box moves the map, too
            self.goal = box

    def _zoom_failed(self, error: Exception) -> None:
        self.message = sentence(error)

    def _query(self, form: LayerForm) -> Latest:
        return self._queries.setdefault(form.definition.id, Latest(self._runner))

    def _name(self, layer_id: int) -> str:
        return next((form.name for form in self.forms if form.definition.id == layer_id), str(layer_id))
