from __future__ import annotations

import json

import pytest
from front_end import send

from arcgis_export_widgets.widgets.elements import SaveButton, SecretForm


def test_a_secret_is_handed_over_and_kept_in_no_state():
    heard, form = [], SecretForm()
    form.on_secret(heard.append)
    send(form, {"kind": "secret", "value": "learn-arcgis"})
    assert heard == ["learn-arcgis"]
    assert "learn-arcgis" not in json.dumps(form.get_state(), default=repr)
    assert "learn-arcgis" not in repr(form)


def test_other_messages_are_no_secret():
    heard, form = [], SecretForm()
    form.on_secret(heard.append)
    send(form, {"kind": "other"})
    send(form, "secret")
    assert heard == []


def test_the_field_is_emptied_by_a_message(monkeypatch):
    sent, form = [], SecretForm()
    monkeypatch.setattr(form, "send", sent.append)
    form.clear()
    assert sent == [{"kind": "clear"}]


def test_the_secret_is_no_synchronised_trait():
    assert not {"value", "secret", "password"} & set(SecretForm().keys)


@pytest.fixture
def save_button(tmp_path, monkeypatch):
    """A button with a file to save, and what it sends."""
    path = tmp_path / "cities.zip"
    path.write_bytes(b"PK of cities")
    button, sent = SaveButton(), []
    monkeypatch.setattr(button, "send", lambda *message: sent.append(message))
    button.offer(path)
    return button, sent


def test_a_file_is_sent_when_it_is_asked_for_and_is_in_no_state(save_button):
    button, sent = save_button
    assert (button.label, sent) == ("Save cities.zip", [])
    send(button, {"kind": "save"})
    assert sent == [({"kind": "file", "name": "cities.zip"}, [b"PK of cities"])]
    assert "PK of cities" not in json.dumps(button.get_state(), default=repr)


@pytest.mark.parametrize("message", [{"kind": "save", "path": "/etc/hostname"}, {"kind": "other"}, "save", None])
def test_no_message_can_name_another_file(save_button, message):
    button, sent = save_button
    send(button, message)
    assert all(content == {"kind": "file", "name": "cities.zip"} for content, _ in sent)


def test_a_file_that_is_gone_is_said_to_be(save_button):
    button, sent = save_button
    button.path.unlink()
    send(button, {"kind": "save"})
    assert sent == []
    assert "cannot be read" in button.said


def test_a_file_too_large_for_a_browser_is_named_by_its_place(save_button, monkeypatch):
    button, sent = save_button
    monkeypatch.setattr("arcgis_export_widgets.widgets.elements.MOST_BYTES", 3)
    button.offer(button.path)
    send(button, {"kind": "save"})
    assert (button.label, sent) == ("", [])
    assert str(button.path) in button.said


def test_where_there_is_no_file_there_is_no_button(save_button):
    button, _ = save_button
    button.offer(None)
    assert (button.label, button.said) == ("", "")
