"""A button that copies a text."""

from __future__ import annotations

from pathlib import Path

import anywidget
from traitlets import Unicode


class CopyButton(anywidget.AnyWidget):
    """Puts `text` on the clipboard and says so."""

    _esm = Path(__file__).with_name("copy_button.js")

    text = Unicode().tag(sync=True)
    label = Unicode("Copy").tag(sync=True)
