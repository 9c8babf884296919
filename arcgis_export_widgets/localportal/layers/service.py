"""A hosted feature service: named layers, what may be done with them, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from arcgis_export_widgets.localportal.geometry.spatial_reference import SpatialReferenceError, reproject
from arcgis_export_widgets.localportal.layers.layer import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS


@dataclass
class Service:
    """A hosted feature service."""

    name: str
    item_id: str
    layers: list[Layer]
    capabilities: str = "Query"
    max_record_count: int = 2000
    description: str = ""
    copyright_text: str = ""
    is_view: bool = False

    def layer(self, layer_id: int) -> Layer | None:
        """Return the layer or table of that number, or None."""
        return next((layer for layer in self.layers if layer.layer_id == layer_id), None)

    @property
    def allows_extract(self) -> bool:
        """Whether the owner lets others export."""
        return "Extract" in self.capabilities.split(",")

    def record_limits(self, layer: Layer) -> dict[str, int]:
        """Return the largest number of features in an answer for each ``resultType``."""
        is_point = layer.geometry_type == "esriGeometryPoint"
        return {
            "none": self.max_record_count,
            "standard": max(32000 if is_point else 4000, self.max_record_count),
            "tile": max(8000 if is_point else 4000, self.max_record_count),
        }

    def geometries_in(self, crs: CRS | None) -> NDArray[np.object_]:
        """Return the outlines of all layers' extents in `crs`, of those that have a place there."""
        boxes = []
        for layer in self.layers:
            if layer.is_table or not np.isfinite(layer.extent).all():
                continue
            box = np.array([shapely.box(*layer.extent)], dtype=object)
            try:
                boxes.append(reproject(box, layer.crs, crs)[0])
            except SpatialReferenceError:
                continue  # a local system, as of a building site
        return np.array(boxes, dtype=object)
