"""Closing widgets for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import Widget
from traitlets import HasTraits

_FOLLOWED = "_aew_followed"


def follow(view: Widget, state: HasTraits, call: Callable[[Any], None], names: Sequence[str]) -> None:
    """Call when these traits of a state change, until `close` closes the view: the state may outlive it."""
    state.observe(call, list(names))
    vars(view).setdefault(_FOLLOWED, []).append((state, call, list(names)))


def close(widget: Widget) -> None:
    """Close a widget with all it holds, its layout and style too: the kernel would keep them for ever."""
    for state, call, names in vars(widget).pop(_FOLLOWED, ()):
        state.unobserve(call, names)
    for child in getattr(widget, "children", ()):
        close(child)
    parts = [getattr(widget, name, None) for name in ("layout", "style")]
    widget.close()
    for part in parts:
        if isinstance(part, Widget):
            part.close()
