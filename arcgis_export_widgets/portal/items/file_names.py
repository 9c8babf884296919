"""Making valid and unused file names, and checking that a folder can be written to."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from arcgis_export_widgets.errors import DownloadError, RequestError
from arcgis_export_widgets.language import say

_RESERVED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def safe_name(name: str) -> str:
    """Turn `name` into a valid file name: not empty, without folders or characters that file systems refuse."""
    cleaned = _RESERVED.sub("_", name).strip(" .")
    stem, dot, suffix = cleaned.rpartition(".")
    return f"{(stem or suffix or 'export')[:120]}{dot}{suffix}" if stem else cleaned[:120] or "export"


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
