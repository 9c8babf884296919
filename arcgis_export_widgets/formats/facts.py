"""What can be said of an export format: the columns of the table in `registry`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition

POINTS_ONLY = frozenset({GeometryType.POINT})
ALL_GEOMETRY = frozenset(GeometryType)
NO_MULTIPATCH = ALL_GEOMETRY - {GeometryType.MULTIPATCH}


@dataclass(frozen=True, kw_only=True)
class FormatFacts:
    """What a format is called, in what shape its file arrives, and what it can hold."""

    value: str
    """What Export Item calls it, in the casing that every version of ArcGIS accepts."""
    label: str
    """Name for people."""
    nicknames: tuple[str, ...] = ()
    """Other names people use, lower case and without spaces."""
    replica_value: str | None = None
    """What createReplica calls it; None if it cannot make it."""
    package_value: str | None = None
    """What Esri's Python package calls it; None for `value`."""

    item_type: str
    """``type`` of the item that holds the exported file."""
    collection_type: str | None = None
    """``type`` of the item when several layers were exported; None where it is the same."""
    extension: str
    """Of the file as downloaded, with its dot."""
    collection_extension: str | None = None
    """Of the file when several layers were exported; None where it is the same."""
    is_zip: bool = False
    """Whether a file with that extension is a zip archive inside; those that end in ``.zip`` always are."""
    suffixes: tuple[str, ...] = ()
    """Ends of the names of its files, unzipped, lower case and with their dot; the first is the usual one."""

    reader: str | None = "gdal"
    """Key of the reader in `loading.readers`; None for packages, which are for display only."""
    driver: str | None = None
    """GDAL's name of its driver, given whenever GDAL opens such a file; None if GDAL does not read it."""
    signature: bytes | None = None
    """Bytes that its file starts with, whatever it is called; None if there are none."""
    holds_layers: bool = False
    """Whether one file may hold several layers, each with a name of its own."""
    has_row_ids: bool = False
    """Whether GDAL gives the object ids as numbers of rows, apart from the fields."""

    geometry_types: frozenset[GeometryType] = NO_MULTIPATCH
    """Kinds of geometry that survive; rows of other layers arrive without coordinates."""
    has_xy_columns: bool = False
    """Whether a point becomes two columns, x and y."""
    names_xy_columns: bool = False
    """Whether a request may name these columns."""
    honours_target_sr: bool = True
    """Whether ``targetSR`` has an effect; the others are always written in WGS 84."""

    max_rows: int | None = None
    """Most rows of a layer; None if not limited, as in all limits."""
    max_fields: int | None = None
    """Most fields of a layer, those for x and y among them."""
    max_name_characters: int | None = None
    """Longest field name kept; None if all of ArcGIS's are."""
    max_text_bytes: int | None = None
    """Longest text value kept, in UTF-8."""
    max_text_characters: int | None = None
    """Longest text value kept."""
    max_file_bytes: int | None = None
    """Greatest size of one of its files, unzipped."""
    row_bytes: Callable[[LayerDefinition, bool], Mapping[str, int]] | None = None
    """Estimates the bytes of a row in each of its files, by suffix, from the definition and whether it has geometry;
    only of files whose rows all have the same size."""

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

    @property
    def loadable(self) -> bool:
        """Whether `load` makes frames of it."""
        return self.reader is not None

    @property
    def download_suffixes(self) -> frozenset[str]:
        """Ends of the names that its file may have as downloaded."""
        inside = () if self.extension == ".zip" else self.suffixes
        return frozenset({self.extension, *inside, *filter(None, [self.collection_extension])})

    def extension_of(self, layer_count: int) -> str:
        """The extension of the file as downloaded."""
        return (layer_count > 1 and self.collection_extension) or self.extension

    def item_type_of(self, layer_count: int) -> str:
        """``type`` of the item that holds the exported file."""
        return (layer_count > 1 and self.collection_type) or self.item_type
