"""Downloading an exported file, and checking that it is complete.

Source: https://developers.arcgis.com/rest/users-groups-and-items/item-data/
"""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path

from arcgis_export_widgets.errors import DownloadError, ExportCancelledError, PortalError
from arcgis_export_widgets.events import ChunkReceived, DownloadFinished, EventHandler, ignore
from arcgis_export_widgets.formats.registry import ZIP_SUFFIXES
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.cancellation import AnyOf, Cancellation, waits_end_with
from arcgis_export_widgets.portal.http.responses import error_of
from arcgis_export_widgets.portal.http.retry import RetryPolicy
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.http.transport import Body
from arcgis_export_widgets.portal.items.file_names import file_errors, free_name, safe_name

RESUMING = RetryPolicy(attempts=6, first_pause_s=0.5, longest_pause_s=15.0)
"""Policy for interrupted downloads; the count of failures restarts whenever more bytes have arrived."""
STARTING_OVER = RetryPolicy(attempts=3, first_pause_s=0.5, longest_pause_s=15.0)
"""Policy for downloading again after a damaged file, or a response that is not the file."""
_LARGEST_ERROR_BYTES = 64 * 1024
_HTTP_PARTIAL = 206


def download(
    session: PortalSession,
    path: str,
    folder: Path,
    *,
    file_name: str,
    expected_bytes: int | None = None,
    on_event: EventHandler = ignore,
    cancel: Cancellation | None = None,
) -> Path:
    """Download the data at `path` into `folder`. Never overwrites a file: if the name is taken, adds a number.

    The bytes go to ``<name>.part``, which is renamed when complete, and removed after an error or a cancellation. An
    interrupted download resumes where it broke off if the server supports that, even if the server is unreachable for
    a while; a damaged file is downloaded again, up to twice. Raises DownloadError if the file does not arrive complete
    or is not the exported file, and ExportCancelledError if `cancel` is set.
    """
    with file_errors(DownloadError, folder):
        folder.mkdir(parents=True, exist_ok=True)
        target = free_name(folder / safe_name(file_name))
        part = target.with_name(f"{target.name}.part")
        part.touch(exist_ok=False)  # reserves the name
    retry = session.retry(STARTING_OVER)
    try:
        with waits_end_with(cancel):
            while True:
                size = _fetch(session, path, part, expected_bytes, on_event=on_event, cancel=cancel)
                try:
                    _check(part, expected_bytes or size, target.suffix)
                except DownloadError as error:
                    if not retry.again(error, way="fetching the file again"):
                        _raise_if_cancelled(cancel)
                        raise
                else:
                    break
        with file_errors(DownloadError, target):
            part.rename(target)
            size_bytes = target.stat().st_size
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    on_event(DownloadFinished(target, size_bytes))
    return target


def _fetch(
    session: PortalSession,
    path: str,
    part: Path,
    expected_bytes: int | None,
    *,
    on_event: EventHandler,
    cancel: Cancellation | None,
) -> int | None:
    """Write the body to `part`, resuming after interruptions; return the file's size, or None if it is unknown."""
    received = furthest = 0
    retry = session.retry(RESUMING)
    while True:
        try:
            with session.open(path, start_at=received) as body, part.open("r+b") as file:
                if received and body.status != _HTTP_PARTIAL:
                    received = 0  # the server cannot resume, so it sends the file from its beginning
                _refuse_packed(body)
                size = None if body.announced_bytes is None else received + body.announced_bytes
                file.seek(received)
                file.truncate()
                for chunk in body.chunks():
                    _raise_if_cancelled(cancel)
                    with file_errors(DownloadError, part.parent):
                        file.write(chunk)
                        file.flush()
                    received += len(chunk)
                    on_event(ChunkReceived(received, size))
                    if received > furthest:
                        furthest = received
                        retry.succeeded()
                    if expected_bytes is not None and received > expected_bytes:
                        break  # `_check` will refuse it
        except PortalError as error:
            way = f"resuming the download after {received:,} bytes" if received else "starting the download over"
            if retry.again(error, way=way):
                continue
            _raise_if_cancelled(cancel)
            if not received or not error.is_transient:
                raise
            raise DownloadError(
                say(
                    "The download broke off {tries} times, last after {received:,} bytes. Try again later.",
                    tries=retry.failures,
                    received=received,
                )
            ) from error
        else:
            return size


def _refuse_packed(body: Body) -> None:
    """Raise DownloadError if the server packs the file, which it was asked not to: a little may unpack to very much."""
    packing = body.headers.get("Content-Encoding", "identity").lower()
    if packing not in {"identity", ""}:
        raise DownloadError(
            say(
                "The server packed the file ({packing}) although it was asked not to, so its size cannot be checked. "
                "Ask the server's administrator, or take another route.",
                packing=packing,
            )
        )


def _raise_if_cancelled(cancel: Cancellation | None) -> None:
    if AnyOf(cancel).is_set():
        raise ExportCancelledError(say("The download was cancelled; nothing was saved."))


def _check(part: Path, expected_bytes: int | None, suffix: str) -> None:
    """Raise DownloadError if the file is incomplete, an error response, a web page or a damaged zip."""
    size = part.stat().st_size
    if size <= _LARGEST_ERROR_BYTES:
        _refuse_error(part)
    if expected_bytes is not None and size > expected_bytes:
        raise DownloadError(
            say(
                "The file should have {expected:,} bytes, but the server sends more. Download it again.",
                expected=expected_bytes,
            )
        )
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
            say(
                "The portal sent a web page instead of the file. Sign in again, or check whether a proxy is in between."
            )
        )
    if suffix in ZIP_SUFFIXES or start.startswith(b"PK\x03\x04"):  # KML may come zipped or plain
        _refuse_broken_zip(part)


def _refuse_error(part: Path) -> None:
    try:
        answer = json.loads(part.read_bytes())
    except (ValueError, RecursionError):
        return
    if isinstance(answer, dict) and "features" not in answer and (error := error_of(answer, "the portal")):
        raise DownloadError(say("The portal sent an error instead of the file: {error}", error=error)) from error


def _refuse_broken_zip(part: Path) -> None:
    try:
        with zipfile.ZipFile(part) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DownloadError(say("The zip file is incomplete. Download it again.")) from error
    if broken:
        raise DownloadError(say("The zip file is damaged at {name!r}. Download it again.", name=broken))
