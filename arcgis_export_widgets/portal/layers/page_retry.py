"""What to do about a page that fails: ask once more, then for less, and give up in time."""

from __future__ import annotations

import logging
import threading

from arcgis_export_widgets.errors import (
    AuthError,
    IncompleteResultError,
    PermissionDeniedError,
    PortalError,
    RateLimitError,
)
from arcgis_export_widgets.portal.layers.page_reader import PageReader
from arcgis_export_widgets.portal.pages.page import FeaturePage

logger = logging.getLogger(__name__)

_MOST_FAILURES = 8
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_SHRINK = 4


class Patience:
    """Bears failures in a row: the first may be an accident, from the second on the page may be too much.

    Servers say in many ways that a page is too much: 500, 504, 400 "Unable to perform query", or nothing for a minute.

    Parameters
    ----------
    stopped
        Setting it ends the pauses between tries.
    """

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._failures = 0

    def read(self, reader: PageReader, where: str, limit: int) -> FeaturePage | None:
        """Ask for a page; None if it failed and should be asked for again, with `size_after` as its limit.

        Raises
        ------
        PortalError
            If asking again makes no sense, or was tried often enough.
        """
        try:
            page = reader.read(where, limit)
        except PortalError as error:
            self._failures += 1
            if not _may_pass(error) or (limit == 1 and self._failures > 1) or self._failures == _MOST_FAILURES:
                raise
            logger.warning("A page of %d rows failed, trying again: %s", limit, error)
            self._stopped.wait(min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S))
            return None
        self._failures = 0
        return page

    def size_after(self, limit: int) -> int:
        """How many rows to ask for after a failure with `limit`."""
        return limit if self._failures < 2 else max(limit // _SHRINK, 1)  # noqa: PLR2004


def _may_pass(error: PortalError) -> bool:
    """Whether asking again, or for less, may help: not when it is a matter of who asks, or how often."""
    return not isinstance(error, AuthError | PermissionDeniedError | RateLimitError | IncompleteResultError)
