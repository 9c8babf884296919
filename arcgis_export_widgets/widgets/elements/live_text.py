"""Text whose changes a screen reader hears."""

from __future__ import annotations

from pathlib import Path

import anywidget
from traitlets import Bool, Unicode


class LiveText(anywidget.AnyWidget):
    """Plain text in a live region. The region itself stays; only then are changes spoken."""

    _esm = Path(__file__).with_name("live_text.js")

    text = Unicode().tag(sync=True)
    """Shown as it is, line breaks kept; never HTML."""
    tone = Unicode().tag(sync=True)
    """How it looks: empty for plain, ``busy``, ``blocked``, ``failed`` or ``finished``."""
    urgent = Bool(False).tag(sync=True)
    """Whether a change interrupts what is being spoken, as errors do."""
