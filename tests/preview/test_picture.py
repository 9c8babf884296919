from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.raster import Picture


def test_a_picture_has_one_colour_in_the_strengths_given():
    alpha = np.array([[0, 128], [255, 1]], dtype=np.uint8)
    head, _, data = Picture(alpha, Envelope(0, 0, 1, 1), 3).to_data_url("#d55e00").partition(",")
    assert head == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA")
    assert [image.getpixel((x, y))[3] for y in (0, 1) for x in (0, 1)] == [0, 128, 255, 1]
    assert image.getpixel((0, 1))[:3] == (0xD5, 0x5E, 0x00)
