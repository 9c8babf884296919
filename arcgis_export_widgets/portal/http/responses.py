"""Reading ArcGIS's responses: JSON that may contain an error although the HTTP status is 200.

The form of errors: https://developers.arcgis.com/rest/users-groups-and-items/working-with-the-rest-api/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

from arcgis_export_widgets.errors import (
    TRANSIENT_CODES,
    ArcGISExportError,
    AuthError,
    ItemNotFoundError,
    PermissionDeniedError,
    PortalError,
    RateLimitError,
    ResponseError,
)
from arcgis_export_widgets.language import mark, say

_PERMISSION = re.compile(r"do not have permissions|access is denied|not authorized", re.IGNORECASE)
_RETRY_AFTER = re.compile(r"retry after (\d+(?:\.\d+)?)\s*sec", re.IGNORECASE)
_NO_JSON = object()
_SHORTEST_SECRET = 4
_NEXT_STEP: dict[type[PortalError], str] = {
    AuthError: mark("Sign in again with a valid user name and password or a fresh token."),
    PermissionDeniedError: mark("Ask the item's owner or an administrator, or sign in as a user who is allowed."),
    ItemNotFoundError: mark("Check the id, and sign in if the item is not public."),
    RateLimitError: mark("Wait a minute and try again."),
}

SERVER_TROUBLE = mark("The server has trouble: try again in a moment.")
_GONE = mark("The layer does not exist, or no longer does. Check the address, or open the item again.")


def parse_json(text: str, url: str) -> dict[str, Any]:
    """Read the body of a response as a JSON object; raises ResponseError for anything else, such as a web page."""
    try:
        answer = json.loads(text, strict=False)  # some servers leave line breaks in texts as they are
    except (ValueError, RecursionError):
        answer = _NO_JSON
    if answer is _NO_JSON:  # raised after the except clause: the decoder's error contains the text, perhaps a token
        start = text.lstrip()[:200].lower()
        if start.startswith(("<!doctype", "<html", "<?xml", "<")):
            fault = say("{url} returned a web page instead of JSON.", url=url)
        else:
            fault = say("{url} did not return JSON.", url=url)
        advice = say("Check that this is the portal's address, and that no sign-in page or proxy is in between.")
        # may be a proxy's page while the portal restarts, or JSON that was cut short: the next try may succeed
        raise ResponseError(f"{fault} {advice}", url=url, is_transient=True)
    if not isinstance(answer, dict):
        kind = type(answer).__name__
        raise ResponseError(say("{url} returned a JSON {kind} instead of an object.", url=url, kind=kind), url=url)
    return answer


def error_of(answer: Mapping[str, Any], url: str, status: int = 200) -> PortalError | None:
    """The error in a JSON response from `url` (without query), as an exception; None if the response has no error."""
    error = answer.get("error")
    if error is None and answer.get("status") in {"error", "failure"} and "message" in answer:
        error = answer  # as the billing services do
    if not error:
        return None
    if not isinstance(error, Mapping):
        error = {"message": str(error), "details": answer.get("error_description")}
    try:
        code: int | None = int(error.get("code"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        code = status if status >= 400 else None  # noqa: PLR2004
    more = error.get("details") or error.get("description") or error.get("error_description") or []
    details = tuple(str(detail) for detail in (more if isinstance(more, list) else [more]) if detail)
    message = str(error.get("message") or "").strip() or (details[0] if details else say("The portal gave no reason"))
    kind = _kind(code, message, details, str(error.get("messageCode") or ""))
    quota = _RETRY_AFTER.search("\n".join([*details, message]))
    return kind(
        _sentence(message, details, code, kind),
        code=code,
        details=details,
        url=url,
        retry_after_s=float(quota[1]) if quota else None,
        is_transient=code in TRANSIENT_CODES or status in TRANSIENT_CODES,
    )


def with_advice(error: AuthError, advice: str) -> AuthError:
    """A copy of `error` whose message ends with `advice` instead of the general advice."""
    fault = str(error).removesuffix(say(_NEXT_STEP[AuthError])).strip()
    return AuthError(f"{fault} {advice}", code=error.code, details=error.details, url=error.url)


@contextmanager
def as_documented() -> Iterator[None]:
    """Within the block, or the function it decorates, errors in reading a response's JSON become ResponseError.

    Servers send null, a list or a text where ArcGIS documents an object, and whoever reads the response need not think
    of each such place.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, ArcGISExportError):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise ResponseError(
            say("The server's response has another form than ArcGIS documents ({reason}).", reason=reason)
        ) from error


def hide(error: PortalError, *secrets: str | None) -> None:
    """Remove `secrets` from an error, in case the portal repeated them in its message, encoded or not."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST_SECRET:
            pattern = _in_any_spelling(secret)
            texts = [pattern.sub(say("<hidden>"), text) for text in (str(error), *error.details)]
            if texts != [str(error), *error.details]:
                error.args, error.details = (texts[0],), tuple(texts[1:])


def _in_any_spelling(secret: str) -> re.Pattern[str]:
    """A pattern for `secret` in which each character may be encoded as in an address, in HTML or in JSON."""

    def spellings(character: str) -> str:
        number, quoted = ord(character), re.escape(json.dumps(character)[1:-1])
        percent = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode(errors="surrogatepass"))
        others = [rf"&#0*{number};", rf"&#x0*{number:x};", re.escape(escape(character)), rf"\\+u{number:04x}", quoted]
        plus = [r"\+"] if character == " " else []
        return f"(?:(?-i:{re.escape(character)})|{'|'.join([percent, *others, *plus])})"

    return re.compile("".join(map(spellings, secret)), re.IGNORECASE)


def _kind(code: int | None, message: str, details: tuple[str, ...], message_code: str) -> type[PortalError]:
    if code in {401, 498, 499}:
        return AuthError
    if code == 429:  # noqa: PLR2004
        return RateLimitError
    if code == 403 or _PERMISSION.search(message):  # noqa: PLR2004
        return PermissionDeniedError
    if message_code == "CONT_0001" or "does not exist or is inaccessible" in message.lower():
        return ItemNotFoundError
    if any("invalid username or password" in text.lower() for text in (message, *details)):
        return AuthError
    return PortalError


def _sentence(message: str, details: tuple[str, ...], code: int | None, kind: type[PortalError]) -> str:
    parts = [message.rstrip(". ")]
    parts += [detail.rstrip(". ") for detail in details if detail.strip(". ") not in message]
    text = ". ".join(parts)
    text = f"{text}." if code is None else say("{message} (code {code}).", message=text, code=code)
    step = _NEXT_STEP.get(kind, "")
    if not step and code is not None and code >= 500:  # noqa: PLR2004
        step = SERVER_TROUBLE
    elif not step and message.lower().startswith("invalid url"):
        step = _GONE
    return f"{text} {say(step)}" if step else text
