"""The parameters of a request, read as the type that is needed.

ArcGIS ignores the case of names, treats GET and POST alike, and an empty value as absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from arcgis_export_widgets.localportal.http.errors import ArcGISError, invalid_query

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}


class Parameters:
    """The parameters of one request.

    Parameters
    ----------
    pairs
        Names and values in order, later ones taking precedence: the query string, then the form.
    query
        Whether errors are worded as in a layer's query operation.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], *, query: bool = False) -> None:
        self._values = {name.lower(): value.strip() for name, value in pairs if value.strip()}
        self._query = query

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def replaced(self, values: Mapping[str, str]) -> Parameters:
        """Return these parameters with some values replaced."""
        return Parameters([*self._values.items(), *values.items()], query=self._query)

    def invalid(self, name: str) -> ArcGISError:
        """Return the error for a value of `name` that cannot be read."""
        detail = f"'{name}' parameter is invalid"
        return invalid_query(detail) if self._query else ArcGISError(400, "Unable to complete operation.", [detail])

    def text(self, *names: str) -> str | None:
        """Return the first of `names` that is present, or None."""
        return next((self._values[name.lower()] for name in names if name.lower() in self._values), None)

    def required(self, name: str) -> str:
        """Return the value of `name`, or raise that it is missing."""
        value = self.text(name)
        if value is None:
            raise ArcGISError(400, f"'{name}' is a required parameter.", [f"'{name}' is missing"])
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        """Return a boolean (``true``, ``True``, ``1`` ...)."""
        value = self.text(name)
        if value is None:
            return default
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise self.invalid(name)

    def integer(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number, or `default` when absent."""
        value = self.text(name)
        try:
            return default if value is None else int(float(value)) if "." in value else int(value)
        except (ValueError, OverflowError) as error:
            raise self.invalid(name) from error

    def number(self, name: str) -> float | None:
        """Return a finite number, or None when absent."""
        value = self.text(name)
        if value is None:
            return None
        try:
            number = float(value)
        except ValueError as error:
            raise self.invalid(name) from error
        if number - number != 0:  # infinite or not-a-number
            raise self.invalid(name)
        return number

    def names(self, name: str) -> list[str]:
        """Return a comma-separated list without blanks; empty when absent."""
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def integers(self, name: str) -> list[int] | None:
        """Return a comma-separated list of whole numbers, or None when absent."""
        if name not in self:
            return None
        try:
            return [int(part) for part in self.names(name)]
        except ValueError as error:
            raise self.invalid(name) from error

    def json(self, name: str) -> Any:
        """Return the value of `name` read as JSON, or None when absent."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise self.invalid(name) from error
