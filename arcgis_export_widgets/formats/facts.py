"""The facts about an export format: the columns of the table in `registry`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition

POINTS_ONLY = frozenset({GeometryType.POINT})
ALL_GEOMETRY = frozenset(GeometryType)
NO_MULTIPATCH = ALL_GEOMETRY - {GeometryType.MULTIPATCH}


@dataclass(frozen=True, kw_only=True)
class FormatFacts:
    """What a format is called, how its file arrives, and what it can hold."""

    value: str
    """Its name in Export Item, in the casing that every version of ArcGIS accepts."""
    label: str
    """Name for people."""
    nicknames: tuple[str, ...] = ()
    """Other names people use, lower case and without spaces."""
    replica_value: str | None = None
    """Its name in createReplica; None if createReplica cannot make it."""
    package_value: str | None = None
    """Its name in Esri's Python package; None if that is `value`."""

    item_type: str
    """``type`` of the item that holds the exported file."""
    collection_type: str | None = None
    """The same when several layers were exported; None if it does not change."""
    extension: str
    """Extension of the file as downloaded, with its dot."""
    collection_extension: str | None = None
    """The same when several layers were exported; None if it does not change."""
    is_zip: bool = False
    """Whether a file with that extension is a zip archive inside; those that end in ``.zip`` always are."""
    suffixes: tuple[str, ...] = ()
    """Suffixes of its files, unzipped, lower case and with their dot; the usual one first."""

    reader: str | None = "gdal"
    """Key of its reader in `loading.readers`; None for packages, which are for display only."""
    driver: str | None = None
    """Name of the only GDAL driver that may open such a file; None if GDAL does not read it."""
    signature: bytes | None = None
    """Bytes that every such file starts with; None if they vary."""
    holds_layers: bool = False
    """Whether one file may hold several layers, each with its own name."""
    has_row_ids: bool = False
    """Whether GDAL returns the object ids as feature ids, not in a field."""

    geometry_types: frozenset[GeometryType] = NO_MULTIPATCH
    """Geometry types it can hold; rows of other layers arrive without coordinates."""
    has_xy_columns: bool = False
    """Whether a point becomes two columns, x and y."""
    names_xy_columns: bool = False
    """Whether a request may choose the names of these columns."""
    honours_target_sr: bool = True
    """Whether ``targetSR`` has an effect; if not, the file is always in WGS 84."""

    max_rows: int | None = None
    """Maximum number of rows of a layer. This and the limits below are None if there is no limit."""
    max_fields: int | None = None
    """Maximum number of fields of a layer, including those for x and y."""
    max_name_characters: int | None = None
    """Longest field name."""
    max_text_bytes: int | None = None
    """Longest text value, in UTF-8."""
    max_text_characters: int | None = None
    """Longest text value."""
    max_file_bytes: int | None = None
    """Maximum size of one of its files, unzipped."""
    row_bytes: Callable[[LayerDefinition, bool], Mapping[str, int]] | None = None
    """Estimates the bytes per row in each of its files, by suffix, from the definition and whether it has geometry;
    only for files whose rows all have the same size."""

    keeps_null: bool = True
    """Whether missing values stay distinct from 0 and from empty texts. Missing dates do in every format."""
    keeps_types: bool = True
    """Whether the file stores the types of fields; otherwise they are restored from the layer's definition."""
    keeps_big_integers: bool = True
    """Whether whole numbers beyond 2**53 stay exact; otherwise they become floating-point numbers."""
    keeps_fractions: bool = True
    """Whether fractional numbers keep all their digits."""
    keeps_blanks: bool = True
    """Whether texts keep blanks at their beginning and end."""
    keeps_z: bool = True
    keeps_m: bool = True
    keeps_time_of_day: bool = True
    keeps_milliseconds: bool = True
    keeps_domains: bool = False
    keeps_attachments: bool = False

    @property
    def loadable(self) -> bool:
        """Whether `load` can make frames of it."""
        return self.reader is not None

    @property
    def download_suffixes(self) -> frozenset[str]:
        """Suffixes its file may have as downloaded."""
        inside = () if self.extension == ".zip" else self.suffixes
        return frozenset({self.extension, *inside, *filter(None, [self.collection_extension])})

    def extension_of(self, layer_count: int) -> str:
        """The extension of the file as downloaded."""
        return (layer_count > 1 and self.collection_extension) or self.extension

    def item_type_of(self, layer_count: int) -> str:
        """``type`` of the item that holds the exported file."""
        return (layer_count > 1 and self.collection_type) or self.item_type
