"""A button that gives a file of the kernel's machine to the person in front of the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
from traitlets import Unicode

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
        small = size_bytes <= MOST_BYTES
        self.label = f"Save {path.name}" if small else ""
        self.said = f"{size_bytes / 1e6:,.1f} MB" if small else f"The file has {size_bytes / 1e6:,.0f} MB: {path}"

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        if self.path is None or not self.label or not (isinstance(content, dict) and content.get("kind") == "save"):
            return
        try:
            content = self.path.read_bytes()
        except OSError as error:
            self.said = f"{self.path} cannot be read: {error.strerror or error}"
            return
        self.send({"kind": "file", "name": self.path.name}, [content])
