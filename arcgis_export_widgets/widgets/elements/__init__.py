"""Provides the building blocks of all views: widgets that ipywidgets lacks, and functions that work on any widget."""

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
"""Largest file, in bytes, that can be saved through the browser, which keeps the whole file in memory."""


class LiveText(anywidget.AnyWidget):
    """Plain text that screen readers announce when it changes (a live region)."""

    _esm = Path(__file__).with_name("live_text.js")

    text = Unicode().tag(sync=True)
    """The text to show, with line breaks; never shown as HTML."""
    tone = Unicode().tag(sync=True)
    """Style of the text: ``busy``, ``blocked``, ``failed`` or ``finished``; empty for plain text."""


class CopyButton(anywidget.AnyWidget):
    """A button that copies `text` to the clipboard."""

    _esm = Path(__file__).with_name("copy_button.js")

    text = Unicode().tag(sync=True)
    label = Unicode().tag(sync=True)
    copied = Unicode().tag(sync=True)
    """Message shown once the text is copied."""
    refused = Unicode().tag(sync=True)
    """Message shown if the browser does not allow copying."""

    def __init__(self, label: str = "") -> None:
        super().__init__(
            label=label or say("Copy"),
            copied=say("Copied"),
            refused=say("The browser refused; select the text and copy it by hand"),
        )


class SaveButton(anywidget.AnyWidget):
    """A button that sends a file to the browser, which saves it like any download.

    The file is sent as a message. It is never stored in a trait, so a saved notebook does not contain it.
    """

    _esm = Path(__file__).with_name("save_button.js")

    label = Unicode().tag(sync=True)
    """Label of the button; if empty, there is no button."""
    said = Unicode().tag(sync=True)
    """Text next to the button: the file's size, or why the file cannot be saved through the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.on_msg(_if_kind("save", self._save))

    def offer(self, path: Path | None) -> None:
        """Offer to save the file at `path`; None hides the button."""
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

    The secret goes to the kernel as a message. It is never stored in a trait, because a saved notebook contains all
    traits, including that of ipywidgets' own ``Password``.
    """

    _esm = Path(__file__).with_name("secret_form.js")

    label = Unicode().tag(sync=True)
    button = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)

    def __init__(self) -> None:
        super().__init__(label=say("Password"), button=say("Sign in"))

    def on_secret(self, call: Callable[[str], None]) -> None:
        """Call `call` with the secret whenever the user sends it, even if the field is empty."""
        self.on_msg(_if_kind("secret", lambda content: call(str(content.get("value", "")))))

    def clear(self) -> None:
        """Empty the field."""
        self.send({"kind": "clear"})


def _if_kind(kind: str, call: Callable[[dict[str, Any]], object], key: str = "kind") -> Callable[[Any, Any, Any], None]:
    """A handler for widget messages: if the entry `key` of a message is `kind`, it calls `call` with the message."""

    def receive(_: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get(key) == kind:
            call(content)

    return receive


def button(label: str, press: Callable[[], object], tooltip: str = "") -> Button:
    """A button that calls `press` when clicked."""
    made = Button(description=label, tooltip=tooltip or None)
    made.on_click(lambda _: press())
    return made


def linked(field: Widget, state: HasTraits, name: str) -> Widget:
    """Link the value of `field` to the trait `name` of `state`; returns `field`."""
    link((state, name), (field, "value"))
    return field


def on_enter(field: Widget, call: Callable[[], object]) -> None:
    """Call `call` when the Enter key is pressed in a text field."""
    field.on_msg(_if_kind("submit", lambda _: call(), key="event"))


def show(is_shown: object, *widgets: Widget) -> None:
    """Show `widgets` if `is_shown`; else hide them, also from screen readers."""
    for widget in widgets:
        widget.layout.display = None if is_shown else "none"


def set_class(widget: Widget, name: str, is_set: object) -> None:
    """Add the CSS class `name` to a widget if `is_set`; else remove the class."""
    (widget.add_class if is_set else widget.remove_class)(name)


def follow(view: Widget, state: HasTraits, call: Callable[[Any], None], names: Sequence[str]) -> None:
    """Call `call` whenever one of the traits `names` of `state` changes, until `view` is closed."""
    state.observe(call, list(names))
    vars(view).setdefault(_FOLLOWED, []).append((state, call, list(names)))


def replace_children(box: Widget, children: Iterable[Widget]) -> None:
    """Replace the children of `box`, and close the earlier ones."""
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
