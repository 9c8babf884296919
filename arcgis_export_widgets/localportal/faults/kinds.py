"""The kinds of faults there are: what real portals, and what stands in front of them, do on bad days.

Each is switched on by ``--fault KIND[:VALUE][@/PATH]``, by ``LocalPortal.fault``, or while the portal runs by a POST of
``kind``, ``value``, ``path`` and ``times`` to ``/localportal/faults``. They fall in five groups:

- in place of an answer: `reset`, `lost_answer`, `http_error`, `too_many_requests`, `rate_limit`, `login_page`,
  `invalid_token`, `token_required`, `error_as_data`, `redirect`;
- in time: `delay`, `drip`, `stall`;
- in the bytes: `truncate`, `cut_short`, `wrong_length`, `malformed_json`;
- in export jobs: `no_export_item`, `job_slow`, `job_stuck`, `job_failed`;
- in what a query gives: `cap`, `short_page`, `shuffle`, `overlap`, `repeat`, `null_ids`, `count_drift`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What one kind of fault does.

    Parameters
    ----------
    default
        The number that stands when no value is given; None when the kind takes no number.
    low, high
        Between which a value must lie.
    is_text
        Whether the value is a text.
    """

    meaning: str
    default: float | None = None
    low: float = 0
    high: float = math.inf
    is_text: bool = False

    def wrong(self, value: object) -> str | None:
        """Return what is wrong with a fault's value in words; None when nothing is."""
        if value is None or self.is_text:
            return None
        if self.default is None:
            return "takes no value"
        try:
            number = float(str(value))
        except ValueError:
            return "needs a number as its value"
        if not (math.isfinite(number) and self.low <= number <= self.high):
            high = f" to {self.high:g}" if math.isfinite(self.high) else " or more"
            return f"needs a value of {self.low:g}{high}"
        return None


_LARGEST = 1e9
_HOUR_S = 3600

KINDS = {
    "reset": Kind("the connection is reset before anything is done"),
    "lost_answer": Kind("the work is done (an export has started), then the connection is cut in place of the answer"),
    "http_error": Kind("HTTP status `value` (503; 500, 502, 504 ...) with a page that is no JSON", 503, 400, 599),
    "too_many_requests": Kind("HTTP status 429 with a Retry-After of `value` seconds (60)", 60, 0, _HOUR_S),
    "rate_limit": Kind('429 inside HTTP 200, with "Retry after `value` (60) sec."', 60, 0, _HOUR_S),
    "login_page": Kind("a sign-in page in HTML with status 200, as a proxy in front gives it"),
    "invalid_token": Kind("498, as if the token had expired"),
    "token_required": Kind("499, as if there had been no token"),
    "error_as_data": Kind("an error envelope where a file was expected"),
    "redirect": Kind("the file lies on another host, which refuses every token"),
    "delay": Kind("the first byte of the answer comes `value` seconds (1) later", 1, 0, _HOUR_S),
    "drip": Kind("the body comes in 20 pieces over `value` seconds (5)", 5, 0, _HOUR_S),
    "stall": Kind("half the body, then nothing for `value` seconds (30)", 30, 0, _HOUR_S),
    "truncate": Kind("the body ends after the share `value` (0.5) of what Content-Length announces", 0.5, 0, 1),
    "cut_short": Kind("as truncate, but Content-Length agrees: JSON cannot be read, a zip lacks its end", 0.5, 0, 1),
    "wrong_length": Kind(
        "the body is whole, but Content-Length is `value` (-10) bytes more than it has", -10, -_LARGEST, _LARGEST
    ),
    "malformed_json": Kind("JSON with a comma too many, which no strict parser reads"),
    "no_export_item": Kind("an export's answer lacks exportItemId"),
    "job_slow": Kind("export jobs take at least `value` seconds (10)", 10, 0, _HOUR_S),
    "job_stuck": Kind("export jobs stay in processing"),
    "job_failed": Kind("export jobs fail with the statusMessage `value`, plain or JSON as text", is_text=True),
    "cap": Kind("at most `value` (100) features in an answer, whatever the layer says", 100, 1, _LARGEST),
    "short_page": Kind("as cap, but no exceededTransferLimit tells that there are more", 100, 1, _LARGEST),
    "shuffle": Kind("features come in another order for every request, pages overlap"),
    "overlap": Kind(
        "pages with an offset start `value` (1) features early, as if features had been added meanwhile; "
        "late when negative, as if deleted",
        1,
        -_LARGEST,
        _LARGEST,
    ),
    "repeat": Kind("the last feature of every answer is its first once more: the number is right, one is missing"),
    "null_ids": Kind("objectIds is null although there are features"),
    "count_drift": Kind(
        "counts are `value` (1) too high and each is as much higher than the last, as if features were added meanwhile",
        1,
        -_LARGEST,
        _LARGEST,
    ),
}
