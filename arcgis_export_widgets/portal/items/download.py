"""Fetching an exported file so that what lies on the disk in the end is it, whole.

Source: https://developers.arcgis.com/rest/users-groups-and-items/item-data/
"""

from __future__ import annotations

import json
import logging
import re
import threading
import zipfile
from pathlib import Path

from arcgis_export_widgets.errors import DownloadError, ExportCancelledError, PortalUnreachableError
from arcgis_export_widgets.events import ChunkReceived, DownloadFinished, EventHandler, ignore
from arcgis_export_widgets.formats.registry import ZIP_SUFFIXES
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.responses import error_of
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.http.transport import Body

logger = logging.getLogger(__name__)

_TRIES = 5
_WHOLE_TRIES = 3
_BEFORE_NEXT_TRY_S = 0.5
_LARGEST_ERROR_BYTES = 64 * 1024
_HTTP_PARTIAL = 206
_RESERVED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def download(
    session: PortalSession,
    path: str,
    folder: Path,
    *,
    file_name: str,
    expected_bytes: int | None = None,
    on_event: EventHandler = ignore,
    cancel: threading.Event | None = None,
) -> Path:
    """Fetch the data at `path` into `folder`.

    The bytes go to ``<name>.part``, which is renamed when whole. A broken connection is taken up where it broke,
    if the server can; what is not the file is fetched anew, twice; `cancel` stops after the current piece and removes
    the part.

    Parameters
    ----------
    file_name
        Name to use; an existing file is never overwritten, the new one gets a number.
    expected_bytes
        Size the portal gave for the item; None if unknown.

    Raises
    ------
    DownloadError
        If the file cannot be had whole, is not what it should be, or an error came in its place.
    ExportCancelledError
        If `cancel` was set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = free_name(folder / safe_name(file_name))
    part = target.with_name(f"{target.name}.part")
    part.touch(exist_ok=False)  # the name is ours from here on
    try:
        for attempt in range(1, _WHOLE_TRIES + 1):
            size = _fetch(session, path, part, on_event, cancel)
            try:
                _check(part, expected_bytes or size, target.suffix)
            except DownloadError as error:
                if attempt == _WHOLE_TRIES:
                    raise
                logger.warning("what came is not the file, fetching it anew: %s", error)
                session.pause(_BEFORE_NEXT_TRY_S)
            else:
                break
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    on_event(DownloadFinished(target, target.stat().st_size))
    return target


def safe_name(name: str) -> str:
    """Make a file name of `name`: no folders, nothing that a file system refuses, never empty."""
    cleaned = _RESERVED.sub("_", name).strip(" .")
    stem, dot, suffix = cleaned.rpartition(".")
    return f"{(stem or suffix or 'export')[:120]}{dot}{suffix}" if stem else cleaned[:120] or "export"


def _fetch(
    session: PortalSession, path: str, part: Path, on_event: EventHandler, cancel: threading.Event | None
) -> int | None:
    """Write the body to `part`, taking up a broken line; the whole size if the server told."""
    received = 0
    for attempt in range(1, _TRIES + 1):
        with session.open(path, start_at=received) as body:
            if received and body.status != _HTTP_PARTIAL:
                received = 0  # the server cannot resume, so it sends the whole file again
            size = _whole_size(body, received)
            try:
                with part.open("r+b") as file:
                    file.seek(received)
                    file.truncate()
                    for chunk in body.chunks():
                        if cancel is not None and cancel.is_set():
                            raise ExportCancelledError(say("The download was cancelled; nothing was kept."))
                        file.write(chunk)
                        received += len(chunk)
                        on_event(ChunkReceived(received, size))
            except PortalUnreachableError as error:
                if attempt == _TRIES:
                    raise DownloadError(
                        say(
                            "The download broke off {tries} times, last after {received:,} bytes. Try again later.",
                            tries=_TRIES,
                            received=received,
                        )
                    ) from error
                if received:
                    logger.warning("download broke off after %d bytes, taking it up there", received)
                else:
                    logger.warning("download broke off within its first piece, starting it over")
            else:
                return size
    return None


def _whole_size(body: Body, offset: int) -> int | None:
    length = body.headers.get("Content-Length")
    if length is None or body.headers.get("Content-Encoding", "identity") != "identity":
        return None
    return offset + int(length)


def _check(part: Path, expected_bytes: int | None, suffix: str) -> None:
    """Refuse what is no data: an error in its place, a file cut short, a zip that does not unpack."""
    size = part.stat().st_size
    if size <= _LARGEST_ERROR_BYTES:
        _refuse_error(part)
    if expected_bytes is not None and size != expected_bytes:
        raise DownloadError(
            say(
                "The file should have {expected:,} bytes but has {size:,}. Download it again.",
                expected=expected_bytes,
                size=size,
            )
        )
    if size == 0:
        raise DownloadError(say("The portal sent an empty file. The export may have gone wrong; export again."))
    with part.open("rb") as file:
        start = file.read(512)
    if start.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise DownloadError(
            say("A web page came in place of the file. Sign in again, or ask whether a proxy is in between.")
        )
    if suffix in ZIP_SUFFIXES or start.startswith(b"PK\x03\x04"):  # KML may come zipped or plain
        _refuse_broken_zip(part)


def _refuse_error(part: Path) -> None:
    text = part.read_bytes()
    if not text.lstrip().startswith(b"{"):
        return
    try:
        answer = json.loads(text)
    except ValueError:
        return
    if isinstance(answer, dict) and "features" not in answer and (error := error_of(answer, "the portal")):
        raise DownloadError(say("An error came in place of the file: {error}", error=error)) from error


def _refuse_broken_zip(part: Path) -> None:
    try:
        with zipfile.ZipFile(part) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DownloadError(say("The zip file is not whole. Download it again.")) from error
    if broken:
        raise DownloadError(say("The zip file is damaged at {name!r}. Download it again.", name=broken))


def free_name(target: Path) -> Path:
    """`target`, or where it is taken the same with a number, so that no file is overwritten."""
    for number in range(1, 10_000):
        candidate = target if number == 1 else target.with_name(f"{target.stem} ({number}){target.suffix}")
        if not candidate.exists() and not candidate.with_name(f"{candidate.name}.part").exists():
            return candidate
    raise DownloadError(
        say("{folder} holds thousands of files named {name}; clear some away.", folder=target.parent, name=target.name)
    )
