"""Errors as ArcGIS returns them: an envelope inside HTTP 200.

Source of codes and wording: answers recorded by independent clients (see the module's tests); a client sees
``{"error": {"code": ..., "messageCode": ..., "message": ..., "details": [...]}}``.
"""

from __future__ import annotations

from typing import Any


class ArcGISError(Exception):
    """An error that the caller gets as ArcGIS's error envelope.

    Parameters
    ----------
    code
        ArcGIS's own code, which is not the HTTP status.
    message
        Sentence for people.
    details
        Further sentences; an empty list if there are none.
    message_code
        The portal's code such as ``CONT_0001``; None when ArcGIS sends none.
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
        """Further keys of the envelope, such as OAuth's ``error_description``."""

    def to_json(self) -> dict[str, Any]:
        """Return the envelope."""
        error: dict[str, Any] = {"code": self.code}
        if self.message_code:
            error["messageCode"] = self.message_code
        error |= self.extra
        return {"error": {**error, "message": self.message, "details": self.details}}


def item_not_found() -> ArcGISError:
    """Return the error for an item that does not exist or that the caller may not see: both look the same."""
    return ArcGISError(400, "Item does not exist or is inaccessible.", message_code="CONT_0001")


def user_not_found() -> ArcGISError:
    """Return the error for a member who does not exist or whom the caller may not see."""
    return ArcGISError(400, "User does not exist or is inaccessible.", message_code="COM_0018")


def not_permitted() -> ArcGISError:
    """Return the error for a known caller who may not do this."""
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
    """Return the error of a layer's query operation."""
    return ArcGISError(400, "Cannot perform query. Invalid query parameters.", [detail])
