"""Make sure that GDAL opens a file as the format it is taken for, and reads nothing but that file.

GDAL asks all of its drivers who knows the content of a file, whatever its name. Some formats are instructions to read
another file or address: a virtual data set (VRT), or a stored pipeline (GDALG). pyogrio cannot name the only driver
allowed, so the content is checked before GDAL sees it, and the driver that GDAL chose before anything is read.

Source: https://gdal.org/en/stable/user/security.html
"""

from __future__ import annotations

import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pyogrio
from pyogrio.util import vsi_path

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say

_LOOKED_AT_BYTES = 64 * 1024  # more than GDAL looks at
_INSTRUCTIONS = re.compile(
    rb"<ogrvrtdatasource|<vrtdataset|gdal_streamed_alg|<!doctype|<!entity|opengis\.net/gml|<ogrwfs|<ogrcsw|<gdal_wms",
    re.IGNORECASE,
)
"""What formats contain that make GDAL read elsewhere, in the forms by which it knows them."""


def starts_like(start: bytes, export_format: ExportFormat) -> bool:
    """Whether a file that starts with these bytes may be of this format."""
    pattern = export_format.facts.start
    return pattern is None or _compiled(pattern).match(start) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.DOTALL)


def refuse_other_content(path: Path, export_format: ExportFormat, named: str) -> None:
    """Raise `LoadError` if the file at `path` is not of this format. `named` is what the user calls the file."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT_BYTES)
    if not starts_like(start, export_format) or _INSTRUCTIONS.search(start):
        raise _another_format(named, export_format)


def refuse_other_driver(path: str | Path, layer: str | None, export_format: ExportFormat, named: str) -> None:
    """Raise `LoadError` if GDAL opens the file with another driver than that of its format."""
    options = {} if layer is None else {"layer": layer}
    if pyogrio.read_info(path, **options)["driver"] != export_format.facts.driver:
        raise _another_format(named, export_format)


def _another_format(named: str, export_format: ExportFormat) -> LoadError:
    return LoadError(
        say(
            "{file} is not a {label}: its content is of another format. It was not opened.",
            file=named,
            label=export_format.facts.label,
        )
    )


def plainly_named(path: Path, scratch: Path) -> Path:
    """The same file or folder by a name that pyogrio does not read as an archive or an address.

    Links, or copies where there can be none, are made in `scratch` if the name needs it.
    """
    path = path.absolute()
    if vsi_path(str(path)) == str(path):
        return path
    folder = Path(tempfile.mkdtemp(dir=scratch))
    stem = re.sub(r"[!;?]", "_", path.stem)
    for one in [path] if path.is_dir() else [other for other in path.parent.iterdir() if other.stem == path.stem]:
        target = folder / f"{stem}{one.suffix}"
        try:
            target.symlink_to(one)
        except OSError:  # Windows lets only some users make links
            (shutil.copytree if one.is_dir() else shutil.copyfile)(one, target)
    return folder / f"{stem}{path.suffix}"
