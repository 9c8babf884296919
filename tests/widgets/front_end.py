"""What a browser does to widgets; ipywidgets and ipyleaflet have no public way to do it."""

from __future__ import annotations

from typing import Any

from ipywidgets import DOMWidget, Widget


def send(widget: Widget, content: Any) -> None:
    """Let a widget receive a message from its view in the browser."""
    widget._handle_custom_msg(content, [])


def css_classes(widget: DOMWidget) -> tuple[str, ...]:
    """The CSS classes that `add_class` has given a widget."""
    return tuple(widget._dom_classes)
