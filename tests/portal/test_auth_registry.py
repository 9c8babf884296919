"""A sign-in method is one row: whatever the row leaves out is found, and what it says reaches every place."""

import inspect
import json
import os
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from ipywidgets import Widget
from scripted_server import as_json

from arcgis_export_widgets import Portal
from arcgis_export_widgets.errors import ArcGISExportError, RequestError
from arcgis_export_widgets.portal import connection
from arcgis_export_widgets.portal.auth.credentials import Argument, SignInMethod
from arcgis_export_widgets.portal.auth.registry import METHODS, Credentials
from arcgis_export_widgets.portal.auth.tokens import TokenAuth
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.sign_in import SignIn
from arcgis_export_widgets.widgets.source import SignInView

GUIDE = Path(__file__).parents[2] / "docs" / "signing_in.md"
WITHOUT_SECRET = {"gis", "stored", "anonymous"}
SECRET = "xyzzy-4711"

BADGE = SignInMethod(
    lambda _, badge, pin: TokenAuth(f"{badge}-{pin}"),
    (
        Argument(
            "badge",
            "Number of the badge.",
            variable="ARCGIS_BADGE",
            missing="The badge is missing.",
            label="Badge number",
            prompt="Type the number of the badge.",
        ),
        Argument(
            "pin",
            "Its PIN.",
            variable="ARCGIS_PIN",
            missing="There is no PIN for the badge {badge}.",
            is_secret=True,
            label="PIN",
            prompt="Type the PIN of {badge}.",
        ),
    ),
    login=("badge", "pin"),
    choice="Badge",
    action="Hold the badge to the reader",
)


def documentation(method):
    """The method's line of the table in the guide."""
    names = [f"`{argument.name}`" for argument in method.arguments] or ["`Portal.from_environment()`"]
    variables = [f"`{argument.variable}`" for argument in method.arguments if argument.variable]
    cells = [", ".join(names), ", ".join(variables), "yes" if method.login else "", method.choice]
    return "|".join(f" {cell} " if cell else " " for cell in ["", *cells, ""]).strip()


def left_out():
    """What the rows of the registry leave out, or what does not follow them."""
    guide = GUIDE.read_text(encoding="utf-8").splitlines()
    names = [argument.name for method in METHODS.values() for argument in method.arguments]
    yield from (f"two methods take {name}" for name in set(names) if names.count(name) > 1)
    yield from (f"Credentials has no type for {name}" for name in names if name not in Credentials.__annotations__)
    yield from (f"no method takes {name}" for name in Credentials.__annotations__ if name not in names)
    yield from (f"add to the guide: {line}" for line in map(documentation, METHODS.values()) if line not in guide)
    for name, method in METHODS.items():
        yield from (f"{name}: {gap}" for gap in gaps(name, method))


def gaps(name, method):
    asked = [*method.fields, *filter(None, [method.secret])]
    form = (method.arguments if method.asked_in_form is None else method.asked_in_form) if method.choice else ()
    secrets = [value for value in (*method.arguments, *(method.asked_in_form or ())) if value.is_secret]
    yield from (f"no help for {argument.name}" for argument in method.arguments if not argument.help)
    if len(method.arguments) > 1:
        yield from (f"no error without {argument.name}" for argument in method.arguments if not argument.missing)
    if method.choice and name != "anonymous":
        yield from (f"the form does not ask for {value.name}" for value in form if value not in asked)
    yield from (f"no error for the empty field {value.name}" for value in secrets if value.label and not value.prompt)
    if len(secrets) != (name not in WITHOUT_SECRET):
        yield f"{len(secrets)} secrets"


@pytest.fixture
def badge(monkeypatch):
    monkeypatch.setitem(METHODS, "badge", BADGE)


@pytest.fixture
def server(make_server):
    def answer(asked):
        tokens = ("Bearer 007-1234", "Bearer 007-" + SECRET)
        known = asked.headers.get("x-esri-authorization") in tokens
        return as_json({"user": {"username": "bond"} if known else None})

    return make_server(answer)


def test_no_method_leaves_a_place_out():
    assert list(left_out()) == []


@pytest.mark.usefixtures("badge")
def test_a_new_method_lacks_nothing_but_its_types_and_its_line_in_the_guide():
    assert list(left_out()) == [
        "Credentials has no type for badge",
        "Credentials has no type for pin",
        "add to the guide: | `badge`, `pin` | `ARCGIS_BADGE`, `ARCGIS_PIN` | yes | Badge |",
    ]


@pytest.mark.parametrize(
    ("argument", "change", "gap"),
    [
        (0, {"help": ""}, "no help for badge"),
        (0, {"missing": ""}, "no error without badge"),
        (0, {"label": ""}, "the form does not ask for badge"),
        (1, {"label": ""}, "the form does not ask for pin"),
        (1, {"prompt": ""}, "no error for the empty field pin"),
        (1, {"is_secret": False}, "0 secrets"),
        (0, {"is_secret": True}, "2 secrets"),
        (0, {"name": "token"}, "two methods take token"),
        (0, {"variable": "ARCGIS_NUMBER"}, "| `badge`, `pin` | `ARCGIS_NUMBER`, `ARCGIS_PIN` | yes | Badge |"),
    ],
)
def test_what_a_new_method_leaves_out_is_found(monkeypatch, argument, change, gap):
    arguments = list(BADGE.arguments)
    arguments[argument] = replace(arguments[argument], **change)
    monkeypatch.setitem(METHODS, "badge", replace(BADGE, arguments=tuple(arguments)))
    assert gap in "\n".join(left_out())


def test_portal_shows_the_arguments_of_every_method_and_says_what_they_are():
    shown = inspect.signature(Portal).parameters
    for argument in (argument for method in METHODS.values() for argument in method.arguments):
        assert shown[argument.name].kind is inspect.Parameter.KEYWORD_ONLY
        assert argument.help in Portal.__doc__
        assert argument.variable in Portal.__doc__
    assert "**credentials" not in Portal.__doc__
    assert "credentials" not in shown


@pytest.mark.usefixtures("badge")
def test_portal_takes_the_arguments_of_a_new_method(server):
    with Portal(server.url, badge="007", pin="1234") as portal:
        assert portal.username == "bond"
    with pytest.raises(RequestError, match="not several: token, badge"):
        Portal(server.url, token="t", badge="007")
    with pytest.raises(RequestError, match="no PIN for the badge 007"):
        Portal(server.url, badge="007")
    assert {"badge", "pin"} <= set(connection.signature().parameters)
    assert "    pin\n        Its PIN. In the environment: ``ARCGIS_PIN``.\n" in connection.documented(
        "    **credentials\n        ...\n"
    )


def test_an_argument_of_no_method_is_an_error_that_names_the_right_ones():
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'pasword'; it takes: username, password"):
        Portal("https://gis.example.org", pasword="p")


@pytest.mark.usefixtures("badge")
def test_the_environment_of_a_new_method_signs_in(server, monkeypatch):
    monkeypatch.setenv("ARCGIS_HOST", server.url)
    with pytest.raises(RequestError, match="or ARCGIS_BADGE and ARCGIS_PIN; for another portal"):
        Portal.from_environment()
    monkeypatch.setenv("ARCGIS_PIN", "1234")
    with pytest.raises(RequestError, match="ARCGIS_BADGE is missing"):
        Portal()
    monkeypatch.setenv("ARCGIS_BADGE", "007")
    with Portal() as portal, Portal(badge="007") as same:
        assert repr(portal) == repr(same)
        assert repr(portal).endswith("as bond with a token from ARCGIS_BADGE and ARCGIS_PIN>")
    monkeypatch.delenv("ARCGIS_PIN")
    with pytest.raises(RequestError, match="ARCGIS_BADGE is '007', but there is no ARCGIS_PIN"):
        Portal()


@pytest.mark.usefixtures("badge")
def test_netrc_signs_in_by_a_new_method_too(server, tmp_path, monkeypatch):
    monkeypatch.setitem(METHODS, "password", replace(METHODS["password"], login=None))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login 007 password 1234\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert keyring.get_credential(server.url, None) is None
    with Portal(server.url) as portal:
        assert repr(portal).endswith("as bond with a token from netrc>")


@pytest.mark.usefixtures("badge")
def test_the_form_offers_a_new_method_and_asks_for_its_values(server):
    state = SignIn(SameThreadRunner())
    view = SignInView(state)
    state.url = server.url
    assert ("Badge", "badge") in view.method.options
    view.method.value = "badge"
    assert [name for name, text in view.inputs.items() if text.layout.display is None] == ["badge"]
    assert (view.inputs["badge"].description, view.secret.label) == ("Badge number", "PIN")
    assert view.secret.button == "Hold the badge to the reader"
    state.sign_in("1234")
    assert state.error == "Type the number of the badge."
    view.inputs["badge"].value = "007"
    state.sign_in("")
    assert state.error == "Type the PIN of 007."
    state.sign_in("1234")
    assert state.portal.username == "bond"


@pytest.mark.parametrize("name", [*(name for name, method in METHODS.items() if method.choice), "badge"])
@pytest.mark.usefixtures("badge")
def test_the_form_can_use_every_method_it_offers_and_saves_no_secret(make_server, name):
    server = make_server(as_json({"user": {"username": "bond"}, "token": "t", "access_token": "t"}))
    Widget.close_all()  # so that only those of this form are saved
    state = SignIn(SameThreadRunner())
    view = SignInView(state)
    state.url, state.method = server.url, name
    for field in state.chosen.fields:
        view.inputs[field.name].value = "007"
    state.ask_for_page()
    state.sign_in(SECRET if state.chosen.secret else "")
    assert state.portal is not None or "no credentials" in state.error
    saved = json.dumps(Widget.get_manager_state(), default=repr)
    assert SECRET not in saved + repr(state.trait_values()) + repr(vars(state)) + repr(view)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, method in [*METHODS.items(), ("badge", BADGE)]
        if any(argument.is_secret for argument in method.arguments)
    ],
)
@pytest.mark.usefixtures("badge")
def test_no_refusal_and_no_repr_shows_an_argument_that_is_secret(make_server, caplog, name):
    caplog.set_level("DEBUG")
    secrets = {argument.name: SECRET for argument in METHODS[name].arguments if argument.is_secret}
    others = {argument.name: "007" for argument in METHODS[name].arguments if not argument.is_secret}
    echo = make_server(lambda asked: as_json({"error": {"code": 498, "message": f"{asked.form} {asked.headers}"}}))
    with pytest.raises(ArcGISExportError) as caught:
        Portal(echo.url, **secrets, **others)
    welcoming = make_server(as_json({"user": {"username": "bond"}, "token": "t", "access_token": "t"}))
    with Portal(welcoming.url, **secrets, **others) as portal:
        told = [repr(portal), repr(portal.session.auth), str(portal.user), str(caught.value), caplog.text]
    paths = [asked.path for asked in (*echo.asked, *welcoming.asked)]
    assert SECRET not in "\n".join(told + paths)


def test_no_environment_variable_belongs_to_two_values():
    names = [argument.variable for method in METHODS.values() for argument in method.arguments if argument.variable]
    assert len(names) == len(set(names))
    assert not set(names) & set(os.environ)  # the tests run in a clean environment
