"""Fetching all rows of a layer in pages, several pages at the same time, each row exactly once.

Pages are ranges of object ids: the last page is as fast as the first (with offsets, the last was measured to be
20 times slower), and edits meanwhile cannot hide rows. The ids are listed first, so that each page can be checked for
exactly the requested ids. At the end the number of rows is compared with a second count.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDoneError
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arcgis_export_widgets.errors import IncompleteResultError, PortalError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.cancellation import raise_if_cancelled, waits_end_with
from arcgis_export_widgets.portal.layers.page_reader import WORKERS, PageReader, PageRetry
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.where.sql import name_sql

logger = logging.getLogger(__name__)

_AHEAD = 2
_CHECK_EVERY_S = 0.1
Ids = NDArray[np.int64]


@dataclass
class Paging:
    """Fetches the rows of one query. Each object can be used only once.

    Parameters
    ----------
    page_size
        Rows per request. Decreases if the server turns out to send fewer.
    expected
        Number of rows that the server counted; None if the server cannot count.
    recount, list_ids
        Functions that count the rows and list their ids, called again at the end in case of edits meanwhile. They
        return None if the server cannot do that.
    workers
        Number of parallel requests.
    cancel
        Set this event to stop fetching, with ExportCancelledError.
    """

    reader: PageReader
    query: LayerQuery
    object_id_field: str
    layer_name: str
    page_size: int
    expected: int | None
    recount: Callable[[], int | None]
    list_ids: Callable[[], Ids | None]
    workers: int = WORKERS
    cancel: threading.Event | None = None

    def by_ranges(self, object_ids: Ids) -> Iterator[FeaturePage]:
        """Fetch the rows of `object_ids` in ascending order, some pages ahead of the consumer.

        Rows that are added meanwhile follow at the end. Rows that are deleted after they were fetched are not removed.
        Raises IncompleteResultError if the server counts or lists rows that do not arrive.
        """
        parts: list[Ids] = [np.empty(0, dtype=np.int64)]
        wanted = np.unique(object_ids)
        for _ in range(2):
            for page in self._pages_of(wanted):
                parts.append(page.object_ids)
                yield page
            received = np.concatenate(parts)
            counted = self.recount()
            if counted == len(received):
                return
            now = self.list_ids()
            wanted = np.setdiff1d(wanted if now is None else now, received)
            if now is not None and len(wanted) == 0 and len(now) == counted:
                logger.warning(
                    "%s: %d rows were deleted while they were fetched", self.layer_name, len(received) - len(now)
                )
                return
            logger.warning(
                "%s: %d rows arrived, but the server counts %s now (%s at first)",
                self.layer_name,
                len(received),
                counted,
                self.expected,
            )
        raise self._incomplete(len(received), counted)

    def _pages_of(self, ids: Ids) -> Iterator[FeaturePage]:
        stopped = threading.Event()
        executor = ThreadPoolExecutor(self.workers, thread_name_prefix="pages")
        under_way: deque[Future[list[FeaturePage]]] = deque()
        try:
            while len(ids) or under_way:
                while len(ids) and len(under_way) < self.workers + _AHEAD:
                    chunk, ids = np.split(ids, [self.page_size])
                    under_way.append(executor.submit(self._range, chunk, stopped))
                yield from self._result(under_way.popleft())
        finally:  # also runs if the consumer stops iterating
            stopped.set()
            executor.shutdown(wait=False, cancel_futures=True)

    def _result(self, future: Future[list[FeaturePage]]) -> list[FeaturePage]:
        while True:
            self._raise_if_cancelled()
            try:
                return future.result(timeout=_CHECK_EVERY_S)
            except NotDoneError:
                if future.done():  # the error is from the request, not from waiting for the result
                    raise

    def _page(
        self, retry: PageRetry, where: str, limit: int, stopped: threading.Event | None = None
    ) -> FeaturePage | None:
        with waits_end_with(self.cancel, stopped):
            try:
                return retry.read(self.reader, where, limit)
            except PortalError:
                self._raise_if_cancelled()
                raise

    def _raise_if_cancelled(self) -> None:
        with waits_end_with(self.cancel):
            raise_if_cancelled()

    def _range(self, ids: Ids, stopped: threading.Event) -> list[FeaturePage]:
        """Fetch the rows of consecutive ids, in smaller pages if the server cannot return so many at once.

        Ids without a row are no error here; the count at the end decides.
        """
        pages: list[FeaturePage] = []
        name = name_sql(self.object_id_field)
        retry = PageRetry()
        while len(ids) and not stopped.is_set():
            asked = ids[: self.page_size]
            where = self.query.and_(f"{name} >= {asked[0]} AND {name} <= {asked[-1]}").where
            page = self._page(retry, where, len(asked), stopped)
            if page is None:
                if (smaller := retry.size_after(len(asked))) < len(asked):
                    self.page_size = min(self.page_size, smaller)
                continue
            came = len(page)
            page = page.where(_first_of_each(page.object_ids) & np.isin(page.object_ids, asked))
            if len(page):
                pages.append(page)
                ids = np.setdiff1d(ids, page.object_ids, assume_unique=True)  # the missing rows are requested next
            else:
                ids = ids[len(asked) :]
            if page.exceeded and 0 < came < len(asked):
                self.page_size = min(self.page_size, came)  # the server's real limit is lower than it says
        return pages

    def by_steps(self) -> Iterator[FeaturePage]:
        """Fetch page after page, each beginning after the greatest id of the page before.

        For servers that do not list ids, and for rows that fit into one page. If the server does not count rows either,
        fetching ends when no row has a greater id. Raises IncompleteResultError if the number of rows
        differs from the server's count, and ResponseError if the server neither counts nor sorts the rows.
        """
        received, sought, name = 0, self.expected, name_sql(self.object_id_field)
        last: int | None = None
        retry = PageRetry()
        while True:
            self._raise_if_cancelled()
            beyond = (self.query if last is None else self.query.and_(f"{name} > {last}")).where
            page = self._page(retry, beyond, self.page_size)
            if page is None:
                self.page_size = retry.size_after(self.page_size)
                continue
            if self.expected is None and (np.diff(page.object_ids) < 0).any():
                raise ResponseError(
                    say(
                        "{layer}: the server neither counts its rows nor sends them in order, so there is no way to "
                        "check whether all arrive. Try another route.",
                        layer=self.layer_name,
                    ),
                    url=self.reader.url,
                )
            is_new = _first_of_each(page.object_ids)
            if last is not None:
                is_new &= page.object_ids > last
            if not is_new.all():
                logger.warning("%s: %d rows arrived twice; each counts once", self.layer_name, (~is_new).sum())
            page = page.where(is_new)
            if len(page):
                yield page
                received += len(page)
                last = int(page.object_ids.max())
            if len(page) and (page.exceeded or sought is None or received < sought):
                continue
            counted = self.recount()
            if counted is None or received == counted:
                return
            if len(page) == 0 or received > counted:
                raise self._incomplete(received, counted)
            sought = counted  # rows were added meanwhile

    def _incomplete(self, received: int, counted: int | None) -> IncompleteResultError:
        counted = counted or 0
        if self.expected in {None, counted}:
            fault = say(
                "{layer}: the server counted {counted:,} rows but {received:,} arrived.",
                layer=self.layer_name,
                counted=counted,
                received=received,
            )
        else:
            fault = say(
                "{layer}: the server counted {counted:,} rows ({first:,} at first: it is being edited) but "
                "{received:,} arrived.",
                layer=self.layer_name,
                counted=counted,
                first=self.expected,
                received=received,
            )
        advice = say("The layer may have been edited meanwhile; try again.")
        return IncompleteResultError(f"{fault} {advice}", expected=counted, received=received, url=self.reader.url)


def _first_of_each(ids: Ids) -> NDArray[np.bool_]:
    if (np.diff(ids) > 0).all():  # in ascending order, as requested
        return np.ones(len(ids), dtype=bool)
    first = np.zeros(len(ids), dtype=bool)
    first[np.unique(ids, return_index=True)[1]] = True
    return first
