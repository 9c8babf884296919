"""Facts about an export format, one attribute each; `registry` has the values for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition

POINTS_ONLY = frozenset({GeometryType.POINT})
ALL_GEOMETRY = frozenset(GeometryType)
NO_MULTIPATCH = ALL_GEOMETRY - {GeometryType.MULTIPATCH}


@dataclass(frozen=True, kw_only=True)
class FormatFacts:
    """What this package knows about one export format: its names, its files, and what it can store."""

    value: str
    """Value of Export Item's parameter ``exportFormat``, in the casing that every version of ArcGIS accepts."""
    label: str
    """Name shown to people."""
    nicknames: tuple[str, ...] = ()
    """Other common names of the format, in lower case and without spaces."""
    replica_value: str | None = None
    """Name of the format in createReplica; None if createReplica does not offer the format."""
    package_value: str | None = None
    """Name of the format in Esri's Python package; None if the same as `value`."""

    item_type: str
    """``type`` of the portal item with the exported file."""
    collection_type: str | None = None
    """``type`` of the portal item if several layers were exported; None if the same as `item_type`."""
    extension: str
    """Extension of the downloaded file, with dot."""
    collection_extension: str | None = None
    """Extension of the downloaded file if several layers were exported; None if the same as `extension`."""
    is_zip: bool = False
    """Whether a downloaded file with this `extension` must be a zip archive; a ``.zip`` file always must."""
    suffixes: tuple[str, ...] = ()
    """Suffixes of the unzipped files, in lower case and with dot, the most common first."""

    reader: str | None = "gdal"
    """Key of the format's reader in `loading.readers`; None for formats that are for display only."""
    driver: str | None = None
    """The only GDAL driver that may open the file; None if the file is not read with GDAL."""
    start: str | None = None
    """Regular expression for the bytes at the start of every file of this format that GDAL may open; other content is
    refused, whatever the file's name."""
    is_known_by_start: bool = False
    """Whether no file of another format has such a start."""
    has_row_ids: bool = False
    """Whether GDAL returns object ids as feature ids instead of in a field."""

    geometry_types: frozenset[GeometryType] = NO_MULTIPATCH
    """Geometry types the format can store; layers of other types are exported without coordinates."""
    has_xy_columns: bool = False
    """Whether points are exported as two columns, x and y."""
    names_xy_columns: bool = False
    """Whether a request may name the x and y columns."""
    honours_target_sr: bool = True
    """Whether the request's ``targetSR`` is applied; if not, the file is always in WGS 84."""

    max_rows: int | None = None
    """Maximum number of rows in a layer; None if unlimited."""
    max_fields: int | None = None
    """Maximum number of fields in a layer, including x and y; None if unlimited."""
    max_name_characters: int | None = None
    """Maximum length of a field name; None if unlimited."""
    max_text_bytes: int | None = None
    """Maximum length of a text value in UTF-8 bytes; None if unlimited."""
    max_text_characters: int | None = None
    """Maximum number of characters in a text value; None if unlimited."""
    max_file_bytes: int | None = None
    """Maximum size of each unzipped file; None if unlimited."""
    row_bytes: Callable[[LayerDefinition, bool], Mapping[str, int]] | None = None
    """Function that takes the layer's definition and whether geometry is exported, and estimates the bytes per row, by
    suffix of the file. Files in which rows differ in size are left out."""

    keeps_null: bool = True
    """Whether missing values stay distinct from 0 and "". Missing dates are recognizable in every format."""
    keeps_types: bool = True
    """Whether the file stores field types; otherwise `load` restores them from the layer's definition."""
    keeps_big_integers: bool = True
    """Whether whole numbers beyond 2**53 stay exact; otherwise they become floating-point numbers."""
    keeps_fractions: bool = True
    """Whether fractional numbers keep all their digits."""
    keeps_blanks: bool = True
    """Whether text keeps leading and trailing spaces."""
    keeps_z: bool = True
    keeps_m: bool = True
    keeps_time_of_day: bool = True
    keeps_milliseconds: bool = True
    keeps_domains: bool = False
    keeps_attachments: bool = False

    @property
    def loadable(self) -> bool:
        """Whether `load` can read the format into frames."""
        return self.reader is not None

    @property
    def download_suffixes(self) -> frozenset[str]:
        """Suffixes the downloaded file may have."""
        inside = () if self.extension == ".zip" else self.suffixes
        return frozenset({self.extension, *inside, *filter(None, [self.collection_extension])})

    def extension_of(self, layer_count: int) -> str:
        """Extension of the downloaded file for `layer_count` layers."""
        return (layer_count > 1 and self.collection_extension) or self.extension

    def item_type_of(self, layer_count: int) -> str:
        """``type`` of the portal item with the exported file, for `layer_count` layers."""
        return (layer_count > 1 and self.collection_type) or self.item_type
