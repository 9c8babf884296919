"""How quick the local portal is: ``python tests/benchmarks/localportal.py [--points 1000000] [--polygons 100000]``.

Queries: 2,000 features by envelope and where, on layers of growing size; the growth from smallest to largest counts.
Exports: time from the call to ``completed``, as a ratio to pyogrio writing the same frame in this process.
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
    "GeoJson": ("GeoJSON", "a.geojson"),
    "File Geodatabase": ("OpenFileGDB", "a.gdb"),
    "geoPackage": ("GPKG", "a.gpkg"),
}
WANTED_FEATURES = 2000


def say(*parts):
    sys.stdout.write(" ".join(str(part) for part in parts) + "\n")
    sys.stdout.flush()


def make_frame(count, kind):
    generator = np.random.default_rng(1)
    x, y = generator.uniform(0, 100, count), generator.uniform(0, 80, count)
    points = shapely.points(x, y)
    attributes = {
        "NAME": [f"name {number}" for number in range(count)],
        "A": generator.integers(0, 1000, count).astype("int32"),
        "B": generator.random(count),
        "OPENED": pd.Timestamp("2020-01-01") + pd.to_timedelta(generator.integers(0, 10**8, count), unit="s"),
    }
    geometry = points if kind == "points" else shapely.buffer(points, 0.01, quad_segs=4)
    return gpd.GeoDataFrame(attributes, geometry=geometry, crs=4326)


def time_queries(url, count):
    """Return the median seconds of a query that keeps about 2,000 features, per format."""
    side = min(1.0, (2 * WANTED_FEATURES / count) ** 0.5)
    medians = {}
    for answer_format in ("json", "pbf"):
        parameters = {"f": answer_format, "where": "A >= 500", "geometry": f"0,0,{100 * side},{80 * side}",
                      "outFields": "*", "resultRecordCount": WANTED_FEATURES}  # fmt: skip
        seconds = []
        for _ in range(15):
            begun = time.perf_counter()
            requests.get(url, params=parameters, timeout=60).raise_for_status()
            seconds.append(time.perf_counter() - begun)
        medians[answer_format] = statistics.median(seconds)
    return medians


def time_pyogrio(frame, export_format, folder):
    driver, name = DRIVERS[export_format]
    begun = time.perf_counter()
    if export_format == "CSV":
        center = shapely.centroid(frame.geometry.array)
        frame = pd.DataFrame(frame.drop(columns="geometry")).assign(x=shapely.get_x(center), y=shapely.get_y(center))
    pyogrio.write_dataframe(frame, folder / name, driver=driver)
    return time.perf_counter() - begun


def time_export(portal, headers, item_id, export_format):
    user = f"{portal.url}/sharing/rest/content/users/student"
    form = {"f": "json", "itemId": item_id, "exportFormat": export_format, "title": "benchmark"}
    begun = time.perf_counter()
    started = requests.post(f"{user}/export", data=form, headers=headers, timeout=60).json()
    path = f"{user}/items/{started['exportItemId']}"
    pause = threading.Event()
    while True:
        status = requests.get(f"{path}/status", params={"f": "json"}, headers=headers, timeout=60).json()
        if status["status"] != "processing":
            seconds = time.perf_counter() - begun
            requests.post(f"{path}/delete", data={"f": "json"}, headers=headers, timeout=60)
            return seconds if status["status"] == "completed" else float("nan")
        pause.wait(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        frames = {f"points_{n}": make_frame(n, "points") for n in sorted({10_000, 100_000, options.points})}
        frames[f"polygons_{options.polygons}"] = make_frame(options.polygons, "polygons")
        for name, frame in frames.items():
            pyogrio.write_dataframe(frame, folder / f"{name}.gpkg")
        begun = time.perf_counter()
        files = [folder / f"{name}.gpkg" for name in frames]
        with LocalPortal(files, job_duration_s=0, start_timeout_s=600) as portal:
            say(f"start with {sum(map(len, frames.values())):,} features: {time.perf_counter() - begun:.1f} s")
            medians = []
            for name, frame in frames.items():
                found = time_queries(f"{portal.url}/arcgis/rest/services/{name}/FeatureServer/0/query", len(frame))
                say(f"query {name:>16}:", ", ".join(f"{key} {1000 * value:.0f} ms" for key, value in found.items()))
                medians.append(found)
            for key in ("json", "pbf"):
                points = [median[key] for median in medians[:-1]]
                say(f"growth {key}: {points[-1] / points[0]:.2f} (aim: under 2)")
            rest = f"{portal.url}/sharing/rest"
            form = {"f": "json", "username": "student", "password": "learn-arcgis"}
            token = requests.post(f"{rest}/generateToken", data=form, timeout=60).json()["token"]
            headers = {"X-Esri-Authorization": f"Bearer {token}"}
            for name in list(frames)[-2:]:
                found = requests.get(f"{rest}/search", params={"f": "json", "q": f'title:"{name}"'}, timeout=60).json()
                for export_format in DRIVERS:
                    with tempfile.TemporaryDirectory() as target:
                        alone = time_pyogrio(frames[name], export_format, Path(target))
                    ours = time_export(portal, headers, found["results"][0]["id"], export_format)
                    ratio = f"{ours / alone:.2f} times pyogrio (aim: under 1.5)"
                    say(f"export {name:>16} {export_format:>16}: {ours:.1f} s, {ratio}")


if __name__ == "__main__":
    main()
