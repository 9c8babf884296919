"""Handle sign-in: ``generateToken``, and OAuth 2.0 with sign-in page, codes (PKCE), tokens and refresh tokens.

Source: https://developers.arcgis.com/rest/users-groups-and-items/authorize/ and .../token/, and
requests sent by Esri's own clients.
"""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from arcgis_export_widgets.localportal.content.accounts import User
from arcgis_export_widgets.localportal.content.oauth_grants import REFRESH_LIFETIME_S, Authorization
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.portal import Call, Portal

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_DEFAULT_LIFETIME_S = 1800
_IMPLICIT_LIFETIME_S = 7200
_MAX_LIFETIME_S = 20160 * 60
_CLIENT_MINUTES = 120
_TOKEN_MINUTES = 60
_MAX_TOKEN_MINUTES = 21600

_SIGN_IN_PAGE = Template(Path(__file__).with_name("sign_in.html").read_text("utf-8"))
_CODE_PAGE = Template(Path(__file__).with_name("signed_in.html").read_text("utf-8"))


def generate_token(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``generateToken``: return a new token in exchange for a name and password, or for a valid token."""
    parameters = call.parameters
    user = call.caller if "username" not in parameters else None
    user = user or portal.accounts.sign_in(parameters.text("username") or "", parameters.text("password") or "")
    if user is None:
        raise ArcGISError(400, "Unable to generate token.", ["Invalid username or password."])
    minutes = parameters.integer("expiration") or _TOKEN_MINUTES
    lifetime_s = 60 * min(max(minutes, 1), _MAX_TOKEN_MINUTES)
    client = (parameters.text("client") or "").lower()
    token = portal.accounts.issue_token(
        user,
        lifetime_s,
        referer=parameters.text("referer") if client == "referer" else None,
        address={"ip": parameters.text("ip"), "requestip": call.address}.get(client),
    )
    return {"token": token.value, "expires": round(token.expires_s * 1000), "ssl": call.base_url.startswith("https")}


def _error(name: str, description: str, code: int = 400) -> ArcGISError:
    error = ArcGISError(code, description)
    error.extra = {"error": name, "error_description": description}
    return error


def authorize(portal: Portal, call: Call) -> Response:
    """Handle ``oauth2/authorize``: return the sign-in page."""
    parameters = call.parameters
    redirect_uri, client_id = parameters.text("redirect_uri"), parameters.text("client_id")
    if client_id is None or not portal.oauth.is_registered(client_id):
        raise _error("invalid_client_id", "Invalid client_id")
    if redirect_uri is None or not (redirect_uri == OUT_OF_BAND or portal.oauth.may_redirect(client_id, redirect_uri)):
        raise _error("invalid_request", "Invalid redirect_uri")
    response_type = parameters.text("response_type") or ""
    if response_type not in {"code", "token"}:
        raise _error("invalid_request", "response_type must be code or token")
    default = _DEFAULT_LIFETIME_S if response_type == "code" else _IMPLICIT_LIFETIME_S
    minutes = parameters.integer("expiration")
    visit = Authorization(
        client_id,
        redirect_uri,
        response_type,
        parameters.text("state"),
        min(minutes * 60, _MAX_LIFETIME_S) if minutes and minutes > 0 else default,
        parameters.text("code_challenge"),
        parameters.text("code_challenge_method") or "plain",
    )
    return _sign_in_page(portal, portal.oauth.visits.add(visit), visit)


def _sign_in_page(portal: Portal, state: str, visit: Authorization, message: str | None = None) -> Response:
    info: dict[str, Any] = {"oauth_state": state, "client_id": visit.client_id, "appTitle": visit.client_id}
    if message:
        info |= {"messages": [message], "code": "OAUTH_0015"}
    # on one line, as clients search for it; "<" is escaped, as "</script>" would end the script element
    line = json.dumps(info).replace("<", "\\u003c")
    page = _SIGN_IN_PAGE.substitute(
        portal=html.escape(portal.name),
        client=html.escape(visit.client_id),
        state=html.escape(state),
        info=line,
        message=f'<p role="alert">{html.escape(message)}</p>' if message else "",
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "X-Frame-Options": "DENY"})


def sign_in(portal: Portal, call: Call) -> Response:
    """Handle the form of the sign-in page: redirect to the application with a code or a token."""
    state = call.parameters.text("oauth_state") or ""
    visit = portal.oauth.visits.find(state)
    if visit is None:
        raise _error("invalid_request", "Invalid oauth_state: open the sign-in page again")
    user = portal.accounts.sign_in(call.parameters.text("username") or "", call.parameters.text("password") or "")
    if user is None:
        return _sign_in_page(portal, state, visit, "Invalid username or password.")
    if visit.response_type == "token":
        answer: dict[str, Any] = _token_answer(portal, call, user, visit.lifetime_s)
        separator = "#"
    else:
        answer, separator = {"code": portal.oauth.codes.add(replace(visit, username=user.username))}, "?"
    if visit.redirect_uri == OUT_OF_BAND:
        return RedirectResponse(f"/sharing/rest/oauth2/approval?{urlencode(answer)}", 302)
    if visit.state is not None:
        answer["state"] = visit.state
    if separator == "?" and urlsplit(visit.redirect_uri).query:
        separator = "&"
    ready = {key: str(value).lower() if isinstance(value, bool) else value for key, value in answer.items()}
    return RedirectResponse(visit.redirect_uri + separator + urlencode(ready), 302)


def approval(_portal: Portal, call: Call) -> Response:
    """Return the page that shows the code, for applications that have no URL to redirect to."""
    # Esri's Python API expects the object "oAuthInfo" on every page after the sign-in
    page = _CODE_PAGE.substitute(code=html.escape(call.parameters.text("code") or ""))
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _token_answer(portal: Portal, call: Call, user: User | None, lifetime_s: float) -> dict[str, Any]:
    issued = portal.accounts.issue_token(user, lifetime_s)
    answer: dict[str, Any] = {"access_token": issued.value, "expires_in": round(lifetime_s)}
    if user is not None:
        answer |= {"username": user.username, "ssl": call.base_url.startswith("https")}
    return answer


def _new_refresh_token(portal: Portal, grant: Authorization) -> dict[str, Any]:
    value = portal.oauth.refresh_tokens.add(grant)
    return {"refresh_token": value, "refresh_token_expires_in": REFRESH_LIFETIME_S - 1}


def _member(
    portal: Portal, call: Call, grant: Authorization | None, refusal: ArcGISError
) -> tuple[User, Authorization]:
    """Return the member of `grant`, and `grant`; raise `refusal` if one is missing, or an error for another client."""
    user = portal.accounts.find(grant.username) if grant and grant.username else None
    if grant is None or user is None:
        raise refusal
    if call.parameters.text("client_id") != grant.client_id:
        raise _error("invalid_client_id", "Invalid client_id")
    return user, grant


def token(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``oauth2/token``."""
    grants = {
        "authorization_code": _from_code,
        "refresh_token": _from_refresh_token,
        "exchange_refresh_token": _from_refresh_token,
        "client_credentials": _from_client,
    }
    grant = grants.get(call.parameters.text("grant_type") or "")
    if grant is None:
        raise _error("invalid_grant", f"Unsupported grant_type: use one of {', '.join(grants)}")
    return grant(portal, call)


def _from_code(portal: Portal, call: Call) -> dict[str, Any]:
    parameters = call.parameters
    found = portal.oauth.codes.take(parameters.text("code") or "")
    user, granted = _member(portal, call, found, _error("invalid_request", "Invalid authorization code"))
    if parameters.text("redirect_uri") != granted.redirect_uri:
        raise _error("invalid_request", "Invalid redirect_uri")
    if not granted.is_proven_by(parameters.text("code_verifier") or ""):
        raise _error("invalid_request", "Invalid code_verifier")
    return _token_answer(portal, call, user, _DEFAULT_LIFETIME_S) | _new_refresh_token(portal, granted)


def _from_refresh_token(portal: Portal, call: Call) -> dict[str, Any]:
    parameters = call.parameters
    value = parameters.text("refresh_token") or ""
    found = portal.oauth.refresh_tokens.find(value)
    user, known = _member(portal, call, found, _error("invalid_request", "refresh_token expired", code=498))
    answer = _token_answer(portal, call, user, _DEFAULT_LIFETIME_S)
    if parameters.text("grant_type") == "exchange_refresh_token":
        portal.oauth.refresh_tokens.take(value)
        answer |= _new_refresh_token(portal, known)
    return answer


def _from_client(portal: Portal, call: Call) -> dict[str, Any]:
    """Return a token that belongs to an application, not to a member."""
    parameters = call.parameters
    if not portal.oauth.is_application(parameters.text("client_id") or "", parameters.text("client_secret") or ""):
        raise _error("invalid_client_id", "Invalid client_id or client_secret")
    minutes = parameters.integer("expiration") or _CLIENT_MINUTES
    return _token_answer(portal, call, None, 60 * min(max(minutes, 1), _MAX_LIFETIME_S // 60))


def revoke(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``oauth2/revokeToken``."""
    value = call.parameters.text("auth_token") or ""
    portal.oauth.refresh_tokens.take(value)
    portal.accounts.revoke(value)
    return {"success": True}
