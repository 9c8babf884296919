"""A button that copies a text."""

from __future__ import annotations

from pathlib import Path

import anywidget
from traitlets import Unicode, default

from arcgis_export_widgets.language import say


class CopyButton(anywidget.AnyWidget):
    """Puts `text` on the clipboard and says so."""

    _esm = Path(__file__).with_name("copy_button.js")

    text = Unicode().tag(sync=True)
    label = Unicode().tag(sync=True)
    copied = Unicode().tag(sync=True)
    """What is said once it is done."""
    refused = Unicode().tag(sync=True)
    """What is said where the browser does not allow it."""

    @default("label")
    def _label(self) -> str:
        return say("Copy")

    @default("copied")
    def _copied(self) -> str:
        return say("Copied")

    @default("refused")
    def _refused(self) -> str:
        return say("The browser refused; select the text and copy it by hand")
