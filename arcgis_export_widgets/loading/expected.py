"""Describe what a file should contain, and save that description next to a download as ``<file>.layers.json``."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.request.request import ExportRequest

logger = logging.getLogger(__name__)

Bounds: TypeAlias = tuple[float, float, float, float]
"""An extent: smallest x, smallest y, greatest x, greatest y."""
_SUFFIX = ".layers.json"
_VERSION = 1
_PLAIN = {
    "count": "count", "includeGeometry": "include_geometry", "xColumnName": "x_column_name",
    "yColumnName": "y_column_name", "extent": "extent",
}  # fmt: skip


@dataclass(frozen=True)
class ExpectedLayer:
    """One layer that an exported file should contain."""

    definition: LayerDefinition
    """Definition of the source layer, from which `load` restores what a file format lost."""
    count: int | None = None
    """Number of rows that match the where clause, as the portal counted them; None if they were not counted."""
    include_geometry: bool = True
    x_column_name: str | None = None
    """CSV only: name of the column that contains x; None if it is called ``x``."""
    y_column_name: str | None = None
    """CSV only: name of the column that contains y; None if it is called ``y``."""
    target_sr: SpatialReference | None = None
    """Requested coordinate system; None for the layer's own."""
    extent: Bounds | None = None
    """Extent that the portal reported for these rows, in the coordinate system of the file; None if unknown."""
    last_edit_before_ms: int | None = None
    last_edit_after_ms: int | None = None
    """Time of the layer's last edit, requested before and after the export, in ms since 1970 UTC; None if unknown."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    @property
    def has_geometry(self) -> bool:
        """Whether the source layer has geometry and the geometry was requested."""
        return self.include_geometry and not self.definition.is_table


@dataclass(frozen=True)
class FileFacts:
    """Path, size and checksum of the file that was loaded."""

    path: Path
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileFacts:
        """Measure the size and checksum of the file at `path`, or of all files in a folder together."""
        digest = hashlib.sha256()
        size = 0
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as opened:
                    while chunk := opened.read(1024**2):
                        digest.update(chunk)
                        size += len(chunk)
        return cls(path, size, digest.hexdigest())

    def to_json(self) -> dict[str, Any]:
        """The file's name, size and SHA-256 as JSON, without its folder."""
        return {"name": self.path.name, "size_bytes": self.size_bytes, "sha256": self.sha256}


@dataclass(frozen=True)
class Sidecar:
    """Contents of the ``.layers.json`` next to a file."""

    layers: tuple[ExpectedLayer, ...] = ()
    export_format: ExportFormat | None = None
    note: str | None = None
    """Sentence for the receipt that says the ``.layers.json`` was used, or why not; None if there is none."""


def is_sidecar(file: Path) -> bool:
    """Whether a file is a ``.layers.json``, judging by its name."""
    return file.name.endswith(_SUFFIX)


def write_sidecar(
    file: Path, layers: Sequence[ExpectedLayer], request: ExportRequest, export_format: ExportFormat | None
) -> None:
    """Save a ``.layers.json`` next to `file`: what the portal reported, to restore and check the file when loading it.

    It contains no secrets. If it cannot be saved, this is only logged, because `file` can be loaded without it.
    `export_format` is None for a file that the portal did not make.
    """
    try:
        content = {
            "layersVersion": _VERSION,
            "file": FileFacts.of(file).to_json(),
            "exportFormat": export_format.value if export_format else None,
            "layers": [_to_json(layer) for layer in layers],
            "request": request.to_json(),
        }
        text = json.dumps(content | {"sha256": _digest(content)}, ensure_ascii=False)
        _path_next_to(file).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        logger.warning("nothing could be saved next to %s: %s", file.name, error)


def read_sidecar(facts: FileFacts) -> Sidecar:
    """Read the ``.layers.json`` next to a file; it is not used if it is damaged or belongs to another file."""
    document = _path_next_to(facts.path)
    if not facts.path.is_file() or not document.is_file():
        return Sidecar()
    name = document.name
    damaged = Sidecar(note=say("{name}, next to the file, was not used: it is damaged.", name=name))
    try:
        content = json.loads(document.read_text(encoding="utf-8"))
        digest = content.pop("sha256")
        if content["layersVersion"] != _VERSION or digest != _digest(content):
            return damaged
        if content["file"] != facts.to_json():
            return Sidecar(note=say("{name}, next to the file, was not used: it belongs to another file.", name=name))
        layers = tuple(map(_from_json, content["layers"]))
        export_format = ExportFormat.of(content["exportFormat"]) if content["exportFormat"] else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return damaged
    note = say("Restored and checked with what the portal reported at the download, saved in {name}.", name=name)
    return Sidecar(layers, export_format, note)


def _path_next_to(file: Path) -> Path:
    return file.with_name(f"{file.name}{_SUFFIX}")


def _digest(content: dict[str, Any]) -> str:
    """A checksum of the content, by which a document that was changed by hand is recognised."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _to_json(layer: ExpectedLayer) -> dict[str, Any]:
    target_sr = layer.target_sr.to_json() if layer.target_sr else None
    plain = {key: getattr(layer, name) for key, name in _PLAIN.items()}
    return {"definition": layer.definition.definition, "targetSR": target_sr, **plain}


def _from_json(json: dict[str, Any]) -> ExpectedLayer:
    target_sr = None if json["targetSR"] is None else SpatialReference.of(json["targetSR"])
    plain = {name: json[key] for key, name in _PLAIN.items()}
    if plain["extent"] is not None:
        xmin, ymin, xmax, ymax = map(float, plain["extent"])
        plain["extent"] = (xmin, ymin, xmax, ymax)
    return ExpectedLayer(LayerDefinition.from_json(json["definition"]), target_sr=target_sr, **plain)
