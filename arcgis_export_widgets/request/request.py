"""The export request: what to export, how, and under which name.

Follows the Export Item operation,
https://developers.arcgis.com/rest/users-groups-and-items/export-item/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference, SpatialReferenceLike
from arcgis_export_widgets.request.export_layer import ExportLayer, ExportLayerLike

__all__ = ["SCHEMA_VERSION", "ExportLayer", "ExportLayerLike", "ExportRequest"]

SCHEMA_VERSION = 1
"""Of the saved document; a greater number is refused rather than half understood."""
_KEYS = frozenset({"schemaVersion", "itemId", "title", "exportFormat", "exportParameters", "tags", "snippet"})
_PARAMETERS = frozenset({"layers", "targetSR", "enforceFieldVisibility"})


@dataclass(frozen=True)
class ExportRequest:
    """What to export, complete and checked; the same whether made by form, by hand or from a file.

    Parameters
    ----------
    item_id
        Id of the feature service item: 32 hexadecimal digits.
    export_format
        An `ExportFormat` or its name in any casing (``"shapefile"``, ``"File Geodatabase"``, ``"gpkg"``).
    layers
        Layers to export: `ExportLayer`, bare ids, or their JSON. Empty or None means all layers and tables, whole.
    title
        Of the item that will hold the file; None for one made from the item's own title and the time.
    target_sr
        Coordinate system of the result, in any form `SpatialReference.of` reads; None for the layers' own.
    tags
        Of the item that will hold the file. Sent by Esri's own client, not documented.
    snippet
        One-line summary of that item. Sent by Esri's own client, not documented.
    enforce_field_visibility
        For views: export only what the view shows. None leaves it to the portal.

    Raises
    ------
    RequestError
        At once, if any of it cannot be meant as written.

    Examples
    --------
    >>> request = ExportRequest("345313e619df46f387f9ededbe15ac56", "shapefile", layers=[0], target_sr="EPSG:3857")
    >>> request.to_form()["exportParameters"]
    '{"layers": [{"id": 0}], "targetSR": {"wkid": 3857}}'
    """

    item_id: str
    export_format: ExportFormat
    layers: tuple[ExportLayer, ...] = ()
    title: str | None = field(default=None, kw_only=True)
    target_sr: SpatialReference | None = field(default=None, kw_only=True)
    tags: tuple[str, ...] = field(default=(), kw_only=True)
    snippet: str | None = field(default=None, kw_only=True)
    enforce_field_visibility: bool | None = field(default=None, kw_only=True)

    def __init__(
        self,
        item_id: str,
        export_format: ExportFormat | str,
        layers: Iterable[ExportLayerLike] | None = (),
        *,
        title: str | None = None,
        target_sr: SpatialReferenceLike | None = None,
        tags: Iterable[str] | str = (),
        snippet: str | None = None,
        enforce_field_visibility: bool | None = None,
    ) -> None:
        if layers is not None and (isinstance(layers, (str, Mapping)) or not isinstance(layers, Iterable)):
            raise RequestError(say('layers takes a list, such as [0] or [ExportLayer(0, where="...")].'))
        if not isinstance(enforce_field_visibility, (bool, type(None))):
            raise RequestError(
                say("enforce_field_visibility is True, False or None, not {value!r}.", value=enforce_field_visibility)
            )
        values = {
            "item_id": _item_id(item_id),
            "export_format": ExportFormat.of(export_format),
            "layers": _layers(() if layers is None else layers),
            "title": _text("title", title),
            "target_sr": None if target_sr is None else SpatialReference.of(target_sr),
            "tags": _tags(tags),
            "snippet": _text("snippet", snippet),
            "enforce_field_visibility": enforce_field_visibility,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def export_parameters(self) -> dict[str, Any]:
        """The ``exportParameters`` object; empty when everything is to be exported as it is."""
        parts: dict[str, Any] = {}
        if self.layers:
            parts["layers"] = [layer.to_json() for layer in self.layers]
        if self.target_sr is not None:
            parts["targetSR"] = self.target_sr.to_json()
        if self.enforce_field_visibility is not None:
            parts["enforceFieldVisibility"] = self.enforce_field_visibility
        return parts

    def to_form(self) -> dict[str, str]:
        """The fields to post to ``/content/users/{user}/export``, without ``f`` and token."""
        parameters = self.export_parameters
        parts = {
            "itemId": self.item_id,
            "title": self.title,
            "exportFormat": self.export_format.value,
            "exportParameters": json.dumps(parameters, ensure_ascii=False) if parameters else None,
            "tags": ",".join(self.tags) or None,
            "snippet": self.snippet,
        }
        return {key: value for key, value in parts.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """The request as a versioned document that can be saved, shared, compared and run again.

        The keys inside are those of the Export Item operation; ``schemaVersion`` is this package's own.
        """
        parts = {
            "schemaVersion": SCHEMA_VERSION,
            "itemId": self.item_id,
            "title": self.title,
            "exportFormat": self.export_format.value,
            "exportParameters": self.export_parameters or None,
            "tags": list(self.tags) or None,
            "snippet": self.snippet,
        }
        return {key: value for key, value in parts.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | str) -> ExportRequest:
        """Read a document `to_json` made, as a dict or as text.

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
            told = say("The saved request has keys of no meaning here: {keys}.", keys=", ".join(unknown))
            raise RequestError(" ".join([told, *filter(None, map(_meant, unknown))]))
        missing = {"itemId", "exportFormat"} - set(document)
        if len(missing) > 1:
            raise RequestError(say("The saved request lacks exportFormat and itemId."))
        if missing:
            raise RequestError(say("The saved request lacks {key}.", key=missing.pop()))
        parameters = document.get("exportParameters")
        parameters = _parameters({} if parameters in (None, "") else parameters)
        return cls(
            document["itemId"],
            document["exportFormat"],
            layers=parameters.get("layers"),
            title=document.get("title"),
            target_sr=parameters.get("targetSR"),
            tags=() if document.get("tags") is None else document["tags"],
            snippet=document.get("snippet"),
            enforce_field_visibility=parameters.get("enforceFieldVisibility"),
        )


def _meant(key: str) -> str:
    """What a key of no meaning may have been meant to be; empty if nobody knows."""
    known = {name.lower(): name for name in sorted(_KEYS | _PARAMETERS)}
    near = get_close_matches(key.lower(), known, n=1)
    meant = known[near[0]] if near else None
    if meant in _PARAMETERS:
        return say("{key} belongs into exportParameters.", key=meant)
    return say("{key}: did you mean {meant}?", key=key, meant=meant) if meant else ""


def _parameters(value: Mapping[str, Any] | str) -> Mapping[str, Any]:
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
            say("exportParameters knows 'layers', 'targetSR' and 'enforceFieldVisibility', not {keys}.", keys=keys)
        )
    return value


def _item_id(value: str) -> str:
    text = str(value).strip().lower()
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise RequestError(
            say(
                "{value!r} is no item id. "
                "It is the 32 digits and letters a to f at the end of the item page's address.",
                value=value,
            )
        )
    return text


def _layers(values: Iterable[ExportLayerLike]) -> tuple[ExportLayer, ...]:
    layers = tuple(ExportLayer.of(value) for value in values)
    ids = [layer.id for layer in layers]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise RequestError(
            say("Layer {layer} stands in the request twice; join its where clauses with OR instead.", layer=twice[0])
        )
    return layers


def _text(name: str, value: str | None) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RequestError(say("The {name} must be text, not {value!r}.", name=name, value=value))
    return (value or "").strip() or None


def _tags(values: Iterable[str] | str) -> tuple[str, ...]:
    parts = [values] if isinstance(values, str) else list(values) if isinstance(values, Iterable) else [values]
    if not all(isinstance(part, str) for part in parts):
        raise RequestError(say("Tags are texts, such as ['export', 'cities'], not {values!r}.", values=values))
    # the portal itself parts tags at commas
    return tuple(dict.fromkeys(tag.strip() for part in parts for tag in part.split(",") if tag.strip()))
