"""Open an exported file, then read, restore, select and count the rows of its layers.

`load`, `to_parquet` and dask frames all use this module: they differ in how many rows they read at a time.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.counts import Counts, receipt_of
from arcgis_export_widgets.loading.detect import find_sources, only_data_set
from arcgis_export_widgets.loading.expected import ExpectedLayer, FileFacts, Sidecar, read_sidecar
from arcgis_export_widgets.loading.readers.source import Box, Reading, Selection, Source
from arcgis_export_widgets.loading.readers.trouble import existing, readable, reading
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.values import Domains, check_domains


@dataclass(frozen=True)
class Part:
    """One layer of a file, and what is known about it."""

    name: str
    """The layer's name, followed by a number if another layer of the file has the same name."""
    source: Source
    expected: ExpectedLayer | None
    """What the layer should contain, from the caller or the ``.layers.json`` next to the file; None if unknown."""

    known: ExpectedLayer | None
    """The same as `expected`, or else made of the definition in the file; None if there is neither."""

    def field_names(self) -> list[str]:
        """Names of all fields, from the layer's definition if it is known, else as in the file."""
        return [field.name for field in self.known.definition.fields] if self.known else self.source.field_names()


class Pipeline:
    """Reads the layers of an exported file, restores their names and types, and counts their rows.

    Attributes
    ----------
    parts
        The layers to read.
    """

    def __init__(
        self,
        path: Path,
        scratch: Path,
        *,
        layers: Sequence[ExpectedLayer],
        layer: str | int | None,
        selection: Selection,
        export_format: ExportFormat | None,
        domains: Domains,
    ) -> None:
        if path.is_dir() and path.suffix.lower() != ".gdb":
            path = only_data_set(path, len(layers))
        sources = find_sources(path, scratch)
        self._file = FileFacts.of(path)
        self._sidecar = Sidecar() if layers else read_sidecar(self._file)
        layers = tuple(layers) or self._sidecar.layers
        self.parts = _parts(sources, layers, layer)
        names = {part.name for part in self.parts}
        self._expected = {one.name: one for one in layers if layer is None or one.name in names}
        self._export_format = export_format or self._sidecar.export_format
        self._selection = selection
        self._domains = domains
        self._counts: dict[str, Counts] = {}
        self._outside: dict[str, str] = {}

    def batches(
        self, part: Part, rows: int | None = None, as_text: frozenset[str] = frozenset()
    ) -> Iterator[pd.DataFrame]:
        """Read a layer in batches of `rows` rows (None for one batch). A layer without rows gives one empty batch.

        If a layer is read more than once, the receipt counts the last reading. The columns `as_text` are read as text,
        unless the layer's definition gives their type.
        """
        known, selection = part.known, self._selection
        counts = Counts(part.expected.definition.object_id_field if part.expected else None)
        self._counts[part.name] = counts
        everywhere = Counts(None)
        crs: CRS | None = None
        for read in readable(part.source.batches(Reading(known, selection, rows, as_text)), part.source.path):
            with reading(part.source.path):
                frame = restore(read, known, part.source.export_format, self._domains) if known else read
            if selection.box is not None:
                everywhere.add(frame)
                crs = getattr(frame, "crs", None)
                frame = selection.inside(frame)
            counts.add(frame)
            yield selection.only_columns(frame, part.name, part.field_names)
        if selection.box is not None and not counts.rows:
            extent, file_crs = part.source.extent() or (everywhere.extent, crs)
            if sentence := selection.misses(part.name, extent, file_crs or crs):
                self._outside[part.name] = sentence

    def receipt(self) -> Receipt:
        """Make the receipt of the batches read so far."""
        return receipt_of(
            self._counts,
            self._expected,
            file=self._file,
            export_format=self._export_format,
            note=self._sidecar.note,
            in_box=self._selection.box is not None,
            outside=tuple(self._outside.values()),
        )


@contextmanager
def open_pipeline(
    path: str | Path,
    *,
    layers: Sequence[ExpectedLayer],
    layer: str | int | None,
    columns: Iterable[str] | None,
    bbox: Box | None,
    export_format: ExportFormat | str | None,
    domains: Domains,
) -> Iterator[Pipeline]:
    """Open a file with the arguments of `load`; the files unpacked from it are deleted when the block ends."""
    check_domains(domains)
    selection = Selection.of(columns, bbox)
    known_format = None if export_format is None else ExportFormat.of(export_format)
    with ExitStack() as stack:
        with reading(Path(path)):
            temporary = tempfile.TemporaryDirectory(prefix="arcgis-load-", ignore_cleanup_errors=True)
            scratch = stack.enter_context(temporary)
            pipeline = Pipeline(
                existing(path),
                Path(scratch),
                layers=layers,
                layer=layer,
                selection=selection,
                export_format=known_format,
                domains=domains,
            )
        yield pipeline


def free_name(name: str, taken: Container[str]) -> str:
    """Return `name`, followed by a number if it is among those already `taken`."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name} ({number})"
    return candidate


def _parts(sources: Sequence[Source], layers: Sequence[ExpectedLayer], only: str | int | None) -> list[Part]:
    """List a file's layers: first those in `layers`, then the rest in file order. `only` limits the list to one."""
    parts: dict[str, Part] = {}
    for source, expected in _pairs(sources, layers):
        name = free_name(expected.name if expected else source.layer, parts)
        definition = None if expected else source.definition
        parts[name] = Part(name, source, expected, ExpectedLayer(definition) if definition else expected)
    first = [layer.name for layer in layers if layer.name in parts]
    in_order = [parts[name] for name in dict.fromkeys([*first, *parts])]
    if only is None:
        return in_order
    numbers = {part.name: part.expected.definition.id for part in in_order if part.expected}
    names = ", ".join(f"{n!r} ({numbers[n]})" if n in numbers else repr(n) for n in (part.name for part in in_order))
    if isinstance(only, int):
        if not numbers:
            raise RequestError(
                say("This file does not store layer numbers. Choose a layer by name: {names}.", names=names)
            )
        found = [part for part in in_order if numbers.get(part.name) == only]
    else:
        found = [part for part in in_order if str(only).lower() in {part.name.lower(), part.source.layer.lower()}]
    if not found:
        raise LoadError(say("There is no layer {name!r}; there are: {names}.", name=only, names=names))
    return found[:1]


def _pairs(sources: Sequence[Source], layers: Sequence[ExpectedLayer]) -> list[tuple[Source, ExpectedLayer | None]]:
    """Match sources with layers by name; match the rest by order, if equally many sources and layers are left."""
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
    elif layers and len(unknown) == len(pairs):
        raise LoadError(
            say(
                "The file contains the layers {found}, but not {expected}. Is it the right file?",
                found=", ".join(source.layer for source in sources),
                expected=", ".join(layer.name for layer in layers),
            )
        )
    return pairs


def _names(layer: ExpectedLayer) -> set[str]:
    """The names that a layer may have in a file: its own name, or ``<name>_<id>``."""
    return {_plain(layer.name), _plain(f"{layer.name}_{layer.definition.id}")}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")
