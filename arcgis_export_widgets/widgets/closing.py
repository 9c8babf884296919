"""Closing widgets for good."""

from __future__ import annotations

from ipywidgets import Widget


def close(widget: Widget) -> None:
    """Close a widget with all it holds, its layout and style too: the kernel would keep them for ever."""
    for child in getattr(widget, "children", ()):
        close(child)
    parts = [getattr(widget, name, None) for name in ("layout", "style")]
    widget.close()
    for part in parts:
        if isinstance(part, Widget):
            part.close()
