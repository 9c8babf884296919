"""Read files with GDAL, through Arrow if pyarrow is installed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.expected import Bounds
from arcgis_export_widgets.loading.readers.opening import refuse_other_content, refuse_other_driver
from arcgis_export_widgets.loading.readers.source import Reading, Source
from arcgis_export_widgets.loading.restore import full_names
from arcgis_export_widgets.portal.pages.assemble import gc_paused

if TYPE_CHECKING:
    from typing_extensions import Self

_ARROW = find_spec("pyarrow") is not None  # reading through Arrow is faster, keeps M values, and lets other threads run
_COUNTER = "fid"  # GDAL's name for row numbers that are not in the file
_WGS84_WITH_HEIGHT = 4979
_EXACT = 2**53  # above this, not every integer can be stored as a floating-point number
_NULLABLE = {
    "bool": pd.BooleanDtype(),
    "int8": pd.Int8Dtype(),
    "int16": pd.Int16Dtype(),
    "int32": pd.Int32Dtype(),
    "int64": pd.Int64Dtype(),
}
"""Nullable types by NumPy type: they keep a column's type the same whether or not values are missing."""
_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    UnicodeDecodeError,
)


class GdalSource(Source):
    """A layer that is read with GDAL."""

    reads_columns: ClassVar[bool] = True
    """Whether the reader can skip columns."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the layers of a file, in file order."""
        if not path.is_dir():
            refuse_other_content(path, export_format, path.name)
        try:
            names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
            if names:
                refuse_other_driver(path, names[0], export_format, path.name)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            file, kind = path.name, export_format.facts.label
            raise LoadError(
                say("{file} cannot be opened as {kind}; it may be damaged. Download it again.", file=file, kind=kind)
            ) from error
        return [cls(path, export_format, name) for name in names]

    @property
    def address(self) -> str | Path:
        """What GDAL is asked to open."""
        return self.path

    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer in batches, through Arrow if pyarrow is installed."""
        with self._named_errors():
            options, id_field = self._reading_options(reading)
            frame = None if _ARROW else self._without_arrow(options, id_field)
        if frame is not None:
            yield frame
            return
        if reading.rows:
            options["batch_size"] = reading.rows
        with ExitStack() as stack:  # warning filters are reset before the caller gets a batch
            with self._named_errors():
                opened = pyogrio.open_arrow(self.address, use_pyarrow=True, datetime_as_string=True, **options)
                meta, reader = stack.enter_context(opened)
                tables = _tables(reader, reading.rows)
            while True:
                with self._named_errors():
                    table = next(tables, None)
                    if table is None:
                        return
                    frame = _frame(table, meta, id_field, reading.as_text)
                del table
                yield frame

    def field_names(self) -> list[str]:
        """Names of the fields in the file, including the id field, which databases keep apart from the others."""
        with self._named_errors():
            info = pyogrio.read_info(self.address, **self.opening_options())
        return [*filter(None, [self._id_field(info)]), *map(str, info["fields"])]

    def extent(self) -> tuple[Bounds | None, CRS | None] | None:
        """The extent of all rows in the file, and its coordinate system; None for either if unknown."""
        with self._named_errors():
            info = pyogrio.read_info(self.address, force_total_bounds=True, **self.opening_options())
        return info["total_bounds"], CRS.from_user_input(info["crs"]) if info["crs"] else None

    def opening_options(self) -> dict[str, Any]:
        """Options with which pyogrio opens the layer."""
        return {} if self.layer == self.path.stem else {"layer": self.layer}

    def _id_field(self, info: dict[str, Any]) -> str | None:
        named = self.export_format.facts.has_row_ids and info["fid_column"] not in {"", _COUNTER}
        return info["fid_column"] if named else None

    def _reading_options(self, reading: Reading) -> tuple[dict[str, Any], str | None]:
        """Options for pyogrio's readers, and the name of the field that GDAL reads as row ids (None if none)."""
        options, selection = self.opening_options(), reading.selection
        if not self.export_format.facts.has_row_ids and selection.columns is None and selection.box is None:
            return options, None  # listing the fields of a GeoJSON takes as long as reading it
        info = pyogrio.read_info(self.address, **options)
        definition = reading.expected.definition if reading.expected else None
        if selection.columns is not None and self.reads_columns:
            columns = [str(name) for name in info["fields"]]
            names = full_names(columns, definition.fields, self.export_format) if definition else {}
            options["columns"] = [name for name in columns if selection.wants(names.get(name, name), definition)]
        if selection.box is not None and info["geometry_type"] is not None:
            options["bbox"] = selection.bounds(CRS.from_user_input(info["crs"]) if info["crs"] else None)
        id_field = self._id_field(info)
        if id_field is None or not selection.wants(id_field, definition):
            return options, None
        return options | {"return_fids": True}, id_field

    def _without_arrow(self, options: dict[str, Any], id_field: str | None) -> pd.DataFrame:
        """Read all rows without pyarrow, but with the same column types as with it."""
        options = {"fid_as_index" if name == "return_fids" else name: value for name, value in options.items()}
        with gc_paused():
            frame = pyogrio.read_dataframe(self.address, use_arrow=False, **options)
        declared = pyogrio.read_info(self.address, **self.opening_options())
        types = dict(zip(declared["fields"], declared["dtypes"], strict=True))
        of_64_bits = [name for name in frame.columns if types.get(name) == "int64" and frame[name].dtype == "float64"]
        if rounded := [name for name in of_64_bits if frame[name].abs().max() >= _EXACT]:
            # read these once more, as text
            terms = ", ".join(f'CAST("{name}" AS character(20)) AS "{name}"' for name in rounded)
            sql = f'SELECT {terms} FROM "{declared["layer_name"]}"'  # noqa: S608  names from the file itself
            box = {name: value for name, value in options.items() if name == "bbox"}
            texts = pyogrio.read_dataframe(self.address, sql=sql, sql_dialect="OGRSQL", read_geometry=False, **box)
            for name in rounded:
                frame[name] = pd.to_numeric(texts[name].astype("object"), dtype_backend="numpy_nullable").to_numpy()
        for name, known in types.items():
            if name in frame.columns and known in _NULLABLE:
                frame[name] = frame[name].astype(_NULLABLE[known])
            elif name in frame.columns and isinstance(frame[name].dtype, pd.DatetimeTZDtype):
                frame[name] = frame[name].dt.tz_convert("UTC")
        if id_field is not None and id_field not in frame.columns:
            frame.insert(0, id_field, pd.array(frame.index, dtype="Int64"))
        return _in_two_dimensions(frame.reset_index(drop=True))

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Raise `LoadError` for GDAL's errors about damaged files; ignore warnings about M values, dates and JSON."""
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Measured .M. geometry types", UserWarning)
                # values that are not dates or JSON stay text
                warnings.filterwarnings("ignore", "Error parsing datetimes|Could not parse column", UserWarning)
                # pandas 2 warns of what pandas 3 does; both are handled
                warnings.filterwarnings("ignore", ".*datetimes with mixed time zones", FutureWarning)
                yield
        except _ERRORS as error:
            kind = self.export_format.facts.label
            raise LoadError(
                say("{file} cannot be read as {kind}: {error}", file=self.path.name, kind=kind, error=error)
            ) from error


def _tables(reader: Any, rows: int | None) -> Iterator[Any]:
    """Read the rows as Arrow tables: one table if `rows` is None, else one for each batch, and always at least one."""
    import pyarrow as pa  # noqa: PLC0415  an extra

    if rows is None:
        yield reader.read_all()
        return
    is_empty = True
    for batch in reader:
        if batch.num_rows:
            is_empty = False
            yield pa.Table.from_batches([batch])
    if is_empty:
        yield reader.schema.empty_table()


def _frame(table: Any, meta: dict[str, Any], id_field: str | None, as_text: frozenset[str]) -> pd.DataFrame:
    frame = table.to_pandas(types_mapper=lambda arrow_type: _NULLABLE.get(str(arrow_type)), self_destruct=True)
    for name, dtype, subtype in zip(meta["fields"], meta["dtypes"], meta["ogr_subtypes"], strict=True):
        if name in as_text:
            continue
        if dtype is not None and dtype.startswith("datetime") and dtype != "datetime64[D]":
            frame[name] = _moments(frame[name])
        elif subtype == "OFSTJSON":
            frame[name] = _parsed(frame[name])
    numbers = meta["fid_column"] or "OGC_FID"
    if id_field is not None and numbers != id_field and numbers in frame.columns:
        known = id_field in frame.columns
        frame = frame.drop(columns=numbers) if known else frame.rename(columns={numbers: id_field})
    column = meta["geometry_name"] or "wkb_geometry"
    if column not in frame.columns:
        return frame
    wkb = frame.pop(column).to_numpy(dtype="object")
    with gc_paused():
        geometry = shapely.from_wkb(wkb)
    return _in_two_dimensions(gpd.GeoDataFrame(frame, geometry=geometry, crs=meta["crs"]))


def _moments(texts: pd.Series) -> pd.Series:
    """Convert strings to timestamps, in UTC if they have time zones; return all unchanged if any is no timestamp."""
    moments = texts
    for in_utc in (False, True):
        if not pd.api.types.is_datetime64_any_dtype(moments):  # before GDAL 3.11, these are timestamps already
            try:
                moments = pd.to_datetime(texts, format="ISO8601", utc=in_utc)  # mixed zones need utc=True
            except (ValueError, TypeError):
                continue
    if not pd.api.types.is_datetime64_any_dtype(moments):
        return texts
    return (moments if moments.dt.tz is None else moments.dt.tz_convert("UTC")).dt.as_unit("ms")


def _parsed(texts: pd.Series) -> pd.Series:
    """Parse strings as JSON; return all unchanged if any is not JSON."""
    try:
        return pd.Series(
            [json.loads(text) if isinstance(text, str) else text for text in texts], index=texts.index, dtype="object"
        )
    except ValueError:
        return texts


def _in_two_dimensions(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace EPSG:4979, which GDAL gives only for a GeoJSON with heights, with the usual EPSG:4326."""
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None and frame.crs.to_epsg() == _WGS84_WITH_HEIGHT:
        return frame.set_crs(4326, allow_override=True)
    return frame
