"""Describing sign-in methods, and finding credentials in arguments, environment, keyring or netrc, in that order.

The environment variables have the same names as in Esri's R packages
(https://developers.arcgis.com/r-bridge/authentication/connecting-to-a-portal/).
"""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.http.addresses import is_arcgis_online, portal_url
from arcgis_export_widgets.portal.http.tokens import Anonymous, Auth

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Argument:
    """A value that a sign-in method needs: an argument of `Portal`, a field of the sign-in form, or both."""

    name: str
    """Name of the argument in Python."""
    help: str = ""
    """Description of the argument in the docstring of `Portal`."""
    variable: str = ""
    """Name of the environment variable that may contain the value; empty if there is none."""
    missing: str = ""
    """Error message, marked for translation, if the value is missing but other arguments of the method were given."""
    is_secret: bool = False
    """Whether the value is a secret, which is never shown or saved."""
    label: str = ""
    """Label of the form's field, marked for translation; empty if the form does not ask for the value."""
    placeholder: str = ""
    """Placeholder of the form's field, marked for translation."""
    prompt: str = ""
    """The form's error message for an empty field, marked for translation; ``""`` if the field is optional."""


@dataclass(frozen=True)
class SignInMethod:
    """A sign-in method: everything that differs from one method to another."""

    build: Callable[..., Auth]
    """Makes the `Auth`; called with the portal's address, and the values of `arguments` as keyword arguments."""
    arguments: tuple[Argument, ...] = ()
    """The arguments of `Portal` that belong to this method; no argument belongs to two methods."""
    login: tuple[str, str] | None = None
    """Names of the arguments for the user name and password in keyring or netrc; None if these cannot be used."""
    portal_of: Callable[..., str] | None = None
    """Gets the portal's address from the values of `arguments`, given by name; None if they do not contain it."""
    choice: str = ""
    """The method's name in the form, marked for translation; empty if the form does not offer the method."""
    asked_in_form: tuple[Argument, ...] | None = None
    """The values that the form asks for, at most one of them secret; None if they are the same as `arguments`."""
    page: Callable[..., CodeSignIn] | None = None
    """Starts a sign-in whose secret is a code shown on a page; takes the portal's address and the other values."""
    action: str = mark("Sign in")
    """Label of the form's button, marked for translation."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables from which the arguments are read."""
        return tuple(argument.variable for argument in self.arguments if argument.variable)

    @property
    def fields(self) -> tuple[Argument, ...]:
        """The values that the form asks for, except the secret."""
        return tuple(value for value in self._form_values if not value.is_secret)

    @property
    def secret(self) -> Argument | None:
        """The secret that the form asks for; None if the method has no secret."""
        return next((value for value in self._form_values if value.is_secret), None)

    @property
    def _form_values(self) -> tuple[Argument, ...]:
        values = self.arguments if self.asked_in_form is None else self.asked_in_form
        return tuple(value for value in values if value.label)


def environment_host() -> str:
    """Address of the portal in ``ARCGIS_HOST``, or of ArcGIS Online if the variable is not set."""
    return portal_url(os.environ.get("ARCGIS_HOST") or "https://www.arcgis.com")


def given_credentials(
    methods: Collection[SignInMethod], url: str | None, arguments: Mapping[str, object]
) -> tuple[str, Auth]:
    """Find the portal's address and the sign-in from the arguments of `Portal`; None counts as not given.

    Raises RequestError if the arguments belong to different methods, or a missing argument is not stored anywhere.
    """
    owners = {argument.name: method for method in methods for argument in method.arguments}
    for name in arguments:
        if name not in owners:
            raise TypeError(f"Portal() got an unexpected keyword argument {name!r}; it takes: {', '.join(owners)}")
    given = {name: value for name, value in arguments.items() if value is not None and value is not False}
    chosen = {owners[name] for name in given}
    if len(chosen) > 1:
        raise RequestError(say("Sign in one way, not several: {ways}.", ways=", ".join(given)))
    method = chosen.pop() if chosen else None
    if url is None:
        url = method.portal_of(**given) if method and method.portal_of else environment_host()
    address = portal_url(url)
    return address, _complete(method, address, given) if method else found_credentials(methods, address)


def found_credentials(methods: Collection[SignInMethod], address: str, *, required: bool = False) -> Auth:
    """Find the sign-in for the portal at `address` in environment, keyring or netrc; `Anonymous` if there is none.

    Methods are tried in the order of `methods`. The environment variables are used only for the portal in
    ``ARCGIS_HOST``, or for ArcGIS Online if that is not set. With `required`, an unset ``ARCGIS_HOST`` means the portal
    at `address`, and RequestError is raised instead of returning `Anonymous`.

    Raises RequestError if a user name or client id is set without its secret, or a secret without its name or id.
    """
    are_for_this_portal = (required and not os.environ.get("ARCGIS_HOST")) or _is_same_portal(
        address, environment_host()
    )
    held = [(method, _in_environment(method) if are_for_this_portal else {}) for method in methods]
    for method, values in held:
        if values and len(values) == len(method.arguments):
            return _built(method, address, values, _and(method.variables))
    for method, values in held:
        if method.login and (auth := _from_stores(method, address, values.get(method.login[0]))) is not None:
            return auth
        if method.login and method.login[0] in values:
            raise RequestError(
                say(
                    "{variable} is {user!r}, but there is no {secret}, nor a password in the keyring or netrc. "
                    "Portal(url, anonymous=True) opens the portal without signing in.",
                    variable=method.variables[0],
                    user=values[method.login[0]],
                    secret=method.variables[-1],
                )
            )
    if required:
        raise RequestError(
            say(
                "There are no credentials for {portal}. Set {variables}; for another portal than ArcGIS Online, set "
                "ARCGIS_HOST as well. Or store a password in the keyring or netrc.",
                portal=address,
                variables=say(", or ").join(_and(method.variables) for method in methods if method.variables),
            )
        )
    return Anonymous()


def _complete(method: SignInMethod, address: str, given: Mapping[str, object]) -> Auth:
    """Sign in with the given arguments; a missing secret is looked up for the given user name or client id."""
    missing = [argument for argument in method.arguments if argument.name not in given]
    if not missing:
        return method.build(address, **given)
    if all(argument.is_secret for argument in missing):
        held = _in_environment(method) if _is_same_portal(address, environment_host()) else {}
        if len(held) == len(method.arguments) and given.items() <= held.items():
            return _built(method, address, held, _and(method.variables))
        if method.login and (auth := _from_stores(method, address, str(given[method.login[0]]))) is not None:
            return auth
    raise RequestError(say(missing[0].missing, url=address, **given))


def _in_environment(method: SignInMethod) -> dict[str, str]:
    values = {argument.name: os.environ.get(argument.variable, "") for argument in method.arguments}
    found = {name: value for name, value in values.items() if value}
    for argument in method.arguments:
        if found and argument.name not in found and not argument.is_secret:
            raise RequestError(say("The environment is incomplete: {name} is missing.", name=argument.variable))
    return found


def _built(method: SignInMethod, address: str, values: Mapping[str, str], source: str) -> Auth:
    auth = method.build(address, **values)
    auth.source = source
    return auth


def _from_stores(method: SignInMethod, address: str, user: str | None) -> Auth | None:
    for source, look_up in ((mark("the keyring"), _in_keyring), ("netrc", _in_netrc)):
        if method.login and (found := look_up(address, user)):
            return _built(method, address, dict(zip(method.login, found, strict=True)), source)
    return None


def _is_same_portal(url: str, other: str) -> bool:
    """Whether both addresses belong to the same portal; all of ArcGIS Online is one portal."""
    one, two = urlsplit(url), urlsplit(other)
    if is_arcgis_online(one.hostname) and is_arcgis_online(two.hostname):
        return one.scheme == "https"
    return (one.scheme, one.netloc, one.path) == (two.scheme, two.netloc, two.path)


def _and(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return say("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def _in_keyring(portal_url: str, username: str | None) -> tuple[str, str] | None:
    """Look up the portal's address in the keyring; return name and password of `username` (None for any user).

    The command ``keyring set https://www.arcgis.com student`` stores a password.
    """
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        found = keyring.get_credential(portal_url, username)
    except keyring.errors.NoKeyringError:
        return None
    except keyring.errors.KeyringError as error:
        logger.warning("the keyring cannot be read: %s", type(error).__name__)
        return None
    return (found.username, found.password) if found and found.username and found.password else None


def _in_netrc(portal_url: str, username: str | None) -> tuple[str, str] | None:
    """Look up the portal's host in netrc; return name and password of `username` (None for any user).

    The entry ``default`` is not used: its password would be sent to any portal.
    """
    usual = (Path("~/.netrc").expanduser(), Path("~/_netrc").expanduser())
    path = os.environ.get("NETRC") or next((path for path in usual if path.exists()), None)
    if path is None:
        return None
    try:
        hosts = netrc.netrc(str(path)).hosts
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
        line = getattr(error, "lineno", None)  # the message itself may quote a password
        logger.warning("%s cannot be read as netrc%s", path, f", line {line}" if line else "")
        return None
    host = urlsplit(portal_url).hostname or ""
    login, _, password = hosts.get(host, ("", "", "")) if host != "default" else ("", "", "")
    return (login, password) if login and password and username in {None, login} else None
