from __future__ import annotations

import json

import pytest

from arcgis_export_widgets.widgets.elements import CopyButton, LiveText, SecretForm


def test_a_secret_is_handed_over_and_kept_in_no_state():
    heard, form = [], SecretForm(label="Password")
    form.on_secret(heard.append)
    form._handle_custom_msg({"kind": "secret", "value": "learn-arcgis"}, [])
    assert heard == ["learn-arcgis"]
    assert "learn-arcgis" not in json.dumps(form.get_state(), default=repr)
    assert "learn-arcgis" not in repr(form)


def test_other_messages_are_no_secret():
    heard, form = [], SecretForm()
    form.on_secret(heard.append)
    form._handle_custom_msg({"kind": "other"}, [])
    form._handle_custom_msg("secret", [])
    assert heard == []


def test_the_field_is_emptied_by_a_message(monkeypatch):
    sent, form = [], SecretForm()
    monkeypatch.setattr(form, "send", sent.append)
    form.clear()
    assert sent == [{"kind": "clear"}]


def test_the_secret_is_no_synchronised_trait():
    assert not {"value", "secret", "password"} & set(SecretForm().keys)


@pytest.mark.parametrize("element", [LiveText, CopyButton])
def test_texts_are_put_into_the_page_as_text_never_as_html(element):
    assert "textContent" in str(element._esm)
    assert "innerHTML" not in str(element._esm)


def test_a_status_is_spoken():
    script = str(LiveText._esm)
    assert '"aria-live"' in script
    assert '"status"' in script
