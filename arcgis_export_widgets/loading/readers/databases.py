"""Read File Geodatabases and GeoPackages."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.opening import refuse_other_content

if TYPE_CHECKING:
    from typing_extensions import Self

_CATALOG_TABLE = "a00000001.gdbtable"
_TABLES = "SELECT name, type, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view')"
_USUAL_VIEWS = {"st_spatial_ref_sys", "spatial_ref_sys", "st_geometry_columns", "geometry_columns"}
"""Views that older GeoPackages have, and that GDAL does not list as layers."""
_INDEX = re.compile(r"CREATE VIRTUAL TABLE\s+[\"'`\[]?rtree_.*\sUSING\s+rtree\b", re.IGNORECASE | re.DOTALL)
_COMPUTED = (2, 3)  # what table_xinfo calls columns that are generated


class GeodatabaseSource(GdalSource):
    """A feature class or table of a File Geodatabase."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the layers of a geodatabase, in its own order."""
        catalog = path / _CATALOG_TABLE
        if not catalog.is_file():
            raise LoadError(
                say("{file} is not a File Geodatabase: it lacks {part}.", file=path.name, part=_CATALOG_TABLE)
            )
        refuse_other_content(catalog, export_format, path.name)
        return super().layers_in(path, export_format)


class GeoPackageSource(GdalSource):
    """A layer or table of a GeoPackage."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the layers of a GeoPackage; raise `LoadError` if it contains SQL that would run when it is read."""
        refuse_other_content(path, export_format, path.name)
        try:
            computed = _computed_tables(path)
        except sqlite3.Error as error:
            raise LoadError(
                say(
                    "{file} cannot be opened as {kind}; it may be damaged. Download it again.",
                    file=path.name,
                    kind=export_format.facts.label,
                )
            ) from error
        if computed:
            raise LoadError(
                say(
                    "{file} computes {names} with SQL of its own (a view, a virtual table or a generated column). No "
                    "export does that, so it was not opened.",
                    file=path.name,
                    names=", ".join(computed),
                )
            )
        return super().layers_in(path, export_format)


def _computed_tables(path: Path) -> list[str]:
    """Names of the tables that are not plain tables with stored values; GDAL lists them all as layers."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        tables = [(str(name), kind, str(sql)) for name, kind, sql in database.execute(_TABLES)]
        if ("gpkg_contents", "table") not in ((name.lower(), kind) for name, kind, _ in tables):
            return ["gpkg_contents"]
        listed = {str(name).lower() for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
        return [
            name
            for name, kind, sql in tables
            if not (kind == "view" and name.lower() in _USUAL_VIEWS - listed)
            and not _INDEX.match(sql)
            and (kind == "view" or sql.lstrip().upper().startswith("CREATE VIRTUAL") or _has_computed(database, name))
        ]


def _has_computed(database: sqlite3.Connection, table: str) -> bool:
    columns = database.execute("SELECT hidden FROM pragma_table_xinfo(?)", [table])
    return any(hidden in _COMPUTED for (hidden,) in columns)
