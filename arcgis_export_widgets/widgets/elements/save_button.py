"""A button that gives a file of the kernel's machine to the person in front of the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
from traitlets import Unicode

from arcgis_export_widgets.language import say

MOST_BYTES = 256 * 1024**2
"""Larger files would have to stand in the browser's memory as a whole."""


class SaveButton(anywidget.AnyWidget):
    """Sends a file to the browser, which saves it as any download.

    The bytes go as one message when they are asked for; they are in no trait, so a saved notebook does not hold them.
    """

    _esm = Path(__file__).with_name("save_button.js")

    label = Unicode().tag(sync=True)
    """What the button says; without, there is no button."""
    said = Unicode().tag(sync=True)
    """What is said beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.on_msg(self._receive)

    def offer(self, path: Path | None) -> None:
        """Offer another file, or none."""
        self.path = path
        if path is None or not path.is_file():
            self.label = self.said = ""
            return
        size_bytes = path.stat().st_size
        if size_bytes <= MOST_BYTES:
            self.label, self.said = say("Save {file}", file=path.name), say("{size:,.1f} MB", size=size_bytes / 1e6)
        else:
            self.label, self.said = "", say("The file has {size:,.0f} MB: {path}", size=size_bytes / 1e6, path=path)

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        if self.path is None or not self.label or not (isinstance(content, dict) and content.get("kind") == "save"):
            return
        try:
            content = self.path.read_bytes()
        except OSError as error:
            self.said = say("{path} cannot be read: {reason}", path=self.path, reason=error.strerror or error)
            return
        self.send({"kind": "file", "name": self.path.name}, [content])
