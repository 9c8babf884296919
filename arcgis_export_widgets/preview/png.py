"""Pictures as addresses a browser can show."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor


def coloured(alpha: NDArray[np.uint8], colour: str) -> str:
    """A picture of one colour as a data address; `alpha` says how opaque each pixel is.

    A palette of one colour in 256 strengths takes a quarter of the bytes of a full-colour picture.
    """
    image = Image.fromarray(alpha).convert("L")
    indexed = Image.frombytes("P", image.size, image.tobytes())
    indexed.putpalette(list(ImageColor.getrgb(colour)[:3]) * 256)
    held = io.BytesIO()
    indexed.save(held, format="PNG", transparency=bytes(range(256)), compress_level=3)
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode("ascii")
