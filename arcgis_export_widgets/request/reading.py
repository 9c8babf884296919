"""Reads and checks saved requests and their parts, such as ids and tags; loads the JSON Schema of saved requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib.resources import files
from operator import index
from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.request.reference import Reference

SCHEMA_VERSION = 1
"""The version of saved requests that this release writes and reads; other versions raise an error."""
_KEYS = frozenset({"schemaVersion", "itemId", "title", "exportFormat", "exportParameters", "tags", "snippet"})
_PARAMETERS = frozenset({"layers", "targetSR", "enforceFieldVisibility"})


def request_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) for documents made by `ExportRequest.to_json`; a new copy on each call.

    `ExportRequest.from_json` reads every document that is valid under this schema, and some others, such as those with
    format names in another casing.
    """
    text = files("arcgis_export_widgets.request").joinpath("export-request.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    schema["properties"]["exportFormat"]["enum"] = [known.value for known in ExportFormat]
    return schema


def layer_id(value: Any) -> int:
    """Check a layer's number in its service, and return it as an `int`; NumPy integers are also accepted."""
    try:
        number = -1 if isinstance(value, bool) else index(value)  # also accepts NumPy integers from frames
    except TypeError:
        number = -1
    if number >= 0:
        return number
    text = mark("A layer's id is its number in the service, such as 0; {value!r} is not one.")
    if isinstance(value, str):
        text = mark(
            "A layer is given by its number in the service, such as 0, not as {value!r}; "
            "portal.feature_service(item_id) shows numbers and names."
        )
    raise RequestError(say(text, value=value))


def source(named: Reference) -> str:
    """The item id or the service's address; RequestError if `named` is a folder, which cannot be exported."""
    if named.is_folder:
        raise RequestError(
            say("{url} is a folder of services. Give the address of one of its services or layers.", url=named.url)
        )
    return named.source


def optional_text(name: str, value: str | None) -> str | None:
    """Strip the spaces around `value`; None if nothing is left. `name` is what the error message calls the text."""
    if value is not None and not isinstance(value, str):
        raise RequestError(say("The {name} must be text, not {value!r}.", name=name, value=value))
    return (value or "").strip() or None


def tags(values: Iterable[str] | str) -> tuple[str, ...]:
    """Read tags from a list or a comma-separated text, without duplicates."""
    parts = [values] if isinstance(values, str) else list(values) if isinstance(values, Iterable) else [values]
    if not all(isinstance(part, str) for part in parts):
        raise RequestError(say("Tags are text, such as ['export', 'cities'], not {values!r}.", values=values))
    # the portal itself splits tags at commas
    return tuple(dict.fromkeys(tag.strip() for part in parts for tag in part.split(",") if tag.strip()))


def read_document(document: Mapping[str, Any] | str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Read a saved request, given as a dict or as JSON text; return it and its ``exportParameters``.

    Raises
    ------
    RequestError
        If `document` is not a saved request, or this release does not know its version.
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
    """A hint that names the known key most similar to an unknown one; empty if no key is similar."""
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
