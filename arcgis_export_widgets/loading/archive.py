"""Extract zip files safely."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say

MAX_TOTAL_BYTES = 100 * 1024**3
MAX_RATIO = 1000
_SMALL_BYTES = 10 * 1024**2  # up to this unpacked size, no compression ratio is dangerous
_CHUNK_BYTES = 1024**2
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error)
"""Errors that zipfile raises if a file is not a zip file, or is incomplete or damaged."""


def extract(path: Path, folder: Path) -> None:
    """Extract the zip file `path` into `folder`, an empty temporary folder. Call `refuse_bomb` before this function.

    Raises
    ------
    LoadError
        If the zip file is incomplete, or contains what an export never contains: names that lead outside the folder,
        links, encrypted files, or more data than its directory declares.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                _extract_one(archive, member, folder)
    except _BROKEN as error:
        raise LoadError(_no_whole_zip(path, error)) from error
    except OSError as error:  # a full disk; names that clash or are too long
        raise LoadError(say("{file} cannot be unpacked: {error}.", file=path.name, error=error)) from error


def refuse_bomb(path: Path) -> None:
    """Raise `LoadError` if the zip file `path` is damaged, or declares an unpacked size that is implausibly large."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (*_BROKEN, OSError) as error:
        raise LoadError(_no_whole_zip(path, error)) from error
    total, size = sum(member.file_size for member in members), path.stat().st_size
    if total > MAX_TOTAL_BYTES or (total > _SMALL_BYTES and total > MAX_RATIO * size):
        raise LoadError(
            say(
                "{file} says it unpacks to {total:,} bytes from {size:,}, which no honest export does. "
                "It was not opened.",
                file=path.name,
                total=total,
                size=size,
            )
        )


def _no_whole_zip(path: Path, error: Exception) -> str:
    return say("{file} is not a complete zip file ({error}). Download it again.", file=path.name, error=error)


def _extract_one(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or PureWindowsPath(member.filename).drive:
        raise LoadError(
            say("The archive contains the name {name!r}, which leads outside of its folder.", name=member.filename)
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise LoadError(say("The archive contains a link, {name!r}. Exports never do.", name=member.filename))
    if member.flag_bits & 0x1:
        raise LoadError(say("The archive is encrypted. Exports are not; is this the right file?"))
    target = folder / name
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(member) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK_BYTES):
            written += len(chunk)
            if written > member.file_size:
                raise LoadError(
                    say("{name!r} is larger than the archive says. It was not opened.", name=member.filename)
                )
            sink.write(chunk)
