"""What ipywidgets cannot do: a field whose text is never saved, spoken status, buttons to copy and to save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Unicode

from arcgis_export_widgets.language import say

MOST_BYTES = 256 * 1024**2
"""Largest file that can be saved through the browser, which would hold it in memory."""


class LiveText(anywidget.AnyWidget):
    """Plain text in a live region. The region itself stays, because only then are changes spoken."""

    _esm = Path(__file__).with_name("live_text.js")

    text = Unicode().tag(sync=True)
    """Shown as it is, line breaks kept; never HTML."""
    tone = Unicode().tag(sync=True)
    """How it looks: empty for plain, ``busy``, ``blocked``, ``failed`` or ``finished``."""


class CopyButton(anywidget.AnyWidget):
    """Puts `text` on the clipboard and says so."""

    _esm = Path(__file__).with_name("copy_button.js")

    text = Unicode().tag(sync=True)
    label = Unicode().tag(sync=True)
    copied = Unicode().tag(sync=True)
    """Shown once it is done."""
    refused = Unicode().tag(sync=True)
    """Shown if the browser does not allow it."""

    def __init__(self, label: str = "") -> None:
        super().__init__(
            label=label or say("Copy"),
            copied=say("Copied"),
            refused=say("The browser refused; select the text and copy it by hand"),
        )


class SaveButton(anywidget.AnyWidget):
    """Sends a file to the browser, which saves it as any download.

    The bytes go as one message when they are asked for; they are in no trait, so a saved notebook does not hold them.
    """

    _esm = Path(__file__).with_name("save_button.js")

    label = Unicode().tag(sync=True)
    """What the button says; if empty, there is no button."""
    said = Unicode().tag(sync=True)
    """Shown next to it."""

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.on_msg(self._receive)

    def offer(self, path: Path | None) -> None:
        """Offer another file; None for no file."""
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


class SecretForm(anywidget.AnyWidget):
    """A field for a secret, and the button that sends it.

    What is typed goes to the kernel as a message. It is never the value of a trait, because traits are what a notebook
    saves; ipywidgets' own ``Password`` was found in clear in saved notebooks.
    """

    _esm = Path(__file__).with_name("secret_form.js")

    label = Unicode().tag(sync=True)
    button = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)

    def __init__(self) -> None:
        super().__init__(label=say("Password"), button=say("Sign in"))

    def on_secret(self, call: Callable[[str], None]) -> None:
        """Call with the secret whenever it is sent; an empty one is sent, too."""

        def receive(_: Any, content: Any, __: Any) -> None:
            if isinstance(content, dict) and content.get("kind") == "secret":
                call(str(content.get("value", "")))

        self.on_msg(receive)

    def clear(self) -> None:
        """Empty the field, once the secret has served."""
        self.send({"kind": "clear"})
