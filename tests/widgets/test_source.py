"""The fields to sign in."""

import pytest

from arcgis_export_widgets.portal.auth.registry import METHODS
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.sign_in import SignIn
from arcgis_export_widgets.widgets.source import SignInView

OFFERED = [name for name, method in METHODS.items() if method.choice]


@pytest.fixture
def view():
    return SignInView(SignIn(SameThreadRunner()))


@pytest.fixture
def sent_to_field(view, monkeypatch):
    """The messages that the secret's field in the browser gets."""
    sent = []
    monkeypatch.setattr(view.secret, "send", sent.append)
    return sent


@pytest.mark.parametrize("before", OFFERED)
@pytest.mark.parametrize("after", OFFERED)
def test_a_typed_secret_is_cleared_when_another_method_is_chosen(view, sent_to_field, before, after):
    view.method.value = before
    sent_to_field.clear()
    view.method.value = after
    assert sent_to_field == ([{"kind": "clear"}] if before != after else [])


def test_a_typed_secret_is_cleared_once_it_has_opened_the_portal_and_not_by_a_refusal(
    view, sent_to_field, local_portal
):
    view.url.value, view.inputs["username"].value = local_portal.url, "student"
    view.state.sign_in("guess")
    assert view.state.error
    assert sent_to_field == []
    view.state.sign_in("learn-arcgis")
    assert view.state.portal is not None
    assert sent_to_field == [{"kind": "clear"}]


@pytest.mark.parametrize("name", OFFERED)
def test_only_the_fields_of_the_chosen_method_are_shown(view, name):
    view.method.value = name
    method = METHODS[name]
    shown = {field for field, text in view.inputs.items() if text.layout.display is None}
    assert shown == {field.name for field in method.fields}
    assert (view.plain.layout.display is None) == (method.secret is None)
