"""How quick and how complete a layer arrives: ``python tests/benchmarks/client.py [--smoke]``.

Pulls the same layers from the local portal into a GeoDataFrame by this package (PBF and JSON), by esridump, by GDAL's
ESRIJSON driver and by GeoPandas reading paged GeoJSON, and fetches the bytes of this package's pages without reading
them. Times are the best of `--repeat` runs, in turns and against the same portal, so the ratios count, not the seconds;
"processor" is what this process itself worked, in all threads, without the portal's share. Afterwards the portal sends
its rows in another order for every request, and it is counted what each loses.
"""

import argparse
import io
import logging
import math
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import requests
import shapely
from esridump import EsriDumper

from arcgis_export_widgets.errors import PortalError
from arcgis_export_widgets.loading import ExpectedLayer, frame_from_pages
from arcgis_export_widgets.localportal import LocalPortal
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.layers.page_reader import WORKERS, usual_page

ID = "OBJECTID"
EVERYTHING = {"where": "1=1", "outFields": "*"}


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
    geometry = shapely.buffer(points, 0.01, quad_segs=4) if kind == "polygons" else points
    return gpd.GeoDataFrame(attributes, geometry=geometry, crs=4326)


def pull(layer, *formats):
    """By this package."""
    layer = replace(layer, definition=replace(layer.definition, query_formats=frozenset(formats)))
    return frame_from_pages(layer.pages(), ExpectedLayer(layer.definition))


def pull_by_esridump(layer):
    # without its pause of ten seconds after every fifth page
    dumper = EsriDumper(layer.url, max_page_size=page_size(layer), pause_seconds=0)
    return gpd.GeoDataFrame.from_features(list(dumper), crs=4326)


def pull_by_gdal(layer):
    # a name of its own for each run: GDAL would answer the second from its cache
    url = f"{layer.url}/query?where=1%3D1&outFields=*&f=json&resultRecordCount={page_size(layer)}&run={uuid.uuid4()}"
    return pyogrio.read_dataframe(f"ESRIJSON:{url}")


def pull_by_geopandas(layer):
    parts, offset = [], 0
    while True:
        parameters = EVERYTHING | {"f": "geojson", "resultOffset": offset, "resultRecordCount": page_size(layer)}
        content = requests.get(f"{layer.url}/query", params=parameters, timeout=60).content
        part = gpd.read_file(io.BytesIO(content), FEATURE_SERVER_PAGING="NO")  # which would look for a URL in bytes
        if part.empty:
            return pd.concat(parts, ignore_index=True)
        parts.append(part)
        offset += len(part)


def fetch(layer, answer_format):
    """The same pages as `pull` asks for, as many at once, unread; return the number of bytes."""
    url = f"{layer.url}/query"
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=WORKERS))
        counted = session.post(url, data={"where": "1=1", "returnCountOnly": "true", "f": "json"}, timeout=60).json()
        size = usual_page(layer.definition, counted["count"])
        listed = session.post(url, data={"where": "1=1", "returnIdsOnly": "true", "f": "json"}, timeout=60).json()
        ids = np.sort(listed["objectIds"])

        def page(chunk):
            where = f"(1=1) AND {ID} >= {chunk[0]} AND {ID} <= {chunk[-1]}"
            form = EVERYTHING | {"where": where, "orderByFields": f"{ID} ASC", "resultRecordCount": len(chunk)}
            form |= {"outSR": '{"wkid": 4326}', "resultType": "standard", "f": answer_format}
            return len(session.post(url, data=form, timeout=60).content)

        with ThreadPoolExecutor(WORKERS) as executor:
            return sum(executor.map(page, np.array_split(ids, range(size, len(ids), size))))


def page_size(layer):
    return layer.definition.max_record_count


PEERS = {"esridump": pull_by_esridump, "GDAL ESRIJSON": pull_by_gdal, "GeoPandas, paged GeoJSON": pull_by_geopandas}
OURS = {
    "this package, PBF": lambda layer: pull(layer, "json", "pbf"),
    "this package, JSON": lambda layer: pull(layer, "json"),
}
FETCHED = {"bytes of PBF": lambda layer: fetch(layer, "pbf"), "bytes of JSON": lambda layer: fetch(layer, "json")}


def compare_speed(layer, count, repeat):
    runs = {**OURS, **FETCHED, **PEERS}
    seconds, busy, sizes = dict.fromkeys(runs, math.inf), dict.fromkeys(runs, math.inf), {}
    for _ in range(repeat):  # in turns, so that whatever else the machine does hits all alike
        for name, call in runs.items():
            begun, begun_busy = time.perf_counter(), time.process_time()
            found = call(layer)
            busy[name] = min(busy[name], time.process_time() - begun_busy)
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
            sizes[name] = f"{found / 1e6:.1f} MB" if isinstance(found, int) else f"{len(found):,} rows"
            del found
    for name, size in sizes.items():
        speed = f"{count / seconds[name]:9,.0f} features/s"
        say(f"  {name:>24}: {seconds[name]:6.2f} s, {speed}, processor {busy[name]:5.2f} s, {size}")
    best = min(PEERS, key=seconds.__getitem__)
    for ours, plain in zip(OURS, FETCHED, strict=True):
        say(
            f"  {ours}: {seconds[best] / seconds[ours]:.1f} times {best}, the best peer (aim: at least 3);",
            f"{seconds[ours] / seconds[plain]:.2f} times the plain fetch (aim: at most 1.5)",
        )


def rows_lost(call, layer, count):
    """How many rows are missing, in words."""
    try:
        frame = call(layer)
    except PortalError as error:
        return f"refused: {error}"
    names = {str(column).lower(): column for column in frame.columns}
    column = names.get(ID.lower())
    ids = frame[column] if column else frame["NAME"]
    doubled = len(ids) - ids.nunique()
    return f"{count - ids.nunique():,} rows lost, {doubled:,} twice"


def compare_loss(portal, layer, count):
    portal.fault("shuffle", path="/query")
    try:
        for name, call in {**OURS, **PEERS}.items():
            say(f"  {name:>24}: {rows_lost(call, layer, count)}")
    finally:
        portal.clear_faults()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=300_000)
    parser.add_argument("--polygons", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--loss-points", type=int, default=30_000, help="rows of the layer in which losses are counted")
    parser.add_argument("--smoke", action="store_true", help="small layers, once")
    options = parser.parse_args()
    if options.smoke:
        options.points, options.polygons, options.loss_points, options.repeat = 5_000, 2_500, 9_000, 1
    logging.getLogger("arcgis_export_widgets").setLevel(logging.ERROR)
    counts = {"points": options.points, "polygons": options.polygons, "shuffled": options.loss_points}
    with tempfile.TemporaryDirectory() as temporary:
        files = [Path(temporary) / f"{name}.gpkg" for name in counts]
        for name, file in zip(counts, files, strict=True):
            pyogrio.write_dataframe(make_frame(counts[name], name), file)
        with LocalPortal(files, start_timeout_s=600) as portal, PortalClient(portal.url) as client:
            layers = {name: client.feature_service(client.search(f'title:"{name}"')[0]).layer(0) for name in counts}
            for name in ("points", "polygons"):
                layer = layers[name]
                own = usual_page(layer.definition, counts[name])
                say(f"{counts[name]:,} {name}; pages of the peers {page_size(layer):,}, of this package {own:,}")
                compare_speed(layer, counts[name], options.repeat)
            say(f"{options.loss_points:,} points in another order for every request")
            compare_loss(portal, layers["shuffled"], options.loss_points)


if __name__ == "__main__":
    main()
