"""Retrying failed requests: how often, and after which pauses.

`ArcGISExportError.is_transient` says whether another try makes sense. All retries of the package go through `Retry`,
with a `RetryPolicy` for each purpose.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from arcgis_export_widgets.errors import ArcGISExportError, PortalError, PortalUnreachableError, ResponseError
from arcgis_export_widgets.portal.http.cancellation import wait

logger = logging.getLogger(__name__)

_LONGEST_RETRY_AFTER_S = 120.0


@dataclass(frozen=True)
class RetryPolicy:
    """Maximum number of tries, and the pauses in between: each pause is twice as long as the one before."""

    attempts: int
    """Number of failures in a row after which to give up."""
    first_pause_s: float
    longest_pause_s: float
    attempts_at_wrong_address: int | None = None
    """Replaces `attempts` if the address has no ArcGIS server, to report typing errors sooner; None for `attempts`."""

    def pauses(self) -> Iterator[float]:
        """The pauses between the tries, in seconds."""
        for number in range(self.attempts - 1):
            yield min(self.first_pause_s * 2**number, self.longest_pause_s)


READS = RetryPolicy(attempts=5, first_pause_s=0.3, longest_pause_s=5.0, attempts_at_wrong_address=3)


class Retry:
    """Counts failures in a row, and pauses before the next try.

    A pause ends early if `closing`, or a cancellation passed to `cancellation.waits_end_with`, is set.
    """

    def __init__(self, policy: RetryPolicy, closing: threading.Event | None = None) -> None:
        self.failures = 0
        self._policy = policy
        self._closing = closing

    def again(
        self,
        error: ArcGISExportError,
        *,
        may_help: bool = False,
        longest_pause_s: float = _LONGEST_RETRY_AFTER_S,
        way: str = "trying again",
    ) -> bool:
        """Pause before the next try and return True; return False if the caller should raise `error` instead.

        Returns False if the error is not transient, too many tries in a row have failed, or the work was cancelled. If
        the server says how long to wait, the pause is that long, up to two minutes.

        Parameters
        ----------
        may_help
            Whether another try may help although the error is not transient, because the next request is smaller.
        longest_pause_s
            Maximum length of the pause, such as the seconds until the caller's deadline.
        way
            Words for the log that say what the next try does.
        """
        self.failures += 1
        never_left = isinstance(error, PortalUnreachableError) and not error.may_have_arrived
        attempts = self._policy.attempts
        if never_left or isinstance(error, ResponseError):
            attempts = self._policy.attempts_at_wrong_address or attempts
        if not (error.is_transient or may_help) or self.failures >= attempts:
            return False
        pause_s = list(self._policy.pauses())[self.failures - 1]
        if isinstance(error, PortalError) and error.retry_after_s:
            pause_s = min(error.retry_after_s, _LONGEST_RETRY_AFTER_S)
        pause_s = max(0.0, min(pause_s, longest_pause_s))
        logger.warning("%s in %.1f s: %s", way, pause_s, error)
        return not wait(pause_s, self._closing)

    def succeeded(self) -> None:
        """Reset the count of failures to zero."""
        self.failures = 0
