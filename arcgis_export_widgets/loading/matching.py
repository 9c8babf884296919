"""Which part of a file is which layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import Source
from arcgis_export_widgets.loading.frames import free_name
from arcgis_export_widgets.loading.readers.feature_collection import definition_of
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.model.definition import LayerDefinition


@dataclass(frozen=True)
class Part:
    """One layer of a file."""

    name: str
    """The layer's name, with a number where two layers of the file would have the same."""
    source: Source
    expected: ExpectedLayer | None
    """What the caller says it should be; None if nobody does."""

    @property
    def known(self) -> ExpectedLayer | None:
        """What is known of it, if need be from the file itself; None if nothing is."""
        if self.expected is not None or self.source.content is None:
            return self.expected
        definition = definition_of(self.source.content)
        return None if definition is None else ExpectedLayer(definition)

    @property
    def id_field(self) -> str | None:
        """The field that identifies rows, if the caller named one."""
        return self.expected.definition.object_id_field if self.expected else None

    @property
    def definition(self) -> LayerDefinition | None:
        """The layer's definition, if the caller or the file told it."""
        return self.known.definition if self.known else None


def match(sources: Sequence[Source], layers: Sequence[ExpectedLayer], only: str | int | None = None) -> list[Part]:
    """Name the parts of a file, in the order of `layers` and then of the file.

    Parameters
    ----------
    only
        Name in any case, or number among `layers`, of the one layer that is wanted; None for all.

    Raises
    ------
    LoadError
        If none of several parts is one of `layers`, or none is called `only`.
    RequestError
        If a number is wanted and nobody says which layer has it.
    """
    parts: dict[str, Part] = {}
    for source, expected in _pairs(sources, layers):
        name = free_name(expected.name if expected else source.layer, parts)
        parts[name] = Part(name, source, expected)
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
            say("The file does not tell numbers of layers. Name the layer: {names}.", names=_listed(parts))
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
