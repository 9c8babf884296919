"""The export formats, and the one table of what each can hold.

Sources: the Export Item page (format values), Esri's Hub download code (which formats honour a projection and when
a "Collection" is made), the ESRI shapefile considerations page, and this package's own round trips, whose outcome
stands in ``docs/formats.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import GeometryType

POINTS_ONLY = frozenset({GeometryType.POINT})
ALL_GEOMETRY = frozenset(GeometryType)
NO_MULTIPATCH = ALL_GEOMETRY - {GeometryType.MULTIPATCH}


class ExportFormat(str, Enum):
    """The values ``exportFormat`` takes, in the casing that every version of ArcGIS accepts."""

    SHAPEFILE = "Shapefile"
    CSV = "CSV"
    FILE_GEODATABASE = "File Geodatabase"
    FEATURE_COLLECTION = "Feature Collection"
    GEOJSON = "GeoJson"
    GEOPACKAGE = "geoPackage"
    KML = "KML"
    EXCEL = "Excel"
    SCENE_PACKAGE = "Scene Package"
    VECTOR_TILE_PACKAGE = "Vector Tile Package"

    @classmethod
    def of(cls, value: ExportFormat | str) -> ExportFormat:
        """Read a format from any casing, with or without spaces, or a familiar short name.

        Raises
        ------
        RequestError
            If no export format has that name.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            wanted = _plain(value)
            for known in cls:
                if wanted in (_plain(known.value), *known.facts.nicknames):
                    return known
        names = ", ".join(known.value for known in cls)
        told = say("{value!r} is no export format. ArcGIS exports to: {names}.", value=value, names=names)
        if isinstance(value, str) and _plain(value) in {"parquet", "geoparquet"}:
            told = f"{told} {say('to_parquet() makes GeoParquet of any of them that can be loaded.')}"
        raise RequestError(told)

    @property
    def facts(self) -> FormatFacts:
        """What this format can hold and how it arrives."""
        return _FACTS[self]


@dataclass(frozen=True)
class FormatFacts:
    """What a format can hold, and in what shape its file arrives."""

    label: str
    """Name for people."""
    item_type: str
    """``type`` of the item that holds the exported file."""
    extension: str
    """Of the file as downloaded, with its dot."""
    collection_type: str | None = None
    """``type`` of the item when several layers were exported; None where it is the same."""
    collection_extension: str | None = None
    """Of the file when several layers were exported; None where it is the same."""
    geometry_types: frozenset[GeometryType] = NO_MULTIPATCH
    """Kinds of geometry that survive; rows of other layers arrive without coordinates."""
    honours_target_sr: bool = True
    """Whether ``targetSR`` has an effect; the others are always written in WGS 84."""
    field_name_length: int | None = None
    """Longest field name kept, in characters; None if all of ArcGIS's are."""
    text_length: int | None = None
    """Longest text value kept, in bytes; None if not limited."""
    keeps_null: bool = True
    """Whether a missing value can be told from 0 and from an empty text; missing dates can everywhere."""
    keeps_types: bool = True
    """Whether the file itself says which type a field has; otherwise it is restored from the layer's definition."""
    keeps_big_integers: bool = True
    """Whether whole numbers beyond 2**53 stay exact; otherwise they become floating-point numbers."""
    keeps_fractions: bool = True
    """Whether fractional numbers stay as they are to the last digit."""
    keeps_blanks: bool = True
    """Whether blanks before and after a text stay."""
    keeps_z: bool = True
    keeps_m: bool = True
    keeps_time_of_day: bool = True
    keeps_milliseconds: bool = True
    keeps_domains: bool = False
    keeps_attachments: bool = False
    max_size_bytes: int | None = None
    """Greatest size of one file; None if not limited."""
    max_rows: int | None = None
    loadable: bool = True
    """Whether `load` makes frames of it; packages are for display only."""
    nicknames: tuple[str, ...] = ()
    """Other names people use, lower case and without spaces."""


_FACTS = {
    ExportFormat.SHAPEFILE: FormatFacts(
        label="Shapefile",
        item_type="Shapefile",
        extension=".zip",
        field_name_length=10,
        text_length=254,
        keeps_null=False,
        keeps_big_integers=False,
        keeps_fractions=False,
        keeps_blanks=False,
        keeps_time_of_day=False,
        max_size_bytes=2 * 1024**3,
        nicknames=("shp", "esrishapefile"),
    ),
    ExportFormat.CSV: FormatFacts(
        label="CSV",
        item_type="CSV",
        extension=".csv",
        collection_type="CSV Collection",
        collection_extension=".zip",
        geometry_types=POINTS_ONLY,
        keeps_milliseconds=False,
        keeps_null=False,
        keeps_types=False,
        keeps_z=False,
        keeps_m=False,
        nicknames=("csvcollection",),
    ),
    ExportFormat.FILE_GEODATABASE: FormatFacts(
        label="File Geodatabase",
        item_type="File Geodatabase",
        extension=".zip",
        geometry_types=ALL_GEOMETRY,
        keeps_domains=True,
        keeps_attachments=True,
        nicknames=("fgdb", "filegdb", "gdb"),
    ),
    ExportFormat.FEATURE_COLLECTION: FormatFacts(
        label="Feature Collection",
        item_type="Feature Collection",
        extension=".json",
        keeps_domains=True,
        nicknames=(),
    ),
    ExportFormat.GEOJSON: FormatFacts(
        label="GeoJSON",
        item_type="GeoJson",
        extension=".geojson",
        honours_target_sr=False,
        keeps_m=False,
        keeps_types=False,
    ),
    ExportFormat.GEOPACKAGE: FormatFacts(
        label="GeoPackage", item_type="GeoPackage", extension=".gpkg", nicknames=("gpkg",)
    ),
    ExportFormat.KML: FormatFacts(
        label="KML",
        item_type="KML",
        extension=".kmz",
        collection_type="KML Collection",
        collection_extension=".zip",
        honours_target_sr=False,
        keeps_milliseconds=False,
        keeps_null=False,
        keeps_blanks=False,
        keeps_types=False,
        keeps_m=False,
        nicknames=("kmz", "kmlcollection"),
    ),
    ExportFormat.EXCEL: FormatFacts(
        label="Excel",
        item_type="Microsoft Excel",
        extension=".xlsx",
        geometry_types=POINTS_ONLY,
        keeps_milliseconds=False,
        keeps_null=False,
        keeps_types=False,
        keeps_z=False,
        keeps_m=False,
        max_rows=1_048_575,
        nicknames=("xlsx", "microsoftexcel"),
    ),
    ExportFormat.SCENE_PACKAGE: FormatFacts(
        label="Scene Package",
        item_type="Scene Package",
        extension=".slpk",
        loadable=False,
        geometry_types=ALL_GEOMETRY,
        nicknames=("slpk",),
    ),
    ExportFormat.VECTOR_TILE_PACKAGE: FormatFacts(
        label="Vector Tile Package",
        item_type="Vector Tile Package",
        extension=".vtpk",
        honours_target_sr=False,
        loadable=False,
        nicknames=("vtpk",),
    ),
}


def _plain(text: str) -> str:
    return "".join(text.lower().split()).replace("_", "")
