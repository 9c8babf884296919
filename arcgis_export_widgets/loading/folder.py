"""Which data sets are in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import DATA_SUFFIXES
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.loading.receipt.expected import is_sidecar

_SEVERAL_FILES = {".shp", ".dbf"}
_MOST_NAMES = 20
_PEEK_BYTES = 64 * 1024
_SIGNS_OF_FEATURES = tuple(
    f'"{word}"'.encode()
    for word in ("FeatureCollection", "Feature", "features", "coordinates", "layerDefinition", "featureSet")
)


def data_sets(folder: Path) -> list[Path]:
    """Geodatabases and files that can be loaded; of a shapefile its ``.shp``. Zips are not among them."""
    databases = sorted(p for p in folder.rglob("*") if p.is_dir() and p.suffix.lower() == ".gdb")
    files = (p for p in _files(folder) if not any(database in p.parents for database in databases))
    return [*databases, *(file for file in files if _is_data_set(file))]


def only_data_set(folder: Path, most: int) -> Path:
    """What to load of a folder: a single file in it, or the folder itself where a data set is several files.

    Parameters
    ----------
    most
        How many files there may be: as many as layers are expected of an export that was unpacked.

    Raises
    ------
    LoadError
        If there are more, or several and a zip is among them: they are different exports.
    """
    zips = [file for file in _files(folder) if file.suffix.lower() == ".zip"]
    found = sorted([*data_sets(folder), *zips])
    if len(found) > max(most, 1) or (zips and len(found) > 1):
        names = ", ".join(str(file.relative_to(folder)) for file in found[:_MOST_NAMES])
        if (left := len(found) - _MOST_NAMES) > 0:
            names += ", " + say_count("{count:,} more", "{count:,} more", left)
        raise LoadError(
            say(
                "{folder} contains more than one data set: {names}. Choose one of them.",
                folder=folder,
                names=names,
            )
        )
    return found[0] if len(found) == 1 and found[0].suffix.lower() not in _SEVERAL_FILES else folder


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith("."))


def _is_data_set(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix == ".dbf":
        return not has_sibling(file, ".shp")
    if suffix == ".json":  # receipts, requests and jobs are JSON as well
        return not is_sidecar(file) and _mentions_features(file)
    return suffix in DATA_SUFFIXES and suffix != ".gdb"  # which is a folder


def has_sibling(file: Path, suffix: str) -> bool:
    """Whether the same name with that suffix is next to the file, in any case."""
    return any(other.suffix.lower() == suffix and other.stem == file.stem for other in file.parent.iterdir())


def _mentions_features(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(_PEEK_BYTES)
    return any(sign in start for sign in _SIGNS_OF_FEATURES)
