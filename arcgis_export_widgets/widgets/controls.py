"""What every view does with its widgets: make buttons, hear the Enter key, show and hide, follow a state, close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import Button, Widget
from traitlets import HasTraits

_FOLLOWED = "_aew_followed"


def button(label: str, press: Callable[[], object], tooltip: str = "") -> Button:
    """A button that calls `press`."""
    made = Button(description=label, tooltip=tooltip or None)
    made.on_click(lambda _: press())
    return made


def on_enter(field: Widget, call: Callable[[], object]) -> None:
    """Call when the Enter key is pressed in a text field."""

    def receive(_: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            call()

    field.on_msg(receive)


def show(is_shown: object, *widgets: Widget) -> None:
    """Show widgets, or take them out of the page, for screen readers as well."""
    for widget in widgets:
        widget.layout.display = None if is_shown else "none"


def set_class(widget: Widget, name: str, is_set: object) -> None:
    """Give a widget a CSS class, or take it away."""
    (widget.add_class if is_set else widget.remove_class)(name)


def follow(view: Widget, state: HasTraits, call: Callable[[Any], None], names: Sequence[str]) -> None:
    """Call when these traits of a state change, until `close` closes the view: the state may outlive it."""
    state.observe(call, list(names))
    vars(view).setdefault(_FOLLOWED, []).append((state, call, list(names)))


def close(widget: Widget) -> None:
    """Close a widget with its children, layouts and styles: the kernel would keep them for ever."""
    for state, call, names in vars(widget).pop(_FOLLOWED, ()):
        state.unobserve(call, names)
    for child in getattr(widget, "children", ()):
        close(child)
    parts = [getattr(widget, name, None) for name in ("layout", "style")]
    widget.close()
    for part in parts:
        if isinstance(part, Widget):
            part.close()
