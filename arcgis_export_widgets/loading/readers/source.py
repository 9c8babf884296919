"""One layer in a file: what every reader offers of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.selection import EVERYTHING, Bounds, Selection
from arcgis_export_widgets.model.definition import LayerDefinition


@dataclass(frozen=True, eq=False)
class Reading:
    """How a layer is to be read."""

    expected: ExpectedLayer | None = None
    """What is known of the layer; None if nothing is."""
    selection: Selection = EVERYTHING
    """Columns and box. A reader may give more than that: the pipeline selects again."""
    rows: int | None = None
    """Rows of a batch; None for all rows at once. A reader that can only read the complete file ignores it."""
    as_text: frozenset[str] = frozenset()
    """Columns whose values stay the texts they are in the file."""


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """One layer in a file."""

    path: Path
    export_format: ExportFormat
    layer: str
    """Its name within the file, or the file's own where there is only one."""

    @classmethod
    @abstractmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the layers of a file, in its own order.

        Raises
        ------
        LoadError
            If it is damaged.
        """

    @property
    def definition(self) -> LayerDefinition | None:
        """What the file itself says of the layer; None in most formats."""
        return None

    @abstractmethod
    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer as the file has it: GeoDataFrames if it has geometry, else DataFrames; at least one.

        Raises
        ------
        LoadError
            If the file is damaged.
        """

    @abstractmethod
    def field_names(self) -> list[str]:
        """Names of the fields in the file."""

    def extent(self) -> tuple[Bounds | None, CRS | None] | None:
        """Bounds of all rows, and their coordinate system; None where a selection leaves no row unread."""
        return None
