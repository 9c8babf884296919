"""All rows of a layer, page by page, several pages under way at once, each row exactly once.

Pages are ranges of object ids: a page deep in a layer is as quick as the first (by offset it was measured 20 times
slower), and rows that are edited meanwhile cannot push others out of sight. Which ids there are is asked first, so
every page is held against the very ids it must bring.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcgis_export_widgets.errors import (
    AuthError,
    IncompleteResultError,
    PermissionDeniedError,
    PortalError,
    RateLimitError,
)
from arcgis_export_widgets.portal.feature_page import FeaturePage
from arcgis_export_widgets.portal.page_reader import PageReader

logger = logging.getLogger(__name__)

WORKERS = 4
"""Requests under way at once: enough to hide the network, few enough to be polite."""
_AHEAD = 2
_SMALLEST_PAGE = 1
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Paging:
    """How the rows of one layer are fetched.

    Parameters
    ----------
    page_size
        Rows to ask for at once.
    expected
        Rows that the server counted.
    """

    reader: PageReader
    where: str
    object_id_field: str
    layer_name: str
    page_size: int
    expected: int

    def by_ranges(self, object_ids: Ids) -> Iterator[FeaturePage]:
        """Fetch the rows of `object_ids` in rising order, some pages ahead of who takes them.

        Raises
        ------
        IncompleteResultError
            If one of them does not come.
        """
        ids = np.unique(object_ids)
        chunks = deque(np.array_split(ids, range(self.page_size, len(ids), self.page_size)))
        stopped = threading.Event()
        executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="pages")
        under_way: deque[Future[list[FeaturePage]]] = deque()
        try:
            while chunks or under_way:
                while chunks and len(under_way) < WORKERS + _AHEAD:
                    under_way.append(executor.submit(self._range, chunks.popleft(), stopped))
                yield from under_way.popleft().result()
        finally:  # who stops taking pages stops the fetching
            stopped.set()
            executor.shutdown(wait=False, cancel_futures=True)

    def _range(self, ids: Ids, stopped: threading.Event) -> list[FeaturePage]:
        """Fetch the rows of neighbouring ids; in halves if the server cannot answer so many."""
        pages: list[FeaturePage] = []
        while len(ids) and not stopped.is_set():
            first, last = int(ids[0]), int(ids[-1])
            name = self.object_id_field
            try:
                page = self.reader.read(f"({self.where}) AND {name} >= {first} AND {name} <= {last}", len(ids))
            except PortalError as error:
                if len(ids) <= _SMALLEST_PAGE or not _may_be_too_much(error):
                    raise
                middle = len(ids) // 2
                logger.warning("%s: a page of %d rows failed, trying halves: %s", self.layer_name, len(ids), error)
                return [*pages, *self._range(ids[:middle], stopped), *self._range(ids[middle:], stopped)]
            page = page.where(_first_of_each(page.object_ids) & np.isin(page.object_ids, ids))
            if len(page) == 0:
                raise self._incomplete(len(ids))
            pages.append(page)
            ids = np.setdiff1d(ids, page.object_ids, assume_unique=True)  # what the server held back is asked for next
        return pages

    def by_steps(self) -> Iterator[FeaturePage]:
        """Fetch page after page, each beginning after the greatest id of the one before.

        For servers that do not list their ids.

        Raises
        ------
        IncompleteResultError
            If at the end the rows received are not as many as the server counted.
        """
        received = 0
        last: int | None = None
        while True:
            beyond = self.where if last is None else f"({self.where}) AND {self.object_id_field} > {last}"
            page = self.reader.read(beyond, self.page_size)
            is_new = _first_of_each(page.object_ids)
            if last is not None:
                is_new &= page.object_ids > last
            if not is_new.all():
                logger.warning("%s: %d rows came twice; each is kept once", self.layer_name, (~is_new).sum())
            page = page.where(is_new)
            if len(page) == 0:
                break
            yield page
            received += len(page)
            last = int(page.object_ids.max())
            if not page.exceeded and received >= self.expected:
                break
        if received != self.expected:
            raise self._incomplete(self.expected - received)

    def _incomplete(self, missing: int) -> IncompleteResultError:
        received = self.expected - missing
        return IncompleteResultError(
            f"{self.layer_name}: the server counted {self.expected:,} rows but {received:,} arrived. "
            "The layer may have been edited meanwhile; try again.",
            expected=self.expected,
            received=received,
            url=self.reader.url,
        )


def _may_be_too_much(error: PortalError) -> bool:
    """Whether asking for less may help: not when it is a matter of who asks, or how often."""
    return not isinstance(error, AuthError | PermissionDeniedError | RateLimitError | IncompleteResultError)


def _first_of_each(ids: Ids) -> NDArray[np.bool_]:
    first = np.zeros(len(ids), dtype=bool)
    first[np.unique(ids, return_index=True)[1]] = True
    return first


def split_fields(names: Sequence[str], object_id_field: str) -> list[str]:
    """The fields to ask for: those named and the object id, or ``*`` for all."""
    return ["*"] if "*" in names else [*dict.fromkeys([object_id_field, *names])]


def as_ids(answer: dict[str, Any]) -> Ids | None:
    """Read the answer to ``returnIdsOnly``; None if there are none in it."""
    told = answer.get("objectIds")
    if not isinstance(told, list):
        return None
    try:
        return np.array(told, dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        return None
