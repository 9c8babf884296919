"""What a file should hold, as the portal told it before."""

from __future__ import annotations

from dataclasses import dataclass

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference


@dataclass(frozen=True)
class ExpectedLayer:
    """One layer that an exported file should hold."""

    definition: LayerDefinition
    """Of the source layer; what a format lost is restored from it."""
    count: int | None = None
    """Rows the portal counted under the where clause; None if nobody counted."""
    include_geometry: bool = True
    x_column_name: str | None = None
    """CSV only: column of a point's x; None for ``x``."""
    y_column_name: str | None = None
    """CSV only: column of a point's y; None for ``y``."""
    target_sr: SpatialReference | None = None
    """Coordinate system asked for; None for the layer's own."""
    extent: tuple[float, float, float, float] | None = None
    """Smallest x and y, greatest x and y of the rows counted, by the portal's word, in the coordinate system the file
    should have; None if nobody asked."""
    last_edit_before_ms: int | None = None
    last_edit_after_ms: int | None = None
    """Milliseconds since 1970 UTC of the layer's last edit, before the export and after loading; None if untold."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    @property
    def has_geometry(self) -> bool:
        """Whether the source has coordinates and they were asked for."""
        return self.include_geometry and not self.definition.is_table
