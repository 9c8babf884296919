"""Holds the chosen format and coordinate system, and says what the format cannot store."""

from __future__ import annotations

from dataclasses import dataclass

from traitlets import Any, Bool, Dict, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.losses import Loss, losses
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import listed, say
from arcgis_export_widgets.model.crs_search import KnownCRS, area_of, search_crs, suggest_crs
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference

_COMMON = (4326, 3857)
_SEPARATOR = " · "


@dataclass(frozen=True)
class FormatCard:
    """A format, and what the chosen layers would lose if exported in this format."""

    value: str
    """Value of the `ExportFormat` member."""
    label: str
    extension: str
    lost: tuple[str, ...]
    """What the format loses, a few words per loss, worst first; empty if nothing."""
    coordinates: str
    """Which coordinate systems the format can store, in a few words."""


class FormatForm(HasTraits):
    """The chosen format, its coordinate system and column names, and whether to include the geometry."""

    format = Unicode(ExportFormat.SHAPEFILE.value)
    """Value of the chosen `ExportFormat` member."""
    definitions = Tuple()
    """Definitions of the layers to export, which decide what a format loses."""
    counts: Dict[int, int | None] = Dict()
    """Number of rows to export, by layer id, to compare with the formats' limits; None for a layer not yet counted."""
    coordinates = Unicode()
    """The coordinate system as typed, a code or a name; empty to keep each layer's own."""
    target_sr = Any(None, allow_none=True)
    """The coordinate system that `coordinates` names; None to keep each layer's own, or if the text names none."""
    coordinates_error = Unicode()
    include_geometry = Bool(True)
    x_column_name = Unicode()
    """Name of the x column (CSV only); empty for ArcGIS's default name ``x``."""
    y_column_name = Unicode()
    """Name of the y column (CSV only); empty for ArcGIS's default name ``y``."""
    columns_error = Unicode()

    @property
    def export_format(self) -> ExportFormat:
        """The chosen format."""
        return ExportFormat.of(self.format)

    @property
    def cards(self) -> tuple[FormatCard, ...]:
        """A card for every format."""
        cards = []
        for known in ExportFormat:
            lost = [loss.topic for definition in self.definitions for loss in self._losses_of(definition, known)]
            coordinates = say("any coordinates") if known.facts.honours_target_sr else say("WGS 84 only")
            extension = known.facts.extension_of(len(self.definitions))
            cards.append(FormatCard(known.value, known.facts.label, extension, tuple(dict.fromkeys(lost)), coordinates))
        return tuple(cards)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Coordinate systems to suggest: the layers' own, the two most common, and some made for the layers' area."""
        own = [d.spatial_reference for d in self.definitions if d.spatial_reference is not None]
        labels = [reference.label for reference in (*own, *map(SpatialReference.of, _COMMON))]
        area = area_of(self.definitions)
        labels += [known.label for known in (() if area is None else suggest_crs(area))]
        return tuple(dict.fromkeys(labels))

    @property
    def found(self) -> tuple[KnownCRS, ...]:
        """Coordinate systems whose names contain the typed words; empty if nothing is typed or one is chosen."""
        text = self.coordinates.strip()
        return () if not text or self.target_sr is not None else search_crs(text)

    @property
    def coordinates_note(self) -> str:
        """Which coordinate system the file will have, in words."""
        facts = self.export_format.facts
        if not self.include_geometry or all(d.is_table for d in self.definitions):
            return say("No coordinates are exported.")
        if not facts.honours_target_sr:
            if self.target_sr is not None and not self.target_sr.same_as(SpatialReference.of(4326)):
                return say(
                    "{format} is always written in WGS 84 (EPSG:4326); {wanted} is not used.",
                    format=facts.label,
                    wanted=self.target_sr.label,
                )
            return say("{format} is always written in WGS 84 (EPSG:4326).", format=facts.label)
        if self.target_sr is not None:
            return str(self.target_sr.label)
        own = dict.fromkeys(d.spatial_reference.label for d in self.definitions if d.spatial_reference)
        return say("The layer's own: {systems}", systems=", ".join(own)) if own else say("The layer's own.")

    @property
    def has_columns(self) -> bool:
        """Whether the user can name the x and y columns: only in formats with such columns, and with the geometry."""
        return self.export_format.facts.names_xy_columns and self.include_geometry

    @property
    def layer_losses(self) -> tuple[str, ...]:
        """What layers lose as a whole in the chosen format, such as their geometry; one sentence per loss."""
        return self._losses(of_fields=False)

    @property
    def field_losses(self) -> tuple[str, ...]:
        """What individual fields lose in the chosen format; one sentence per loss, worst first."""
        return self._losses(of_fields=True)

    def _losses_of(self, definition: LayerDefinition, known: ExportFormat) -> tuple[Loss, ...]:
        """What a layer loses if exported in the format `known` with the chosen options."""
        with_geometry, count = self.include_geometry, self.counts.get(definition.id)
        return losses(known, definition, include_geometry=with_geometry, target_sr=self.target_sr, count=count)

    def _losses(self, *, of_fields: bool) -> tuple[str, ...]:
        found: dict[str, list[str]] = {}
        for definition in self.definitions:
            for loss in self._losses_of(definition, self.export_format):
                if bool(loss.fields) is of_fields:
                    found.setdefault(loss.text, []).append(definition.name)
        if len(self.definitions) == 1:
            return tuple(found)
        return tuple(f"{listed(names)}: {text}" for text, names in found.items())

    @property
    def blockers(self) -> tuple[str, ...]:
        """What is wrong with the choices made here, one sentence per fault."""
        errors = self.coordinates_error, self.columns_error if self.has_columns else ""
        return tuple(filter(None, errors))

    @observe("coordinates")
    def _coordinates_typed(self, _: object) -> None:
        # a chosen suggestion reads "EPSG:4326 · WGS 84"; only the part before the separator is needed
        text = self.coordinates.partition(_SEPARATOR)[0].strip()
        try:
            self.target_sr = SpatialReference.of(text) if text else None
        except RequestError as error:
            self.target_sr = None
            many = len(self.found)
            choose = say("Choose one of the {count} found for {text!r} below, or keep typing.", count=many, text=text)
            self.coordinates_error = choose if many else str(error)
        else:
            self.coordinates_error = ""

    @observe("x_column_name", "y_column_name")
    def _columns_typed(self, _: object) -> None:
        x, y = (name.strip() or default for name, default in ((self.x_column_name, "x"), (self.y_column_name, "y")))
        same = say("x and y cannot both go to the column {name!r}; give them different names.", name=x)
        self.columns_error = same if x.lower() == y.lower() else ""
