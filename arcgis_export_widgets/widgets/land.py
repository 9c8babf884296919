"""Outlines of the world's countries, so that a map says where one is without any internet.

``land.geojson.gz`` is made from Natural Earth's 1:110m "Admin 0 - Countries" (public domain,
https://www.naturalearthdata.com/about/terms-of-use/): geometry only, coordinates rounded to two decimals.
"""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def land() -> dict[str, Any]:
    """The outlines as a GeoJSON FeatureCollection in longitude and latitude."""
    packed = Path(__file__).with_name("land.geojson.gz").read_bytes()
    outlines: dict[str, Any] = json.loads(gzip.decompress(packed))
    return outlines
