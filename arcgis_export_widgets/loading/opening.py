"""Opening an exported file: what lies in it, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import Source, find_sources
from arcgis_export_widgets.loading.folder import only_data_set
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.receipt.file_facts import FileFacts
from arcgis_export_widgets.loading.receipt.sidecar import Sidecar, read_sidecar


@dataclass(frozen=True)
class Opened:
    """An exported file."""

    sources: list[Source]
    layers: tuple[ExpectedLayer, ...]
    """What it should hold: by the caller's word, else by that of the document beside it; empty if nobody tells."""
    export_format: ExportFormat | None
    facts: FileFacts
    note: str | None
    """What to say of the document beside it; None where none was looked for or found."""


def open_export(
    path: str | Path, scratch: Path, layers: Sequence[ExpectedLayer], export_format: ExportFormat | str | None
) -> Opened:
    """Open what `load` was given.

    Raises
    ------
    LoadError
        If there is no such file, nothing in it that can be read, or more than one data set in a folder.
    """
    known_format = ExportFormat.of(export_format) if export_format is not None else None
    path = Path(path).expanduser()
    if not path.exists():
        raise LoadError(say("There is no file {path}.", path=path))
    if path.is_dir() and path.suffix.lower() != ".gdb":
        path = only_data_set(path, len(layers))
    sources = find_sources(path, scratch)
    facts = FileFacts.of(path)
    beside = Sidecar() if layers else read_sidecar(facts)
    return Opened(sources, tuple(layers) or beside.layers, known_format or beside.export_format, facts, beside.note)
