"""Choose valid, unique names for exported files, fields and sheets, and pack several files into a zip."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer

_NAME_BYTES = 150  # of the 255 that file systems allow
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
_SHAPEFILE_NAME_BYTES = 10
_SHEET_NAME_LENGTH = 31


def safe_file_name(title: str) -> str:
    """Return `title` as a file name: ``_`` replaces all characters but letters, digits, ``-``, ``.`` and ``_``.

    The name leaves room for a suffix, and is no device of Windows.
    """
    name = re.sub(r"[^\w.-]+", "_", title.strip()).strip("._").encode()[:_NAME_BYTES].decode(errors="ignore")
    return f"{name}_" if _DEVICES.fullmatch(name.partition(".")[0]) else name or "export"


def unique_names(layers: Sequence[ExportedLayer]) -> list[str]:
    """Return a file or table name for each layer: its name, followed by its id if an earlier layer has that name."""
    names: list[str] = []
    for layer in layers:
        name = safe_file_name(layer.name)
        names.append(f"{name}_{layer.layer_id}" if name.lower() in {one.lower() for one in names} else name)
    return names


def short_field_names(names: Iterable[str]) -> list[str]:
    """Return names cut to 10 bytes of UTF-8; as in ArcGIS, duplicates (ignoring case) end in ``_1``, ``_2`` ..."""
    return _shortened(names, lambda name, length: name.encode()[:length].decode(errors="ignore"), _SHAPEFILE_NAME_BYTES)


def sheet_names(titles: Iterable[str]) -> list[str]:
    r"""Return names for Excel sheets: at most 31 characters, without ``[]:*?/\\'``, unique without regard to case."""
    names = (re.sub(r"[\[\]:*?/\\']", "_", title) or "Sheet" for title in titles)
    return _shortened(names, lambda name, length: name[:length], _SHEET_NAME_LENGTH)


def _shortened(names: Iterable[str], cut: Callable[[str, int], str], length: int) -> list[str]:
    """Return names cut to `length` with `cut`; duplicates (ignoring case) end in ``_1``, ``_2`` ..."""
    short: list[str] = []
    taken: set[str] = set()
    for name in names:
        candidate, number = cut(name, length), 0
        while candidate.lower() in taken:
            number += 1
            suffix = f"_{number}"
            candidate = cut(name, length - len(suffix)) + suffix
        taken.add(candidate.lower())
        short.append(candidate)
    return short


def write_each(
    layers: Sequence[ExportedLayer],
    target: Path,
    write: Callable[[ExportedLayer, Path], None],
    names: Sequence[str] | None = None,
) -> Path:
    """Write one layer to `target`, or several layers to a zip beside `target`, one file each; return the file written.

    `names` are the names of the files in the zip, without suffix; by default, `unique_names` of the layers.
    """
    if len(layers) == 1:
        write(layers[0], target)
        return target
    contents = target.parent / "contents"
    contents.mkdir()
    for layer, name in zip(layers, names or unique_names(layers), strict=True):
        write(layer, contents / f"{name}{target.suffix}")
    return zip_folder(contents, target.with_suffix(".zip"))


def zip_folder(folder: Path, target: Path) -> Path:
    """Put everything in `folder` into a zip and remove the folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    shutil.rmtree(folder)
    return target
