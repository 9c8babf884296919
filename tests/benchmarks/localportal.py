"""How quick the local portal is: ``python tests/benchmarks/localportal.py [--smoke] [--only start queries exports]``.

Every ratio compares two things measured in this run, one right after the other, so that a busy machine slows both:

- start: seconds until a portal answers, and its largest memory;
- queries: an answer of 2,000 features, on layers of growing size; what counts is the growth from smallest to largest;
- exports: from the call to ``completed``, against pyogrio alone writing the same frame in this process.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import requests
import shapely

from arcgis_export_widgets.localportal import LocalPortal

DRIVERS = {
    "Shapefile": ("ESRI Shapefile", "a.shp"),
    "CSV": ("CSV", "a.csv"),
    "File Geodatabase": ("OpenFileGDB", "a.gdb"),
    "Feature Collection": ("GeoJSON", "a.geojson"),  # GDAL cannot write Esri's JSON; this is the nearest
    "GeoJson": ("GeoJSON", "a.geojson"),
    "geoPackage": ("GPKG", "a.gpkg"),
    "KML": ("LIBKML", "a.kml"),
    "Excel": ("XLSX", "a.xlsx"),
}
TABLES = ("CSV", "Excel")
WANTED_FEATURES = 2000


def say(*cells):
    """Print one row of a table."""
    sys.stdout.write("".join(f"{cell!s:<20}" if place == 0 else f"{cell!s:>20}" for place, cell in enumerate(cells)))
    sys.stdout.write("\n")
    sys.stdout.flush()


def seconds_of(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def make_frame(count, kind):
    generator = np.random.default_rng(1)
    points = shapely.points(generator.uniform(0, 100, count), generator.uniform(0, 80, count))
    attributes = {
        "NAME": [f"name {number}" for number in range(count)],
        "A": generator.integers(0, 1000, count).astype("int32"),
        "B": generator.random(count),
        "OPENED": pd.Timestamp("2020-01-01") + pd.to_timedelta(generator.integers(0, 10**8, count), unit="s"),
    }
    geometry = points if kind == "points" else shapely.buffer(points, 0.01, quad_segs=4)
    return gpd.GeoDataFrame(attributes, geometry=geometry, crs=4326)


def largest_memory_mb(portal):
    """Return the most that the portal's process has held; not a number where the system does not tell."""
    status = Path(f"/proc/{portal._process._process.pid}/status")
    if not status.exists():
        return float("nan")
    facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(facts["VmHWM"].split()[0]) / 1024


def measure_start(frames, files, repeats):
    say("START (least s)", "features", "seconds", "largest MB")
    for name, frame in frames.items():
        seconds, memory_mb = [], float("nan")
        for _ in range(repeats):
            begun = time.perf_counter()
            with LocalPortal([files[name]], start_timeout_s=600) as portal:
                seconds.append(time.perf_counter() - begun)
                memory_mb = largest_memory_mb(portal)
        say(name, f"{len(frame):,}", f"{min(seconds):.1f}", f"{memory_mb:.0f}")


def queries(count):
    """Return the parameters of each kind of query that finds at least 2,000 of `count` features."""
    side = min(1.0, (2.2 * WANTED_FEATURES / count) ** 0.5)
    middle = count // 2 - WANTED_FEATURES // 2
    return {
        "envelope and where": {"where": "A >= 500", "geometry": f"0,0,{100 * side},{80 * side}"},
        "where": {"where": "A >= 500"},
        "object id range": {"where": f"OBJECTID > {middle} AND OBJECTID <= {middle + WANTED_FEATURES}"},
        "offset": {"where": "1=1", "resultOffset": middle},
        "ordered offset": {"where": "A >= 0", "orderByFields": "OBJECTID", "resultOffset": middle},
    }


def measure_queries(portal, frames, repeats):
    layers = [name for name in frames if name.startswith("points")]
    say("QUERY (median ms)", "format", *(f"{len(frames[name]):,}" for name in layers), "growth (aim < 2)")
    with requests.Session() as session:
        for kind in queries(1):
            for answer_format in ("json", "geojson", "pbf"):
                taken = {name: [] for name in layers}
                for _ in range(repeats):
                    for name in layers:
                        parameters = {"f": answer_format, "outFields": "*", "resultRecordCount": WANTED_FEATURES}
                        parameters |= queries(len(frames[name]))[kind]
                        url = f"{portal.url}/arcgis/rest/services/{name}/FeatureServer/0/query"
                        begun = time.perf_counter()
                        session.get(url, params=parameters, timeout=60).raise_for_status()
                        taken[name].append(time.perf_counter() - begun)
                medians = [1000 * statistics.median(taken[name]) for name in layers]
                say(kind, answer_format, *(f"{one:.1f}" for one in medians), f"{medians[-1] / medians[0]:.2f}")


def write_alone(frame, export_format, folder):
    driver, name = DRIVERS[export_format]
    if export_format in TABLES:
        center = shapely.centroid(frame.geometry.array)
        frame = pd.DataFrame(frame.drop(columns="geometry")).assign(x=shapely.get_x(center), y=shapely.get_y(center))
    pyogrio.write_dataframe(frame, folder / name, driver=driver)


class Exporter:
    """The student, who owns the layers."""

    def __init__(self, portal):
        self.rest = f"{portal.url}/sharing/rest"
        form = {"f": "json", "username": "student", "password": "learn-arcgis"}
        token = requests.post(f"{self.rest}/generateToken", data=form, timeout=60).json()["token"]
        self.headers = {"X-Esri-Authorization": f"Bearer {token}"}

    def call(self, path, **form):
        answer = requests.post(f"{self.rest}/{path}", data={"f": "json", **form}, headers=self.headers, timeout=60)
        content = answer.json()
        if "error" in content:
            raise RuntimeError(content["error"])
        return content

    def find(self, name):
        return self.call("search", q=f'title:"{name}"')["results"][0]["id"]

    def export(self, item_id, export_format):
        """Return the seconds until the export is completed; its item is deleted again."""
        begun = time.perf_counter()
        user = "content/users/student"
        started = self.call(f"{user}/export", itemId=item_id, exportFormat=export_format, title="benchmark")
        path = f"{user}/items/{started['exportItemId']}"
        pause = threading.Event()
        while (status := self.call(f"{path}/status"))["status"] == "processing":
            pause.wait(0.02)
        seconds = time.perf_counter() - begun
        self.call(f"{path}/delete")
        if status["status"] != "completed":
            raise RuntimeError(status["statusMessage"])
        return seconds


def measure_exports(portal, frames, formats, repeats):
    exporter = Exporter(portal)
    say("EXPORT (least s)", "format", "portal", "pyogrio alone", "ratio (aim < 1.5)")
    for name in list(frames)[-2:]:
        item_id = exporter.find(name)
        for export_format in formats:
            ours, alone = [], []
            for _ in range(repeats):
                with tempfile.TemporaryDirectory() as target:
                    alone.append(
                        seconds_of(lambda: write_alone(frames[name], export_format, Path(target)))  # noqa: B023
                    )
                ours.append(exporter.export(item_id, export_format))
            say(name, export_format, f"{min(ours):.2f}", f"{min(alone):.2f}", f"{min(ours) / min(alone):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3, help="of each export; queries are asked ten times as often")
    parser.add_argument("--formats", nargs="+", default=list(DRIVERS), choices=list(DRIVERS))
    parser.add_argument("--only", nargs="+", default=["start", "queries", "exports"])
    parser.add_argument("--smoke", action="store_true", help="small layers and one repeat: only to see that it runs")
    options = parser.parse_args()
    sizes = [10_000, 100_000, options.points]
    if options.smoke:
        sizes, options.polygons, options.repeats = [2_500, 5_000], 500, 1
    with tempfile.TemporaryDirectory() as temporary:
        frames = {f"points_{size}": make_frame(size, "points") for size in sorted(set(sizes))}
        frames[f"polygons_{options.polygons}"] = make_frame(options.polygons, "polygons")
        files = {name: Path(temporary) / f"{name}.gpkg" for name in frames}
        for name, frame in frames.items():
            pyogrio.write_dataframe(frame, files[name])
        if "start" in options.only:
            measure_start(frames, files, min(options.repeats, 2))
        with LocalPortal(files.values(), job_duration_s=0, start_timeout_s=600) as portal:
            if "queries" in options.only:
                measure_queries(portal, frames, 2 if options.smoke else 10 * options.repeats)
            if "exports" in options.only:
                measure_exports(portal, frames, options.formats, options.repeats)
            total = sum(map(len, frames.values()))
            say("all in one portal", f"{total:,}", "", f"{largest_memory_mb(portal):.0f} MB")


if __name__ == "__main__":
    main()
