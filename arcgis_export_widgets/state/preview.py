"""What the filters keep in the part of the world the map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any as AnyValue

from traitlets import Any, Dict, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.portal import Envelope, FeatureLayer
from arcgis_export_widgets.request.fields import FieldType
from arcgis_export_widgets.state.failure import sentence
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.readable import readable
from arcgis_export_widgets.state.runner import Debounce, Latest, Runner
from arcgis_export_widgets.state.viewport import Viewport

MOST_FEATURES = 4000
"""Most features drawn at once, in all layers together: as many as a browser draws without a pause."""
_TABLE_ROWS = 100
_MOST_FIELDS = 24
_PADDING = 0.15
_MOVING_PAUSE_S = 0.15
_UNREADABLE = {FieldType.BLOB, FieldType.RASTER, FieldType.XML, FieldType.GEOMETRY}


@dataclass(frozen=True)
class LayerPreview:
    """Features of one layer in the view."""

    form: LayerForm
    where: str
    """The clause they meet."""
    area: Viewport | None
    """Where they were looked for; None for tables."""
    features: tuple[dict[str, AnyValue], ...]
    """GeoJSON features in longitude and latitude."""
    in_area: int
    """How many there are by the portal's count; more than `features` if not all could be fetched."""

    @property
    def is_complete(self) -> bool:
        """Whether all of them are here."""
        return len(self.features) >= self.in_area


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
    layers = Dict()
    """`LayerPreview` by layer id, for those whose answer is here."""
    errors = Dict()
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
        self._queries: dict[int, Latest] = {}
        self._moving = Debounce(runner, _MOVING_PAUSE_S)
        self._zooming = Latest(runner)

    @property
    def status(self) -> str:
        """What the map shows, all or which share, in one sentence."""
        if not self.forms:
            return ""
        if self.errors:
            return " ".join(f"{self._name(layer_id)}: {text}" for layer_id, text in self.errors.items())
        shown = [layer for layer in self.layers.values() if layer.area is not None]
        if not shown:
            return "Looking for features." if self.loading else ""
        there, drawn = (sum(counts) for counts in zip(*((p.in_area, len(p.features)) for p in shown), strict=True))
        if there == 0:
            return "No feature in this part of the map."
        if drawn >= there:
            return f"All {there:,} features in this part of the map are drawn."
        parts = ", ".join(
            f"{p.form.name} {len(p.features):,} of {p.in_area:,}" for p in shown if not p.is_complete
        )
        return (
            f"{drawn / there:.0%} of the {there:,} features in this part of the map are drawn ({parts}). "
            "Zoom in to see all; the export holds all."
        )

    def refresh(self) -> None:
        """Ask again for everything."""
        for form in self.forms:
            form.count()
            self._ask(form)

    def zoom_to_kept(self) -> None:
        """Show what the filters keep, of all ticked layers."""
        forms = tuple(self.forms)

        def work() -> list[Envelope]:
            boxes = (form.layer.extent(form.settled_where.strip() or None) for form in forms)
            return [box for box in boxes if box is not None]

        self._zooming.run(work, self._show, self._zoom_failed)

    def select(self, layer_id: int, index: int) -> None:
        """Show the attributes of a drawn feature, by its place in the layer's features."""
        layer = self.layers.get(layer_id)
        if layer is None or not 0 <= index < len(layer.features):
            return  # clicked just as it was replaced
        attributes = layer.features[index].get("properties") or {}
        definition = layer.form.definition
        fields = {name: definition.field(name) for name in attributes}
        self.selected = Selection(
            definition.name,
            tuple(((f.alias if (f := fields[name]) else name), readable(value, fields[name]))
                  for name, value in attributes.items()),
        )

    @observe("forms")
    def _forms_changed(self, _: object) -> None:
        before, now = set(self._followed), set(self.forms)
        self._followed = self.forms
        for form in before - now:
            form.unobserve(self._settled, "settled_where")
            self._query(form).drop()
        kept = {form.definition.id for form in now & before}
        self.layers = {layer_id: layer for layer_id, layer in self.layers.items() if layer_id in kept}
        self.errors = {layer_id: text for layer_id, text in self.errors.items() if layer_id in kept}
        self.loading = tuple(layer_id for layer_id in self.loading if layer_id in kept)
        self.selected = None
        for form in now - before:
            form.observe(self._settled, "settled_where")
        for form in self.forms:
            if form not in before or len(now) != len(before):  # the share of each in what is drawn changes, too
                self._ask(form)

    @observe("viewport")
    def _moved(self, _: object) -> None:
        self._moving.call(self._look_again)

    def _look_again(self) -> None:
        for form in self.forms:
            shown = self.layers.get(form.definition.id)
            same_zoom = shown and shown.area and self.viewport and shown.area.zoom == self.viewport.zoom
            enough = same_zoom and shown.is_complete and shown.area.contains(self.viewport)
            if not enough and not form.definition.is_table:
                self._ask(form)

    def _settled(self, change: dict[str, AnyValue]) -> None:
        self._ask(change["owner"])

    def _ask(self, form: LayerForm) -> None:
        definition = form.definition
        if self.viewport is None and not definition.is_table:
            return
        area = None if definition.is_table else self.viewport.padded(_PADDING)
        limit = _TABLE_ROWS if definition.is_table else MOST_FEATURES // max(len(self.forms), 1)
        where = form.settled_where.strip()
        self.loading = tuple({*self.loading, definition.id})
        self._query(form).run(
            lambda: _fetch(form, where, area, limit),
            self._paint,
            lambda error: self._failed(definition.id, error),
        )

    def _paint(self, found: LayerPreview) -> None:
        layer_id = found.form.definition.id
        self._loaded(layer_id)
        self.errors = {other: text for other, text in self.errors.items() if other != layer_id}
        self.layers = {**self.layers, layer_id: found}

    def _failed(self, layer_id: int, error: Exception) -> None:
        self._loaded(layer_id)
        self.errors = {**self.errors, layer_id: sentence(error)}

    def _loaded(self, layer_id: int) -> None:
        self.loading = tuple(other for other in self.loading if other != layer_id)

    def _show(self, boxes: list[Envelope]) -> None:
        if not boxes:
            self.message = "There is nothing to zoom to: the filters keep no feature with a place."
            return
        self.message = ""
        self.goal = None
        self.goal = Envelope(
            min(box.xmin for box in boxes),
            min(box.ymin for box in boxes),
            max(box.xmax for box in boxes),
            max(box.ymax for box in boxes),
        )

    def _zoom_failed(self, error: Exception) -> None:
        self.message = sentence(error)

    def _query(self, form: LayerForm) -> Latest:
        return self._queries.setdefault(form.definition.id, Latest(self._runner))

    def _name(self, layer_id: int) -> str:
        return next((form.name for form in self.forms if form.definition.id == layer_id), str(layer_id))


def _fetch(form: LayerForm, where: str, area: Viewport | None, limit: int) -> LayerPreview:
    """Ask for features, and for their number when not all came; runs in a worker."""
    layer: FeatureLayer = form.layer
    envelope = None if area is None else area.envelope
    answer = layer.preview(
        where or None,
        envelope=envelope,
        limit=limit,
        tolerance=None if area is None else area.degrees_per_pixel,
        out_fields=_fields(layer),
    )
    features = tuple(answer["features"][:limit])
    more = answer["exceeded"] or len(answer["features"]) > limit
    there = layer.count(where or None, envelope=envelope) if more else len(features)
    return LayerPreview(form, where, area, features, max(there, len(features)))


def _fields(layer: FeatureLayer) -> tuple[str, ...]:
    """The fields to look at: all that can be read, up to a number that keeps answers small."""
    names = [f.name for f in layer.definition.fields if f.type not in _UNREADABLE]
    return tuple(names[:_MOST_FIELDS]) or ("*",)


