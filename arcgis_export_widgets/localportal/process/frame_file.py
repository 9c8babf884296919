"""A frame as a file that the portal's process can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import shapely

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_REFUSED = (
    pyogrio.errors.DataLayerError,
    pyogrio.errors.DataSourceError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
)


def write_frame(frame: pd.DataFrame, title: str, folder: Path) -> Path:
    """Write `frame` as a GeoPackage with one layer and return where it is.

    Raises
    ------
    ValueError
        When the frame holds what GDAL's GeoPackage cannot, such as measures.
    """
    # shapely before 2.1 knows no measures; pyogrio cannot write them
    if isinstance(frame, gpd.GeoDataFrame) and hasattr(shapely, "has_m") and shapely.has_m(frame.geometry.array).any():
        raise ValueError("it has measures (M); drop them with shapely.force_2d or shapely.force_3d")
    path = folder / "frame.gpkg"
    try:
        pyogrio.write_dataframe(frame, path, layer=title, driver="GPKG")
    except _REFUSED as error:
        raise ValueError(str(error)) from error
    return path
