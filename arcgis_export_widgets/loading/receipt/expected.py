"""What a file should hold: as the caller says, or as a download saved the portal's report next to the file."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.request.request import ExportRequest

logger = logging.getLogger(__name__)

_SUFFIX = ".layers.json"
_VERSION = 1


@dataclass(frozen=True)
class ExpectedLayer:
    """One layer that an exported file should hold."""

    definition: LayerDefinition
    """Of the source layer; what a format lost is restored from it."""
    count: int | None = None
    """Rows the portal counted under the where clause; None if nobody counted."""
    include_geometry: bool = True
    x_column_name: str | None = None
    """CSV only: column of a point's x; None for ``x``."""
    y_column_name: str | None = None
    """CSV only: column of a point's y; None for ``y``."""
    target_sr: SpatialReference | None = None
    """Coordinate system asked for; None for the layer's own."""
    extent: tuple[float, float, float, float] | None = None
    """Smallest x and y, greatest x and y of the rows counted, as the portal reported it, in the coordinate system the
    file should have; None if nobody asked."""
    last_edit_before_ms: int | None = None
    last_edit_after_ms: int | None = None
    """Milliseconds since 1970 UTC of the layer's last edit, before the export and after loading; None if unknown."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    @property
    def has_geometry(self) -> bool:
        """Whether the source has coordinates and they were asked for."""
        return self.include_geometry and not self.definition.is_table


@dataclass(frozen=True)
class FileFacts:
    """The file a load came from."""

    path: Path
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileFacts:
        """Measure the file at `path`; of a folder, all its files in the order of their names."""
        digest = hashlib.sha256()
        size = 0
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as opened:
                    while chunk := opened.read(1024**2):
                        digest.update(chunk)
                        size += len(chunk)
        return cls(path, size, digest.hexdigest())


@dataclass(frozen=True)
class Sidecar:
    """What was found next to a file."""

    layers: tuple[ExpectedLayer, ...] = ()
    export_format: ExportFormat | None = None
    note: str | None = None
    """For the receipt: that it was used, or why not; None where there is none."""


def is_sidecar(file: Path) -> bool:
    """Whether a file has the name of one."""
    return file.name.endswith(_SUFFIX)


def write_sidecar(
    file: Path, layers: Sequence[ExpectedLayer], request: ExportRequest, export_format: ExportFormat | None
) -> None:
    """Save what the portal reported next to `file`: another session can then restore the file and judge it.

    No secret is in it. The file is good without it, so nothing is raised.

    Parameters
    ----------
    export_format
        What the file lost something to; None where it was not made by the portal.
    """
    try:
        facts = FileFacts.of(file)
        content = {
            "layersVersion": _VERSION,
            "file": {"name": file.name, "size_bytes": facts.size_bytes, "sha256": facts.sha256},
            "exportFormat": export_format.value if export_format else None,
            "layers": [_to_json(layer) for layer in layers],
            "request": request.to_json(),
        }
        text = json.dumps(content | {"sha256": _digest(content)}, ensure_ascii=False)
        _beside(file).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        logger.warning("nothing could be saved next to %s: %s", file.name, error)


def read_sidecar(facts: FileFacts) -> Sidecar:
    """What is next to a file, if it is undamaged and of that very file."""
    beside = _beside(facts.path)
    if not facts.path.is_file() or not beside.is_file():
        return Sidecar()
    try:
        content = json.loads(beside.read_text(encoding="utf-8"))
        digest = content.pop("sha256")
        described = (content["file"]["name"], content["file"]["size_bytes"], content["file"]["sha256"])
        if content["layersVersion"] != _VERSION or digest != _digest(content):
            return _unused(beside)
        if described != (facts.path.name, facts.size_bytes, facts.sha256):
            return Sidecar(
                note=say("{name}, next to the file, was not used: it belongs to another file.", name=beside.name)
            )
        layers = tuple(map(_from_json, content["layers"]))
        export_format = ExportFormat.of(content["exportFormat"]) if content["exportFormat"] else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _unused(beside)
    note = say("Restored and checked by what the portal reported at the download, saved in {name}.", name=beside.name)
    return Sidecar(layers, export_format, note)


def _unused(beside: Path) -> Sidecar:
    return Sidecar(note=say("{name}, next to the file, was not used: it is damaged.", name=beside.name))


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}{_SUFFIX}")


def _digest(content: dict[str, Any]) -> str:
    """Of all its content, so that one that was changed by hand proves nothing."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _to_json(layer: ExpectedLayer) -> dict[str, Any]:
    return {
        "definition": layer.definition.definition,
        "count": layer.count,
        "includeGeometry": layer.include_geometry,
        "xColumnName": layer.x_column_name,
        "yColumnName": layer.y_column_name,
        "targetSR": layer.target_sr.to_json() if layer.target_sr else None,
        "extent": layer.extent,
    }


def _from_json(json: dict[str, Any]) -> ExpectedLayer:
    extent = None
    if json["extent"] is not None:
        xmin, ymin, xmax, ymax = map(float, json["extent"])
        extent = (xmin, ymin, xmax, ymax)
    return ExpectedLayer(
        definition=LayerDefinition.from_json(json["definition"]),
        count=json["count"],
        include_geometry=json["includeGeometry"],
        x_column_name=json["xColumnName"],
        y_column_name=json["yColumnName"],
        target_sr=SpatialReference.of(json["targetSR"]) if json["targetSR"] is not None else None,
        extent=extent,
    )
