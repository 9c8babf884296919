"""Opening an exported file: which layers are in it, and what is known of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import find_sources
from arcgis_export_widgets.loading.folder import only_data_set
from arcgis_export_widgets.loading.frames import free_name
from arcgis_export_widgets.loading.readers.source import Source
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer, FileFacts, Sidecar, read_sidecar


@dataclass(frozen=True)
class Part:
    """One layer of a file."""

    name: str
    """The layer's name, with a number where two layers of the file would have the same."""
    source: Source
    expected: ExpectedLayer | None
    """What the caller, or the document next to the file, says it should be; None if neither does."""
    known: ExpectedLayer | None
    """What is known of it, if need be from the file itself; None if nothing is."""

    @property
    def id_field(self) -> str | None:
        """The field that identifies rows, if `expected` says."""
        return self.expected.definition.object_id_field if self.expected else None

    def field_names(self) -> list[str]:
        """Names of all fields: by the definition, or as the file has them."""
        return [field.name for field in self.known.definition.fields] if self.known else self.source.field_names()


@dataclass(frozen=True)
class Opened:
    """An exported file."""

    parts: list[Part]
    """The layers that are wanted."""
    wanted: dict[str, ExpectedLayer]
    """What the file should hold of them, by name; empty if nobody says."""
    export_format: ExportFormat | None
    facts: FileFacts
    note: str | None
    """Whether the document next to the file was used; None if there is none, or it was not needed."""


def open_export(
    path: str | Path,
    scratch: Path,
    layers: Sequence[ExpectedLayer],
    layer: str | int | None,
    export_format: ExportFormat | str | None,
) -> Opened:
    """Open what `load` was given.

    Raises
    ------
    LoadError
        If there is no such file, nothing in it that can be read, more than one data set in a folder, or no such layer.
    RequestError
        If `layer` is a number and nobody says which layer has it.
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
    layers = tuple(layers) or beside.layers
    parts = _match(sources, layers, layer)
    names = {part.name for part in parts}
    wanted = {one.name: one for one in layers if layer is None or one.name in names}
    return Opened(parts, wanted, known_format or beside.export_format, facts, beside.note)


def _match(sources: Sequence[Source], layers: Sequence[ExpectedLayer], only: str | int | None) -> list[Part]:
    """Name the parts of a file, in the order of `layers` and then of the file; of `only` one layer, if it is given."""
    parts: dict[str, Part] = {}
    for source, expected in _pairs(sources, layers):
        name = free_name(expected.name if expected else source.layer, parts)
        definition = None if expected else source.definition
        parts[name] = Part(name, source, expected, ExpectedLayer(definition) if definition else expected)
    first = [layer.name for layer in layers if layer.name in parts]
    in_order = [parts[name] for name in dict.fromkeys([*first, *parts])]
    if only is None:
        return in_order
    found = _numbered(in_order, only) if isinstance(only, int) else _called(in_order, str(only))
    if not found:
        raise LoadError(say("There is no layer {name!r}; there are: {names}.", name=only, names=_listed(in_order)))
    return found[:1]


def _called(parts: Sequence[Part], name: str) -> list[Part]:
    return [part for part in parts if name.lower() in {part.name.lower(), part.source.layer.lower()}]


def _numbered(parts: Sequence[Part], number: int) -> list[Part]:
    if not any(part.expected for part in parts):
        raise RequestError(
            say("This file does not store layer numbers. Choose a layer by name: {names}.", names=_listed(parts))
        )
    return [part for part in parts if part.expected and part.expected.definition.id == number]


def _listed(parts: Sequence[Part]) -> str:
    """Names, with the numbers of those that have one."""
    return ", ".join(
        f"{part.name!r} ({part.expected.definition.id})" if part.expected else repr(part.name) for part in parts
    )


def _pairs(sources: Sequence[Source], layers: Sequence[ExpectedLayer]) -> list[tuple[Source, ExpectedLayer | None]]:
    """Find which layer each source is: by name, as files can hold it; else by order, if the numbers agree."""
    if not layers:
        return [(source, None) for source in sources]
    if len(sources) == len(layers) == 1:
        return [(sources[0], layers[0])]
    waiting = list(layers)
    pairs: list[tuple[Source, ExpectedLayer | None]] = []
    for source in sources:
        found = next((layer for layer in waiting if _plain(source.layer) in _names(layer)), None)
        if found is not None:
            waiting.remove(found)
        pairs.append((source, found))
    unknown = [position for position, (_, found) in enumerate(pairs) if found is None]
    if waiting and len(unknown) == len(waiting):
        for position, layer in zip(unknown, waiting, strict=True):
            pairs[position] = (pairs[position][0], layer)
    elif len(unknown) == len(pairs):
        raise LoadError(
            say(
                "The file holds the layers {found}, none of which is one of {expected}. Is it the right file?",
                found=", ".join(source.layer for source in sources),
                expected=", ".join(layer.name for layer in layers),
            )
        )
    return pairs


def _names(layer: ExpectedLayer) -> set[str]:
    """Names a layer may have in a file: its own, and ``<name>_<id>``."""
    return {_plain(layer.name), _plain(f"{layer.name}_{layer.definition.id}")}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")
