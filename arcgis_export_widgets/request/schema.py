"""The JSON Schema of saved export requests."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def request_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the documents `ExportRequest.to_json` makes, a fresh copy each time.

    `ExportRequest.from_json` reads all documents it admits, and some more, such as format names in another casing.
    """
    text = files("arcgis_export_widgets.request").joinpath("export-request.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
