"""What of one layer goes into an exported file."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.fields import OID, Field
from arcgis_export_widgets.localportal.file_names import safe_file_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS


@dataclass(frozen=True)
class ExportedLayer:
    """What of one layer goes into a file.

    Parameters
    ----------
    geometries
        In `crs`; None for a table or when no geometry was asked for.
    """

    layer_id: int
    name: str
    fields: Sequence[Field]
    attributes: pd.DataFrame
    geometries: NDArray[np.object_] | None
    geometry_type: str | None
    crs: CRS | None
    x_column: str = "x"
    y_column: str = "y"
    definition: dict[str, Any] | None = None
    display_field: str = ""

    @property
    def object_id_name(self) -> str | None:
        """Name of the object id field, when it is exported."""
        return next((field.name for field in self.fields if field.esri_type == OID), None)


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
