"""Read the parameters of a request, and define the errors that are sent in response.

ArcGIS ignores the case of parameter names, and treats GET like POST, and an empty value like no value. An error is an
envelope inside HTTP 200: ``{"error": {"code": ..., "messageCode": ..., "message": ..., "details": [...]}}``. Source of
codes and wording: responses recorded by independent clients (see the module's tests).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


MOST_JSON_CHARACTERS, MOST_VALUES = 2_000_000, 500_000
"""Most characters of a parameter in JSON, and most values of one separated by commas: reading millions keeps all other
requests waiting."""


class ArcGISError(Exception):
    """An error that is sent to the caller in ArcGIS's error envelope.

    `code` is ArcGIS's error code, not the HTTP status; `message_code` is a code such as ``CONT_0001``, or None.
    """

    def __init__(
        self, code: int, message: str, details: list[str] | None = None, message_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or []
        self.message_code = message_code
        self.extra: dict[str, str] = {}
        """More keys for the error envelope, such as OAuth's ``error_description``."""

    def to_json(self) -> dict[str, Any]:
        """Return the error envelope."""
        error: dict[str, Any] = {"code": self.code}
        if self.message_code:
            error["messageCode"] = self.message_code
        error |= self.extra
        return {"error": {**error, "message": self.message, "details": self.details}}


def item_not_found() -> ArcGISError:
    """Return the error for an item that does not exist or that the caller may not see (the error is the same)."""
    return ArcGISError(400, "Item does not exist or is inaccessible.", message_code="CONT_0001")


def user_not_found() -> ArcGISError:
    """Return the error for a member who does not exist or whom the caller may not see."""
    return ArcGISError(400, "User does not exist or is inaccessible.", message_code="COM_0018")


def not_permitted() -> ArcGISError:
    """Return the error for a signed-in caller who does not have permission."""
    return ArcGISError(
        403, "You do not have permissions to access this resource or perform this operation.", message_code="GWM_0003"
    )


def token_required() -> ArcGISError:
    """Return the error for a request that needs a token and has none."""
    return ArcGISError(499, "Token Required", ["Token Required"], message_code="GWM_0003")


def invalid_token() -> ArcGISError:
    """Return the error for a token that is unknown, expired or bound to another client."""
    return ArcGISError(498, "Invalid token.")


def invalid_query(detail: str = "Unable to perform query. Please check your parameters.") -> ArcGISError:
    """Return the error for an invalid query of a layer; `detail` is the reason."""
    return ArcGISError(400, "Cannot perform query. Invalid query parameters.", [detail])


class Parameters:
    """The parameters of one request, from the query string and the form; the form takes precedence.

    If `query` is true, errors have the wording of a layer's query operation.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], *, query: bool = False) -> None:
        self._values = {name.lower(): value.strip() for name, value in pairs if value.strip()}
        self._query = query

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def replaced(self, values: Mapping[str, str]) -> Parameters:
        """Return a copy of the parameters in which `values` replace or add to the present ones."""
        return Parameters([*self._values.items(), *values.items()], query=self._query)

    def invalid(self, name: str, reason: str = "is invalid") -> ArcGISError:
        """Return the error for a parameter `name` whose value is invalid."""
        detail = f"'{name}' parameter {reason}"
        return invalid_query(detail) if self._query else ArcGISError(400, "Unable to complete operation.", [detail])

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Return a context manager that raises `invalid(name)` if the ``with`` block cannot read the value."""
        try:
            yield
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise self.invalid(name) from error

    def text(self, *names: str) -> str | None:
        """Return the value of the first of `names` that is present; None if all are absent."""
        return next((self._values[name.lower()] for name in names if name.lower() in self._values), None)

    def required(self, name: str) -> str:
        """Return the value of `name`; raise an error if it is missing."""
        value = self.text(name)
        if value is None:
            raise ArcGISError(400, f"'{name}' is a required parameter.", [f"'{name}' is missing"])
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        """Return the value of `name` (``true``, ``True``, ``1`` ...) as a boolean, or `default` when absent."""
        value = self.text(name)
        if value is None:
            return default
        with self.reading(name):
            return _BOOLEANS[value.lower()]

    def integer(self, name: str, default: int | None = None) -> int | None:
        """Return the value of `name` as an integer, or `default` when absent."""
        value = self.text(name)
        with self.reading(name):
            return default if value is None else int(float(value)) if "." in value else int(value)

    def number(self, name: str) -> float | None:
        """Return the value of `name` as a finite number, or None when absent."""
        value = self.text(name)
        if value is None:
            return None
        with self.reading(name):
            number = float(value)
        if not math.isfinite(number):
            raise self.invalid(name)
        return number

    def names(self, name: str) -> list[str]:
        """Return the comma-separated value of `name` as a list of stripped strings; an empty list when absent."""
        text = self.text(name) or ""
        if text.count(",") >= MOST_VALUES:
            raise self.invalid(name, f"has more than {MOST_VALUES:,} values")
        return [part.strip() for part in text.split(",") if part.strip()]

    def integers(self, name: str) -> list[int] | None:
        """Return the comma-separated value of `name` as a list of integers, or None when absent."""
        if name not in self:
            return None
        with self.reading(name):
            return [int(part) for part in self.names(name)]

    def json(self, name: str) -> Any:
        """Return the value of `name` parsed as JSON, or None when absent."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) > MOST_JSON_CHARACTERS:
            raise self.invalid(name, f"has more than {MOST_JSON_CHARACTERS:,} characters")
        with self.reading(name):
            return json.loads(value)
