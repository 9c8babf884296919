"""What a load gives: frames by layer name, and their receipt."""

from __future__ import annotations

from collections.abc import Container, Mapping
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.errors import LoadError
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
                f"There are {len(self)} layers ({', '.join(map(repr, self)) or 'none'}): take one by its name, or load "
                "with layer=."
            )
        return next(iter(self.values()))

    def __missing__(self, name: str) -> pd.DataFrame:
        raise KeyError(f"There is no layer {name!r}; there are: {', '.join(map(repr, self)) or 'none'}.")

    def __repr__(self) -> str:
        lines = [f"{name!r}: {_shape(frame)}" for name, frame in self.items()]
        return "\n".join(["Frames", *(f"  {line}" for line in lines), f"  {self.receipt.verdict}"])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(n)}</td><td>{escape(_shape(f))}</td></tr>" for n, f in self.items())
        return f"<table><tbody>{rows}</tbody></table><p>{escape(self.receipt.verdict)}</p>"


def _shape(frame: Any) -> str:
    if hasattr(frame, "npartitions"):  # counting its rows would read it
        return f"dask {type(frame).__name__}, {frame.npartitions} partitions x {len(frame.columns)} columns"
    kind = "GeoDataFrame" if isinstance(frame, gpd.GeoDataFrame) else "DataFrame"
    where = f", {frame.crs.to_string()}" if isinstance(frame, gpd.GeoDataFrame) and frame.crs else ""
    return f"{kind}, {len(frame):,} rows x {frame.shape[1]} columns{where}"


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with a number if another layer has it already."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name} ({number})"
    return candidate
