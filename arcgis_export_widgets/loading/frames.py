"""What a load gives: frames by layer name, and their receipt."""

from __future__ import annotations

from collections.abc import Container, Mapping
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.loading.receipt import Receipt


class Frames(dict[str, pd.DataFrame]):
    """Frames by layer name, in the order asked for: GeoDataFrames, and DataFrames where there is no geometry.

    Loaded with ``npartitions``, they are dask's.

    Attributes
    ----------
    receipt
        What the portal counted against what arrived.
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame], receipt: Receipt) -> None:
        super().__init__(frames)
        self.receipt = receipt

    @property
    def only(self) -> pd.DataFrame:
        """The frame, where there is exactly one layer.

        Raises
        ------
        LoadError
            If there are none or several.
        """
        if len(self) != 1:
            raise LoadError(
                say_count(
                    "There is {count} layer ({names}): take one by its name, or load with layer=.",
                    "There are {count} layers ({names}): take one by its name, or load with layer=.",
                    len(self),
                    names=self._names,
                )
            )
        return next(iter(self.values()))

    def __missing__(self, name: str) -> pd.DataFrame:
        raise KeyError(say("There is no layer {name!r}; there are: {names}.", name=name, names=self._names))

    @property
    def _names(self) -> str:
        return ", ".join(map(repr, self)) or say("none")

    def __repr__(self) -> str:
        lines = [f"{name!r}: {_shape(frame)}" for name, frame in self.items()]
        return "\n".join(["Frames", *(f"  {line}" for line in lines), f"  {self.receipt.verdict}"])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(n)}</td><td>{escape(_shape(f))}</td></tr>" for n, f in self.items())
        return f"<table><tbody>{rows}</tbody></table><p>{escape(self.receipt.verdict)}</p>"


def _shape(frame: Any) -> str:
    if hasattr(frame, "npartitions"):  # counting its rows would read it
        return say(
            "dask {kind}, {partitions} partitions x {columns} columns",
            kind=type(frame).__name__,
            partitions=frame.npartitions,
            columns=len(frame.columns),
        )
    kind = "GeoDataFrame" if isinstance(frame, gpd.GeoDataFrame) else "DataFrame"
    size = say("{kind}, {rows:,} rows x {columns} columns", kind=kind, rows=len(frame), columns=frame.shape[1])
    return f"{size}, {frame.crs.to_string()}" if isinstance(frame, gpd.GeoDataFrame) and frame.crs else size


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with a number if another layer has it already."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name} ({number})"
    return candidate
