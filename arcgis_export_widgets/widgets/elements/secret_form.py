"""A password field that leaves no trace in a saved notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Unicode, default

from arcgis_export_widgets.language import say


class SecretForm(anywidget.AnyWidget):
    """A field for a secret, and the button that sends it.

    What is typed goes to the kernel as a message. It is never the value of a trait, because traits are what a notebook
    saves; ipywidgets' own ``Password`` was found in clear in saved notebooks.
    """

    _esm = Path(__file__).with_name("secret_form.js")

    label = Unicode().tag(sync=True)
    button = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)

    @default("label")
    def _label(self) -> str:
        return say("Password")

    @default("button")
    def _button(self) -> str:
        return say("Sign in")

    def on_secret(self, call: Callable[[str], None]) -> None:
        """Call with the secret whenever it is sent; an empty one is sent, too."""

        def receive(_: Any, content: Any, __: Any) -> None:
            if isinstance(content, dict) and content.get("kind") == "secret":
                call(str(content.get("value", "")))

        self.on_msg(receive)

    def clear(self) -> None:
        """Empty the field, once the secret has served."""
        self.send({"kind": "clear"})
