"""Exceptions in words for people."""

from __future__ import annotations

import logging

from arcgis_export_widgets.errors import ArcGISExportError, WhereError
from arcgis_export_widgets.language import say

logger = logging.getLogger(__name__)


def sentence(error: BaseException) -> str:
    """What to show for `error`.

    Errors of this package say themselves what is wrong and what to do. Others are mistakes of ours: they are shown
    with their kind, and logged with their traceback.
    """
    if isinstance(error, WhereError):
        return _closed(error.sentence)  # the form shows the place under the clause itself
    if isinstance(error, ArcGISExportError):
        return _closed(str(error))
    logger.error("unexpected error in the export form", exc_info=error)
    return say(
        "Unexpected {kind}: {text} Your input is kept; please report this.",
        kind=type(error).__name__,
        text=_closed(str(error)),
    )


def _closed(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
