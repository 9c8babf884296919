"""Saved requests: the keys of their document, what may be wrong with one, and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say

SCHEMA_VERSION = 1
"""Of the saved document; a greater number is refused rather than half understood."""
_KEYS = frozenset({"schemaVersion", "itemId", "title", "exportFormat", "exportParameters", "tags", "snippet"})
_PARAMETERS = frozenset({"layers", "targetSR", "enforceFieldVisibility"})


def request_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the documents `ExportRequest.to_json` makes, a fresh copy each time.

    `ExportRequest.from_json` reads all documents it admits, and some more, such as format names in another casing.
    """
    text = files("arcgis_export_widgets.request").joinpath("export-request.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    schema["properties"]["exportFormat"]["enum"] = [known.value for known in ExportFormat]
    return schema


def read_document(document: Mapping[str, Any] | str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Read a saved request, as a dict or as text, and its ``exportParameters``.

    Raises
    ------
    RequestError
        If it is not such a document, or one of a version this release does not know.
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise RequestError(say("The saved request is not JSON: {error}.", error=error)) from error
    if not isinstance(document, Mapping):
        raise RequestError(say("A saved request is a JSON object with 'itemId' and 'exportFormat'."))
    version = document.get("schemaVersion", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise RequestError(
            say(
                "The saved request has schemaVersion {version!r}; this release reads {known}. "
                "Update the package or make the request again.",
                version=version,
                known=SCHEMA_VERSION,
            )
        )
    if unknown := sorted(set(document) - _KEYS):
        fault = say("The saved request has unknown keys: {keys}.", keys=", ".join(unknown))
        raise RequestError(" ".join([fault, *filter(None, map(_meant, unknown))]))
    missing = {"itemId", "exportFormat"} - set(document)
    if len(missing) > 1:
        raise RequestError(say("The saved request lacks exportFormat and itemId."))
    if missing:
        raise RequestError(say("The saved request lacks {key}.", key=missing.pop()))
    parameters = document.get("exportParameters")
    return document, _parameters({} if parameters in (None, "") else parameters)


def _meant(key: str) -> str:
    """What an unknown key may have been meant to be; empty if nothing is near."""
    known = {name.lower(): name for name in sorted(_KEYS | _PARAMETERS)}
    near = get_close_matches(key.lower(), known, n=1)
    meant = known[near[0]] if near else None
    if meant in _PARAMETERS:
        return say("{key} belongs in exportParameters.", key=meant)
    return say("{key}: did you mean {meant}?", key=key, meant=meant) if meant else ""


def _parameters(value: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise RequestError(say("exportParameters is not JSON: {error}.", error=error)) from error
    if not isinstance(value, Mapping):
        example = '{"layers": [{"id": 0}]}'
        raise RequestError(say("exportParameters is a JSON object such as {example}.", example=example))
    if unknown := set(value) - _PARAMETERS:
        keys = ", ".join(sorted(unknown))
        raise RequestError(
            say("exportParameters takes 'layers', 'targetSR' and 'enforceFieldVisibility', not {keys}.", keys=keys)
        )
    return value
