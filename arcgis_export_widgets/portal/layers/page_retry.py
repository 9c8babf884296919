"""What to do about a page that fails: ask once more, then for less, and give up in time."""

from __future__ import annotations

from arcgis_export_widgets.errors import PortalError
from arcgis_export_widgets.portal.http.retry import Retry, RetryPolicy
from arcgis_export_widgets.portal.layers.page_reader import PageReader
from arcgis_export_widgets.portal.pages.page import FeaturePage

PAGES = RetryPolicy(attempts=8, first_pause_s=0.2, longest_pause_s=5.0)
_SHRINK = 4


class PageRetry:
    """Retries a page: the first failure may be an accident, from the second on the page may be too large.

    Servers say in many ways that a page is too large: 500, 504, 400 "Unable to perform query", or nothing for a minute.
    """

    def __init__(self) -> None:
        self._retry = Retry(PAGES)

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
            is_smallest = limit == 1 and self._retry.failures > 0
            # an error of no known kind, such as 400, is how some servers refuse a page that is too large
            if is_smallest or not self._retry.again(error, may_help=type(error) is PortalError):
                raise
            return None
        self._retry.succeeded()
        return page

    def size_after(self, limit: int) -> int:
        """How many rows to ask for after a failure with `limit`."""
        return limit if self._retry.failures < 2 else max(limit // _SHRINK, 1)  # noqa: PLR2004
