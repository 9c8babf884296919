"""What all views are made of: widgets that ipywidgets lacks, and what is done with any widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import anywidget
from ipywidgets import Button, Widget, link
from traitlets import Bool, HasTraits, Unicode

from arcgis_export_widgets.language import say

_FOLLOWED = "_aew_followed"
MOST_BYTES = 256 * 1024**2
"""Largest file that can be saved through the browser, which would hold it in memory."""


class LiveText(anywidget.AnyWidget):
    """Plain text in a live region. The region itself stays, because screen readers announce only changes in it."""

    _esm = Path(__file__).with_name("live_text.js")

    text = Unicode().tag(sync=True)
    """Shown as plain text with its line breaks; never as HTML."""
    tone = Unicode().tag(sync=True)
    """Its look: empty for plain, ``busy``, ``blocked``, ``failed`` or ``finished``."""


class CopyButton(anywidget.AnyWidget):
    """Puts `text` on the clipboard and says so."""

    _esm = Path(__file__).with_name("copy_button.js")

    text = Unicode().tag(sync=True)
    label = Unicode().tag(sync=True)
    copied = Unicode().tag(sync=True)
    """Shown once the text is copied."""
    refused = Unicode().tag(sync=True)
    """Shown if the browser does not allow it."""

    def __init__(self, label: str = "") -> None:
        super().__init__(
            label=label or say("Copy"),
            copied=say("Copied"),
            refused=say("The browser refused; select the text and copy it by hand"),
        )

    def on_drawn(self, call: Callable[[], None]) -> None:
        """Call whenever a browser has drawn the button."""
        self.on_msg(_if_kind("drawn", lambda _: call()))


class SaveButton(anywidget.AnyWidget):
    """Sends a file to the browser, which saves it like any download.

    The bytes are sent as a message on request. They are in no trait, so a saved notebook does not hold them.
    """

    _esm = Path(__file__).with_name("save_button.js")

    label = Unicode().tag(sync=True)
    """What the button says; if empty, there is no button."""
    said = Unicode().tag(sync=True)
    """Shown next to it."""

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.on_msg(_if_kind("save", self._save))

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

    def _save(self, _: dict[str, Any]) -> None:
        if self.path is None or not self.label:
            return
        try:
            content = self.path.read_bytes()
        except OSError as error:
            self.said = say("{path} cannot be read: {reason}", path=self.path, reason=error.strerror or error)
            return
        self.send({"kind": "file", "name": self.path.name}, [content])


class SecretForm(anywidget.AnyWidget):
    """A field for a secret, and the button that sends it.

    What is typed goes to the kernel as a message. It is never the value of a trait, because a notebook saves traits:
    text from ipywidgets' own ``Password`` was found in saved notebooks.
    """

    _esm = Path(__file__).with_name("secret_form.js")

    label = Unicode().tag(sync=True)
    button = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)

    def __init__(self) -> None:
        super().__init__(label=say("Password"), button=say("Sign in"))

    def on_secret(self, call: Callable[[str], None]) -> None:
        """Call with the secret whenever it is sent; an empty one is sent, too."""
        self.on_msg(_if_kind("secret", lambda content: call(str(content.get("value", "")))))

    def clear(self) -> None:
        """Empty the field, once the secret was used."""
        self.send({"kind": "clear"})


def _if_kind(kind: str, call: Callable[[dict[str, Any]], object], key: str = "kind") -> Callable[[Any, Any, Any], None]:
    """A handler that calls with the content of messages of one kind."""

    def receive(_: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get(key) == kind:
            call(content)

    return receive


def button(label: str, press: Callable[[], object], tooltip: str = "") -> Button:
    """A button that calls `press`."""
    made = Button(description=label, tooltip=tooltip or None)
    made.on_click(lambda _: press())
    return made


def linked(field: Widget, state: HasTraits, name: str) -> Widget:
    """The same field, its value linked to a trait of a state."""
    link((state, name), (field, "value"))
    return field


def on_enter(field: Widget, call: Callable[[], object]) -> None:
    """Call when the Enter key is pressed in a text field."""
    field.on_msg(_if_kind("submit", lambda _: call(), key="event"))


def show(is_shown: object, *widgets: Widget) -> None:
    """Show widgets, or take them out of the page, for screen readers as well."""
    for widget in widgets:
        widget.layout.display = None if is_shown else "none"


def set_class(widget: Widget, name: str, is_set: object) -> None:
    """Give a widget a CSS class, or take it away."""
    (widget.add_class if is_set else widget.remove_class)(name)


def follow(view: Widget, state: HasTraits, call: Callable[[Any], None], names: Sequence[str]) -> None:
    """Call when these traits of a state change, until the view is closed: the state may outlive it."""
    state.observe(call, list(names))
    vars(view).setdefault(_FOLLOWED, []).append((state, call, list(names)))


def replace_children(box: Widget, children: Iterable[Widget]) -> None:
    """Show other children in a box, and close the earlier ones."""
    before, box.children = box.children, tuple(children)
    for widget in before:
        close(widget)


def close(widget: Widget) -> None:
    """Close a widget with its children, layouts and styles, which the kernel would otherwise keep for ever."""
    for state, call, names in vars(widget).pop(_FOLLOWED, ()):
        state.unobserve(call, names)
    for child in getattr(widget, "children", ()):
        close(child)
    parts = [getattr(widget, name, None) for name in ("layout", "style")]
    widget.close()
    for part in parts:
        if isinstance(part, Widget):
            part.close()
