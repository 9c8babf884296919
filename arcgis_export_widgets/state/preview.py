"""Requests the features that match the filters in the part of the world that the map shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any as AnyValue

from traitlets import Any, Dict, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.language import say, say_count, sentence
from arcgis_export_widgets.model.fields import readable
from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.sample import MOST_FEATURES, LayerSample, extent, feature_budget, take_sample
from arcgis_export_widgets.preview.viewport import Viewport
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.runner import Debounce, Latest, Runner

_PADDING = 0.15
_MOVING_PAUSE_S = 0.15


@dataclass(frozen=True)
class ClickedFeature:
    """A feature that was clicked on the map."""

    layer_name: str
    attributes: tuple[tuple[str, str], ...]
    """Label and readable value of each field, in pairs."""


class Preview(HasTraits):
    """What the map shows: the features of the ticked layers that match their filters in the current view."""

    forms = Tuple()
    """The ticked `LayerForm` objects."""
    unticked = Tuple()
    """The service's other `LayerForm` objects; they are only counted, not drawn."""
    viewport = Any(None, allow_none=True)
    """The `Viewport` of the map; None before the map is shown."""
    layers: Dict[int, LayerSample] = Dict()
    """`LayerSample` by layer id, for the layers whose features have arrived."""
    errors: Dict[int, str] = Dict()
    """Why a layer cannot be shown, by layer id."""
    loading = Tuple()
    """Ids of the layers whose features are being requested."""
    goal = Any(None, allow_none=True)
    """The `Envelope` (WGS 84) that the map should show; the map moves whenever this is assigned."""
    selected = Any(None, allow_none=True)
    """The `ClickedFeature`; None if nothing was clicked."""
    message = Unicode()
    """Why the map was not zoomed; usually empty."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._followed: tuple[LayerForm, ...] = ()
        self._asked: dict[int, tuple[Viewport | None, int]] = {}
        self._queries: dict[int, Latest] = {}
        self._moving = Debounce(runner, _MOVING_PAUSE_S)
        self._zooming = Latest(runner)

    @property
    def faults(self) -> list[str]:
        """Why layers cannot be shown, one sentence per layer, with its name."""
        names = {form.definition.id: form.name for form in self.forms}
        return [f"{names.get(layer_id, layer_id)}: {text}" for layer_id, text in self.errors.items()]

    @property
    def status(self) -> str:
        """One sentence saying how many of the features in view are drawn."""
        if self.errors:
            return " ".join(self.faults)
        shown = [layer for layer in self.layers.values() if layer.viewport is not None]
        if not shown:
            return say("Looking for features.") if self.loading else ""
        matched, drawn = sum(layer.matched for layer in shown), sum(layer.drawn for layer in shown)
        if matched == 0:
            return say("No feature in this part of the map.")
        if drawn >= matched:
            all_drawn = say_count(
                "The one feature in this part of the map is drawn.",
                "All {count:,} features in this part of the map are drawn.",
                matched,
            )
            is_picture = any(layer.picture for layer in shown)
            return f"{all_drawn} {say('Zoom in to click a feature.')}" if is_picture else all_drawn
        parts = (
            say("{drawn:,} of {matched:,} {layer}", drawn=layer.drawn, matched=layer.matched, layer=layer.layer.name)
            for layer in shown
            if not layer.is_complete
        )
        return say(
            "Drawn here: {parts}, an even sample. Zoom in to see all; the export contains all.",
            parts=reduce(lambda one, other: say("{one} and {other}", one=one, other=other), parts),
        )

    def refresh(self) -> None:
        """Count and draw all layers again, because they may have been edited."""
        for form in (*self.forms, *self.unticked):
            form.refresh()
        for form in self.forms:
            self._ask(form)

    def zoom_to_matched(self) -> None:
        """Zoom the map to all features of the ticked layers that match the filters."""
        wanted = [(form.layer, form.settled_where.strip()) for form in self.forms]
        self._zooming.run(lambda: extent(wanted), self._show, lambda error: self.set_trait("message", sentence(error)))

    def select(self, layer_id: int, index: int) -> None:
        """Show the attributes of a feature drawn on the map; `index` is its place among the layer's features."""
        shown = self.layers.get(layer_id)
        if shown is None or not 0 <= index < len(shown.features):
            return  # the features were replaced during the click
        definition = shown.layer.definition
        attributes = []
        for name, value in (shown.features[index].get("properties") or {}).items():
            field = definition.field(name)
            attributes.append((field.alias if field else name, readable(value, field)))
        self.selected = ClickedFeature(definition.name, tuple(attributes))

    @observe("forms")
    def _forms_changed(self, _: object) -> None:
        before, now = set(self._followed), set(self.forms)
        self._followed = self.forms
        followed = {"where": self._typed, "settled_where": self._settled, "matched": self._counted}
        for form in before - now:
            for name, call in followed.items():
                form.unobserve(call, name)
            self._stop(form.definition.id)
            self._query(form).drop()
            self._asked.pop(form.definition.id, None)
        staying = {form.definition.id for form in now & before}
        self.layers = {one: layer for one, layer in self.layers.items() if one in staying}
        self.errors = {one: text for one, text in self.errors.items() if one in staying}
        self.loading = tuple(one for one in self.loading if one in staying)
        self.selected = None
        for form in self.forms:
            if form not in before:
                for name, call in followed.items():
                    form.observe(call, name)
                self._ask(form)
        self._moving.call(self._ask_where_needed)

    @observe("viewport")
    def _moved(self, _: object) -> None:
        self._moving.call(self._ask_where_needed)

    def _counted(self, change: dict[str, AnyValue]) -> None:
        if change["new"] is not None:
            self._moving.call(self._ask_where_needed)  # layers' shares of the drawn features depend on the counts

    def _typed(self, change: dict[str, AnyValue]) -> None:
        """Stop drawing the picture of a layer whose filter was changed; a stopped picture can be requested again."""
        layer_id = change["owner"].definition.id
        if self._stop(layer_id):
            self._asked.pop(layer_id, None)

    def _settled(self, change: dict[str, AnyValue]) -> None:
        self._ask(change["owner"])

    def _ask_where_needed(self) -> None:
        """Request the features of each layer whose last request does not cover what the map can show now."""
        budgets = self._budgets()
        for form in self.forms:
            if not self._is_enough(form.definition.id, budgets[form.definition.id]):
                self._ask(form)

    def _is_enough(self, layer_id: int, budget: int) -> bool:
        """Whether the layer's last request covers the current view, and up to `budget` features."""
        if layer_id not in self._asked:
            return False
        asked, limit = self._asked[layer_id]
        if asked is None or self.viewport is None:
            return True
        shown = self.layers.get(layer_id)
        enough = budget <= limit or (shown is not None and shown.viewport == asked and shown.is_complete)
        return enough and asked.zoom == self.viewport.zoom and asked.contains(self.viewport)

    def _ask(self, form: LayerForm) -> None:
        layer_id, is_table = form.definition.id, form.definition.is_table
        if self.viewport is None and not is_table:
            return
        viewport = None if is_table else self.viewport.padded(_PADDING)
        layer, where, budget = form.layer, form.settled_where.strip(), self._budgets()[layer_id]
        self._asked[layer_id] = viewport, budget
        self.message = ""  # the message was about the earlier view
        self._stop(layer_id)  # an unfinished picture would delay this request
        self.loading = tuple(dict.fromkeys((*self.loading, layer_id)))
        self._query(form).run(
            lambda: take_sample(layer, where, viewport, budget),
            self._paint,
            lambda error: self._failed(layer_id, error),
        )

    def _stop(self, layer_id: int) -> bool:
        """Stop drawing a layer's picture; returns whether it was being drawn."""
        shown = self.layers.get(layer_id)
        if shown is None or shown.painting is None:
            return False
        shown.painting.stop()
        return True

    def _paint(self, sample: LayerSample) -> None:
        layer_id = sample.layer.definition.id
        self.errors = {other: text for other, text in self.errors.items() if other != layer_id}
        self.layers = {**self.layers, layer_id: sample}
        if not sample.is_sketch:
            self._loaded(layer_id)
            return
        self._queries[layer_id].run(sample.refined, self._paint, lambda error: self._failed(layer_id, error))

    def _failed(self, layer_id: int, error: Exception) -> None:
        self._loaded(layer_id)
        self._asked.pop(layer_id, None)
        self.errors = {**self.errors, layer_id: sentence(error)}

    def _loaded(self, layer_id: int) -> None:
        self.loading = tuple(other for other in self.loading if other != layer_id)

    def _budgets(self) -> dict[int, int]:
        places = [form for form in self.forms if not form.definition.is_table]
        budgets = feature_budget(MOST_FEATURES, {form.definition.id: form.matched for form in places})
        return {form.definition.id: budgets.get(form.definition.id, 0) for form in self.forms}

    def _show(self, goal: Envelope | None) -> None:
        nothing = say("There is nothing to zoom to: no feature that has a geometry matches the filters.")
        self.message = "" if goal else nothing
        if goal is not None:
            self.goal = None  # so that assigning an equal envelope moves the map as well
            self.goal = goal

    def _query(self, form: LayerForm) -> Latest:
        return self._queries.setdefault(form.definition.id, Latest(self._runner))
