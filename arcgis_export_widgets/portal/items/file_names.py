"""Making valid and unused file names, and checking that a folder can be written to."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arcgis_export_widgets.errors import ArcGISExportError, DownloadError, RequestError
from arcgis_export_widgets.language import say

# characters that file systems refuse, and those that change the direction of text, by which a name can deceive
_RESERVED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, with or without an extension."""
_MOST_BYTES = 200  # of the 255 that file systems allow; the rest is for " (2)", ".part", ".layers.json" and the like
_LONGEST_SUFFIX = 20


def safe_name(name: str) -> str:
    """Turn `name` into a file name that is valid on every system: no folder, no device, neither empty nor too long."""
    cleaned = _RESERVED.sub("_", name).strip(" .")
    if _DEVICES.match(cleaned):
        cleaned = f"_{cleaned}"
    stem, dot, suffix = cleaned.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = cleaned, "", ""
    ending = f"{dot}{suffix}"
    short = stem.encode()[: _MOST_BYTES - len(ending.encode())].decode(errors="ignore")
    return ((short + ending).rstrip(" .")) or "export"


@contextmanager
def file_errors(kind: type[ArcGISExportError], place: str | Path) -> Iterator[None]:
    """Within the block, errors of the file system, such as a full disk, become `kind`; `place` is a file or folder."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise kind(
            say(
                "{place} cannot be read or written ({reason}). Free some space, or choose another folder.",
                place=place,
                reason=reason,
            )
        ) from error


def file_stem(title: str) -> str:
    """The file name, without suffix, that portals derive from a title by dropping the spaces."""
    return "_".join(title.split())


def free_name(target: Path) -> Path:
    """`target`, with a number added if that file exists, so that no file is overwritten."""
    for number in range(1, 10_000):
        candidate = target if number == 1 else target.with_name(f"{target.stem} ({number}){target.suffix}")
        if not candidate.exists() and not candidate.with_name(f"{candidate.name}.part").exists():
            return candidate
    raise DownloadError(
        say(
            "{folder} contains thousands of files named {name}. Delete some of them.",
            folder=target.parent,
            name=target.name,
        )
    )


def usable_folder(folder: str | Path) -> Path:
    """Create the folder if it is missing; raise RequestError if it is not writable. ``~`` is the home folder."""
    try:
        path = Path(folder).expanduser()
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except FileExistsError as error:
        raise RequestError(say("{folder} is a file. Give a folder; it need not exist.", folder=folder)) from error
    except OSError as error:
        reason = error.strerror or error
        raise RequestError(
            say("No file can be written to {folder} ({reason}). Choose another folder.", folder=folder, reason=reason)
        ) from error
    except (RuntimeError, ValueError) as error:  # "~nobody", or characters that no path can contain
        raise RequestError(say("{folder!r} is not a folder: {reason}.", folder=str(folder), reason=error)) from error
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a text file, so that `path` is either the complete new file or what it was before."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
