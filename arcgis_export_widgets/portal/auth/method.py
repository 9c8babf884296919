"""What a row of the registry says about a sign-in method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.protocol import Auth


@dataclass(frozen=True)
class Argument:
    """A value that a sign-in method takes: an argument of `Portal`, a field of the form, or both."""

    name: str
    """Its name in Python."""
    help: str = ""
    """What it is, for the documentation of `Portal`."""
    variable: str = ""
    """Name of the environment variable that may hold it."""
    missing: str = ""
    """Error of `Portal` if it is missing although the method's other arguments were given; a marked text."""
    is_secret: bool = False
    """Whether it must not be shown or saved. The form asks for it in a field whose text is never saved."""
    label: str = ""
    """Label of its field in the form; a marked text, empty if the form does not ask for it."""
    placeholder: str = ""
    """Example in the empty field; a marked text."""
    prompt: str = ""
    """Error of the form if the field is empty; a marked text. Empty if the field may stay empty."""


@dataclass(frozen=True)
class SignInMethod:
    """One method to sign in. All that depends on the method elsewhere in the package is read from here."""

    build: Callable[..., Auth]
    """Makes the `Auth`: called with the portal's address, and the values by their names."""
    arguments: tuple[Argument, ...] = ()
    """The arguments of `Portal`. No two methods share one."""
    login: tuple[str, str] | None = None
    """The arguments that keyring and netrc hold as user name and password; None if they do not hold this method's."""
    portal_of: Callable[..., str] | None = None
    """The portal's address if the arguments know it: called with their values."""
    choice: str = ""
    """Its name in the form; a marked text, empty if the form does not offer it."""
    asked_in_form: tuple[Argument, ...] | None = None
    """What the form asks for; None for the arguments. At most one value is secret."""
    page: Callable[..., CodeSignIn] | None = None
    """For a method whose secret is a code from a page: called with the portal's address, and the other values."""
    action: str = mark("Sign in")
    """What the form's button says; a marked text."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that may hold the arguments."""
        return tuple(argument.variable for argument in self.arguments if argument.variable)

    @property
    def fields(self) -> tuple[Argument, ...]:
        """The fields of the form that are not secret."""
        return tuple(value for value in self._form_values if not value.is_secret)

    @property
    def secret(self) -> Argument | None:
        """The secret that the form asks for; None if there is none."""
        return next((value for value in self._form_values if value.is_secret), None)

    @property
    def _form_values(self) -> tuple[Argument, ...]:
        values = self.arguments if self.asked_in_form is None else self.asked_in_form
        return tuple(value for value in values if value.label)
