"""What of one layer goes into an exported file."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from arcgis_export_widgets.localportal.export.file_names import safe_file_name
from arcgis_export_widgets.localportal.layers.fields import OID, Field

_LINE, _POLYGON = 1, 3
_VERTEX_BYTES = 16


@dataclass(frozen=True)
class ExportedLayer:
    """What of one layer goes into a file.

    Parameters
    ----------
    wkb
        Geometries in `crs` as bytes, lines and polygons multi-part, empty for null; None for a table or when no
        geometry was asked for. As bytes they go to another process and to GDAL as they are.
    """

    layer_id: int
    name: str
    fields: Sequence[Field]
    attributes: pd.DataFrame
    wkb: NDArray[np.object_] | None
    geometry_type: str | None
    crs: CRS | None
    x_column: str = "x"
    y_column: str = "y"
    definition: dict[str, Any] | None = None
    display_field: str = ""
    has_z: bool = False

    @cached_property
    def geometries(self) -> NDArray[np.object_] | None:
        """The geometries as shapely objects, None for null; None as a whole where there are none."""
        if self.wkb is None:
            return None
        geometries: NDArray[np.object_] = shapely.from_wkb([one or None for one in self.wkb])
        return geometries

    @property
    def size(self) -> int:
        """About how many features and vertices there are."""
        size_bytes = 0 if self.wkb is None else sum(map(len, self.wkb))
        return len(self.attributes) + size_bytes // _VERTEX_BYTES

    @property
    def object_id_name(self) -> str | None:
        """Name of the object id field, when it is exported."""
        return next((field.name for field in self.fields if field.esri_type == OID), None)


def to_wkb(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return each geometry's bytes, none for null; single lines and polygons become multi-part."""
    kinds = shapely.get_type_id(geometries)
    geometries = geometries.copy()
    for kind, gather in ((_LINE, shapely.multilinestrings), (_POLYGON, shapely.multipolygons)):
        single = np.flatnonzero(kinds == kind)
        geometries[single] = gather(geometries[single], indices=np.arange(len(single)))
    wkb: NDArray[np.object_] = shapely.to_wkb(geometries)
    wkb[kinds < 0] = b""
    return wkb


def unique_names(layers: Sequence[ExportedLayer]) -> list[str]:
    """Return a file or table name per layer: its own, with its id behind where two would be the same."""
    names: list[str] = []
    for layer in layers:
        name = safe_file_name(layer.name)
        names.append(f"{name}_{layer.layer_id}" if name.lower() in {one.lower() for one in names} else name)
    return names


def zip_folder(folder: Path, target: Path) -> Path:
    """Put everything in `folder` into a zip and remove the folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    shutil.rmtree(folder)
    return target
