"""Check files before GDAL opens them, and name them so that pyogrio opens just them."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyogrio
from pyogrio.util import vsi_path

_SQLITE = b"SQLite format 3\x00"
# views, virtual tables other than spatial indexes, and tables with generated columns
_COMPUTED = """
SELECT name FROM sqlite_master WHERE type = 'view' OR (type = 'table' AND (
    (sql LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'rtree\\_%' ESCAPE '\\')
    OR EXISTS (SELECT 1 FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden IN (2, 3))))
"""


class DataError(ValueError):
    """A file or DataFrame cannot be served as a layer; the message says which one and why."""


def refuse_other_than_geopackage(path: Path) -> None:
    """Raise `DataError` unless `path` is a GeoPackage of plain tables, so that reading it runs no SQL of its own."""
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            raise DataError("the file is not a GeoPackage")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            computed = [name for (name,) in database.execute(_COMPUTED)]
        if computed:
            raise DataError(f"the file computes {computed[0]!r} with SQL of its own, which is not run here")
        if pyogrio.read_info(path)["driver"] != "GPKG":
            raise DataError("the file is not a GeoPackage")
    except (sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise DataError("the file is not a GeoPackage") from error


@contextmanager
def plainly_named(path: Path) -> Iterator[Path]:
    """Give the file a name that pyogrio does not read as an archive (``!``), by a link, while the block runs."""
    path = path.absolute()
    if vsi_path(str(path)) == str(path) or path.suffix.lower() == ".zip":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        stem = re.sub(r"[!;?]", "_", path.stem)
        for one in path.parent.iterdir():
            if one.stem == path.stem:
                (Path(folder) / f"{stem}{one.suffix}").symlink_to(one)
        yield Path(folder) / f"{stem}{path.suffix}"
