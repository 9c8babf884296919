"""Why no row lies in a box: most often it is in another coordinate system than the layer."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import CRS

from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import Kind
from arcgis_export_widgets.loading.matching import Part
from arcgis_export_widgets.loading.readers.gdal import gdal_errors, opening_options, read
from arcgis_export_widgets.loading.restore.restore import restore
from arcgis_export_widgets.loading.selection import Bounds, Selection

_READ_WHOLE = {Kind.CSV, Kind.EXCEL, Kind.FEATURE_COLLECTION, Kind.KML}


def told_outside(part: Part, selection: Selection) -> str | None:
    """In a sentence, that the box meets nothing of the layer's extent; None if it does, or nobody knows."""
    extent, crs = _extent(part)
    box = selection.bounds(crs)
    if extent is None or box is None or shapely.box(*box).intersects(shapely.box(*extent)):
        return None
    xmin, ymin, xmax, ymax = extent
    return say(
        "The box lies outside of {layer}, which reaches from {xmin:.6g}, {ymin:.6g} to {xmax:.6g}, {ymax:.6g} in "
        "{crs}. Give the box in that system, or as a GeoDataFrame.",
        layer=part.name,
        xmin=xmin,
        ymin=ymin,
        xmax=xmax,
        ymax=ymax,
        crs=crs.to_string() if crs else say("a coordinate system that the file does not name"),
    )


def _extent(part: Part) -> tuple[Bounds | None, CRS | None]:
    source, known = part.source, part.known
    if source.kind in _READ_WHOLE:
        frame = read(source, known)
        frame = restore(frame, known, source.kind) if known else frame
        if not isinstance(frame, gpd.GeoDataFrame):
            return None, None
        bounds, crs = frame.total_bounds, frame.crs
    else:
        with gdal_errors(source):
            info = pyogrio.read_info(source.path, force_total_bounds=True, **opening_options(source))
        reference = known and (known.target_sr or known.definition.spatial_reference)
        crs = CRS.from_user_input(info["crs"]) if info["crs"] else reference.crs if reference else None
        bounds = info["total_bounds"]
    if bounds is None or not np.isfinite(bounds).all():
        return None, crs
    xmin, ymin, xmax, ymax = map(float, bounds)
    return (xmin, ymin, xmax, ymax), crs
