"""The export formats, one row each, with everything this package knows about them.

To add a format, add its row and, if no existing reader can read the format, a reader in `loading.readers`. Everything
else is derived from the row: requests, their schema, the form, warnings, file names, code for other tools, detection
and the documentation.

Sources: the Export Item page (format values), Esri's Hub download code (which formats honour ``targetSR``, and when a
"Collection" is made), Esri's pages on shapefiles and on file geodatabase limits, Microsoft's page on Excel limits,
SQLite's page on SQLite limits, and this package's round trips, with results in ``docs/formats.md``.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.facts import ALL_GEOMETRY, POINTS_ONLY, FormatFacts
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.fields import Field, FieldType

_DBF_BYTES = {
    FieldType.SMALL_INTEGER: 5, FieldType.INTEGER: 10, FieldType.OID: 10, FieldType.BIG_INTEGER: 19,
    FieldType.SINGLE: 13, FieldType.DOUBLE: 19, FieldType.DATE: 8, FieldType.DATE_ONLY: 8,
    FieldType.GUID: 38, FieldType.GLOBAL_ID: 38,
}  # fmt: skip
_DBF_TEXT_BYTES = 254
_SHP_POINT_BYTES, _SHP_POINT_Z_BYTES = 28, 44  # bytes per point, with the record's header


def _shapefile_row_bytes(definition: LayerDefinition, has_geometry: bool) -> dict[str, int]:
    """Bytes per row in the .dbf file and, for points only, in the .shp file; other geometries differ in size."""
    sizes = {".dbf": 1 + sum(_dbf_bytes(field) for field in definition.fields)}
    if has_geometry and definition.geometry_type is GeometryType.POINT:
        sizes[".shp"] = _SHP_POINT_Z_BYTES if definition.has_z or definition.has_m else _SHP_POINT_BYTES
    return sizes


def _dbf_bytes(field: Field) -> int:
    return _DBF_BYTES.get(field.type) or min(field.length or _DBF_TEXT_BYTES, _DBF_TEXT_BYTES)


class ExportFormat(str, Enum):
    """The formats that Export Item offers; a member's value is sent as the parameter ``exportFormat``."""

    _value_: str
    facts: FormatFacts

    def __new__(cls, facts: FormatFacts) -> ExportFormat:  # noqa: PYI034  an enum's members are of this class
        """Create a member from the facts in its row below."""
        member = str.__new__(cls, facts.value)
        member._value_ = facts.value
        member.facts = facts
        return member

    # fmt: off
    SHAPEFILE = FormatFacts(
        value="Shapefile", label="Shapefile", nicknames=("shp", "esrishapefile"), replica_value="shapefile",
        item_type="Shapefile", extension=".zip", is_zip=True, suffixes=(".shp", ".dbf"),
        reader="shapefile", driver="ESRI Shapefile",
        start=r"\x00\x00\x27\x0a|[\x02\x03\x30-\x32\x43\x63\x83\x8b\x8c\x8e\xcb\xe5\xf5\xfb]",  # .shp, .dbf
        max_fields=255, max_name_characters=10, max_text_bytes=_DBF_TEXT_BYTES,
        max_file_bytes=2 * 1024**3, row_bytes=_shapefile_row_bytes,
        keeps_null=False, keeps_big_integers=False, keeps_fractions=False, keeps_blanks=False, keeps_time_of_day=False,
    )
    CSV = FormatFacts(
        value="CSV", label="CSV", nicknames=("csvcollection",), replica_value="csv",
        item_type="CSV", collection_type="CSV Collection",
        extension=".csv", collection_extension=".zip", suffixes=(".csv",),
        reader="csv",
        geometry_types=POINTS_ONLY, has_xy_columns=True, names_xy_columns=True,
        keeps_milliseconds=False, keeps_null=False, keeps_types=False, keeps_z=False, keeps_m=False,
    )
    FILE_GEODATABASE = FormatFacts(
        value="File Geodatabase", label="File Geodatabase", nicknames=("fgdb", "filegdb", "gdb"),
        replica_value="filegdb",
        item_type="File Geodatabase", extension=".zip", is_zip=True, suffixes=(".gdb",),
        reader="geodatabase", driver="OpenFileGDB", has_row_ids=True,
        start=r"[\x03\x04]\x00\x00\x00",  # of the table in which a geodatabase lists its others
        geometry_types=ALL_GEOMETRY,
        max_rows=2**31 - 1, max_fields=65_534, max_name_characters=64,
        keeps_domains=True, keeps_attachments=True,
    )
    FEATURE_COLLECTION = FormatFacts(
        value="Feature Collection", label="Feature Collection", replica_value="featureCollection",
        item_type="Feature Collection", extension=".json", suffixes=(".json",),
        reader="feature_collection",
        keeps_domains=True,
    )
    GEOJSON = FormatFacts(
        value="GeoJson", label="GeoJSON", replica_value="geojson",
        item_type="GeoJson", extension=".geojson", suffixes=(".geojson", ".json"),
        reader="geojson", driver="GeoJSON", start=r"(\xef\xbb\xbf)?\s*[{\[]",
        honours_target_sr=False,
        keeps_m=False, keeps_types=False,
    )
    GEOPACKAGE = FormatFacts(
        value="geoPackage", label="GeoPackage", nicknames=("gpkg",),
        replica_value="geoPackage", package_value="GeoPackage",
        item_type="GeoPackage", extension=".gpkg", suffixes=(".gpkg",),
        reader="geopackage", driver="GPKG", start=r"SQLite format 3\x00", is_known_by_start=True,
        has_row_ids=True,
        max_fields=2000,
    )
    KML = FormatFacts(
        value="KML", label="KML", nicknames=("kmz", "kmlcollection"), replica_value="kml",
        item_type="KML", collection_type="KML Collection",
        extension=".kmz", collection_extension=".zip", suffixes=(".kml", ".kmz"),
        reader="kml", driver="LIBKML",
        start=r"PK\x03\x04|(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--((?!-->).)*-->\s*)*<(\w+:)?kml[\s>]",
        honours_target_sr=False,
        keeps_milliseconds=False, keeps_null=False, keeps_blanks=False, keeps_types=False, keeps_m=False,
    )
    EXCEL = FormatFacts(
        value="Excel", label="Excel", nicknames=("xlsx", "microsoftexcel"), replica_value="excel",
        item_type="Microsoft Excel", extension=".xlsx", is_zip=True, suffixes=(".xlsx",),
        reader="excel", driver="XLSX", start=r"PK\x03\x04",
        geometry_types=POINTS_ONLY, has_xy_columns=True,
        max_rows=2**20 - 1,  # the first row contains the names
        max_fields=2**14, max_text_characters=2**15 - 1,
        keeps_milliseconds=False, keeps_null=False, keeps_types=False, keeps_z=False, keeps_m=False,
    )
    SCENE_PACKAGE = FormatFacts(
        value="Scene Package", label="Scene Package", nicknames=("slpk",),
        item_type="Scene Package", extension=".slpk",
        reader=None,
        geometry_types=ALL_GEOMETRY,
    )
    VECTOR_TILE_PACKAGE = FormatFacts(
        value="Vector Tile Package", label="Vector Tile Package", nicknames=("vtpk",),
        item_type="Vector Tile Package", extension=".vtpk",
        reader=None,
        honours_target_sr=False,
    )
    # fmt: on

    @classmethod
    def of(cls, value: ExportFormat | str) -> ExportFormat:
        """Read a format from its name in any casing, with or without spaces, or from a common short name.

        Raises
        ------
        RequestError
            If no export format has the name `value`.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            wanted = _plain(value)
            for known in cls:
                if wanted in (_plain(known.value), *known.facts.nicknames):
                    return known
        names = ", ".join(known.value for known in cls)
        fault = say("{value!r} is not an export format. ArcGIS exports to: {names}.", value=value, names=names)
        if isinstance(value, str) and _plain(value) in {"parquet", "geoparquet"}:
            fault = f"{fault} {say('For GeoParquet, export to a format that can be loaded, then use to_parquet().')}"
        raise RequestError(fault)

    def file_name(self, name: str, layer_count: int) -> str:
        """Add this format's extension to `name`, unless `name` already ends in the extension of an export format.

        A title such as ``Roads 2.0`` also contains a dot, so not every dot starts an extension.
        """
        has_one = Path(name).suffix.lower() in DOWNLOAD_SUFFIXES
        return name if has_one else f"{name}{self.facts.extension_of(layer_count)}"

    @classmethod
    def by_suffix(cls, suffix: str) -> tuple[ExportFormat, ...]:
        """Formats whose unzipped files have `suffix`, in any casing: two for ``.json``, none for ``.zip``."""
        return tuple(known for known in cls if suffix.lower() in known.facts.suffixes)


DOWNLOAD_SUFFIXES = frozenset(suffix for known in ExportFormat for suffix in known.facts.download_suffixes)
"""All suffixes that a downloaded file can have."""
DATA_SUFFIXES = frozenset(suffix for known in ExportFormat for suffix in known.facts.suffixes if known.facts.loadable)
"""All suffixes that an unzipped file can have if `load` can read its format."""
ZIP_SUFFIXES = frozenset({".zip", *(known.facts.extension for known in ExportFormat if known.facts.is_zip)})
"""All suffixes of downloaded files that must be zip archives."""


def _plain(text: str) -> str:
    return "".join(text.lower().split()).replace("_", "")
