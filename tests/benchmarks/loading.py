"""Time and peak memory of `load`, in ratios to the floor and to what a user would write.

    python tests/benchmarks/loading.py            # 1,000,000 points, 100,000 polygons, 5,000,000 rows to Parquet
    python tests/benchmarks/loading.py --smoke    # small, to see that it runs

The floor is `pyogrio.read_arrow` of the unpacked file and the making of its geometries, nothing else. "Plain" is
`geopandas.read_file` on the file as it is downloaded. Each is measured in a process of its own, one after the other,
in processor time, so the ratios hold on a busy machine, too.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from arcgis_export_widgets.loading import ExpectedLayer, load, to_parquet
from arcgis_export_widgets.model.definition import LayerDefinition

FORMATS = {
    "Shapefile": ("ESRI Shapefile", "layer.shp"),
    "CSV": ("CSV", "layer.csv"),
    "File Geodatabase": ("OpenFileGDB", "layer.gdb"),
    "GeoJson": ("GeoJSON", "layer.geojson"),
    "geoPackage": ("GPKG", "layer.gpkg"),
    "KML": ("LIBKML", "layer.kml"),
}
_MB = 1024
_REPEAT = 2


def make_points(rows: int) -> gpd.GeoDataFrame:
    """Points with five fields, as many kinds."""
    random = np.random.default_rng(1)
    x, y = random.uniform(-180, 180, rows), random.uniform(-90, 90, rows)
    return gpd.GeoDataFrame(_attributes(rows), geometry=shapely.points(x, y), crs=4326)


def make_polygons(rows: int) -> gpd.GeoDataFrame:
    """Polygons of 15 vertices with the same fields."""
    random = np.random.default_rng(2)
    angles = np.linspace(0, 2 * np.pi, 15, endpoint=False)
    centres = np.c_[random.uniform(-170, 170, rows), random.uniform(-80, 80, rows)]
    rings = centres[:, None, :] + 0.01 * np.c_[np.cos(angles), np.sin(angles)]
    return gpd.GeoDataFrame(_attributes(rows), geometry=shapely.polygons(rings), crs=4326)


def _attributes(rows: int) -> pd.DataFrame:
    number = np.arange(1, rows + 1)
    return pd.DataFrame({
        "NAME": "place " + pd.Series(number % 5000).astype(str),
        "NUMBER": number.astype("int32"),
        "SHARE": number / 7,
        "CODE": (number % 12).astype("int16"),
        "TALL": (number * 3).astype("int32"),
    })  # fmt: skip


def write(frame: gpd.GeoDataFrame, export_format: str, folder: Path) -> tuple[Path, Path, str | None]:
    """Write a file, and the zip it would arrive in; answer both, and the path within the zip to read it by."""
    driver, name = FORMATS[export_format]
    folder.mkdir()
    unpacked = folder / name
    if export_format == "CSV":
        if (frame.geom_type == "Point").all():
            frame = frame.assign(x=frame.geometry.x, y=frame.geometry.y)
        pd.DataFrame(frame.drop(columns="geometry")).to_csv(unpacked, index=False)
    else:
        pyogrio.write_dataframe(frame, unpacked, driver=driver)
    packed = folder / "export.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file != packed:
                archive.write(file, file.relative_to(folder))
    return unpacked, packed, name if name.endswith(".gdb") else None


def measure(task: str, *arguments: object) -> tuple[float, float]:
    """Processor seconds and peak megabytes beyond the imports of a task in a fresh process: the least of two runs."""
    runs = []
    for _ in range(_REPEAT):
        command = [sys.executable, __file__, "--task", task, *map(str, arguments)]
        runs.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    return min(run[0] for run in runs), min(run[1] for run in runs)


def run_task(task: str, *arguments: str) -> None:
    """Run one task in this process and say how long it took and how much it needed."""
    before = _peak_mb()
    begun = time.process_time()
    if task == "floor":
        _read_floor(Path(arguments[0]))
    elif task == "plain":
        gpd.read_file(arguments[0])
    elif task == "load":
        load(arguments[0], layers=[_expected(arguments[1])])
    else:
        to_parquet(arguments[0], arguments[1])
    sys.stdout.write(json.dumps([time.process_time() - begun, _peak_mb() - before]))


def _read_floor(path: Path) -> None:
    meta, table = pyogrio.read_arrow(path)
    column = meta["geometry_name"] or "wkb_geometry"
    frame = table.to_pandas()
    gc.disable()
    if column in frame:
        gpd.GeoDataFrame(frame.drop(columns=column), geometry=shapely.from_wkb(frame[column].to_numpy()))


def _expected(shape: str) -> ExpectedLayer:
    """What `result.load` knows of the layer, so that restoring is measured, too."""
    kinds = {"NAME": "String", "NUMBER": "Integer", "SHARE": "Double", "CODE": "SmallInteger", "TALL": "Integer"}
    definition = {
        "id": 0,
        "name": "layer",
        "geometryType": f"esriGeometry{shape}",
        "extent": {"spatialReference": {"wkid": 4326}},
        "fields": [{"name": name, "type": f"esriFieldType{kind}"} for name, kind in kinds.items()],
    }
    return ExpectedLayer(LayerDefinition.from_json(definition))


def _peak_mb() -> float:
    # not getrusage, whose figure a process inherits from the one that started it
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / _MB


def compare(name: str, frame: gpd.GeoDataFrame, folder: Path, formats: list[str]) -> None:
    """Measure the formats of one layer and print a line for each."""
    say(f"\n{name}, {len(frame):,} rows: times the floor (read_arrow and geometry), times geopandas.read_file")
    say("| format | load | of floor (aim: < 1.3) | of read_file (aim: < 0.5) | memory of floor | memory of read_file |")
    say("|---|---|---|---|---|---|")
    for export_format in formats:
        unpacked, packed, inner = write(frame, export_format, folder / f"{name} {export_format}".replace(" ", "_"))
        floor_s, floor_mb = measure("floor", unpacked)
        plain_s, plain_mb = measure("plain", f"/vsizip/{packed}/{inner}" if inner else packed)
        load_s, load_mb = measure("load", packed, frame.geom_type[0])
        say(
            f"| {export_format} | {load_s:.2f} s | {load_s / floor_s:.2f} | {load_s / plain_s:.2f} "
            f"| {load_mb / max(floor_mb, 1):.2f} | {load_mb / max(plain_mb, 1):.2f} |"
        )


def convert(rows: int, folder: Path) -> None:
    """Convert a large GeoPackage to GeoParquet and tell what it took."""
    path = folder / "large.gpkg"
    piece = make_points(min(rows, 500_000))
    for start in range(0, rows, len(piece)):
        pyogrio.write_dataframe(piece, path, driver="GPKG", append=start > 0)
    seconds, megabytes = measure("parquet", path, folder / "large.parquet")
    say(f"\nto_parquet of {rows:,} rows: {seconds:.1f} s, {megabytes:.0f} MB at most beyond the imports (aim: < 1000)")


def say(text: str) -> None:
    """Write a line that is seen at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=5_000_000, help="rows to convert to Parquet; 0 leaves it out")
    parser.add_argument("--smoke", action="store_true", help="a thousand of each, in two formats")
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=list(FORMATS), metavar="FORMAT")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        run_task(*options.task)
        return
    points, polygons, rows = options.points, options.polygons, options.rows
    if options.smoke:
        points, polygons, rows, options.formats = 1000, 1000, 1000, options.formats[:2]
    with tempfile.TemporaryDirectory() as folder:
        if rows:
            convert(rows, Path(folder))
        if points:
            compare("points", make_points(points), Path(folder), options.formats)
        if polygons:
            compare("polygons", make_polygons(polygons), Path(folder), options.formats)


if __name__ == "__main__":
    main()
