"""The small widgets of our own in a page: what comes from portals stays text, and what changes is announced."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import expect

from arcgis_export_widgets.widgets.elements import CopyButton, LiveText, SaveButton, SecretForm

pytestmark = pytest.mark.browser

TAG = '<img src=x onerror="window.wasRun = true">'
RENDER = """
async ([module, state]) => {
  const { default: widget } = await import(module);
  const calls = {};
  window.sent = [];
  window.model = {
    get: (name) => state[name],
    on: (event, call) => { calls[event] = call; },
    off: (event) => { delete calls[event]; },
    send: (content) => window.sent.push(content),
  };
  window.change = (changes) => { Object.assign(state, changes); calls.change(); };
  window.receive = (content, buffers) => calls["msg:custom"](content, buffers);
  window.listening = () => Object.keys(calls);
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  window.end = widget.render({ model: window.model, el });
}
"""


@pytest.fixture
def render(page):
    """Shows a widget in an empty page, with a model of its state that a test can change."""

    def show(widget):
        module = "data:text/javascript;base64," + base64.b64encode(str(widget._esm).encode()).decode()
        state = {name: getattr(widget, name) for name in widget.keys if not name.startswith("_")}
        page.evaluate(RENDER, [module, json.loads(json.dumps(state, default=repr))])
        return page

    return show


@pytest.mark.parametrize(
    ("element", "traits"),
    [
        (LiveText, ["text"]),
        (CopyButton, ["label"]),
        (SaveButton, ["label", "said"]),
        (SecretForm, ["label", "button"]),
    ],
)
def test_texts_are_put_into_the_page_as_text_never_as_html(render, element, traits):
    page = render(element())
    for trait in traits:
        page.evaluate("changes => change(changes)", {trait: f"{TAG}{trait}"})
        expect(page.get_by_text(f"{TAG}{trait}").first).to_be_visible()
    assert page.locator("img").count() == 0
    assert page.evaluate("window.wasRun") is None


def test_a_status_is_announced_whenever_it_changes(render):
    page = render(LiveText())
    region = page.get_by_role("status")
    expect(region).to_have_attribute("aria-live", "polite")
    for text in ("Counting", "7,555 features", "", "Done"):
        page.evaluate("text => change({text})", text)
        expect(region).to_have_text(text)
    assert page.get_by_role("status").count() == 1  # the same element, since a new one would not be read out


def test_there_is_no_button_without_a_name(render):
    page = render(SaveButton())
    for label in ("", "Save cities.zip", "", "Save counties.zip"):
        page.evaluate("label => change({label})", label)
        assert page.locator("button").all_text_contents() == ([label] if label else [])


def test_a_file_is_saved_by_the_view_whose_button_was_pressed(render):
    page = render(SaveButton())
    page.evaluate("change({label: 'Save cities.csv'})")
    button = page.get_by_role("button", name="Save cities.csv")
    with page.expect_download() as download:
        button.click()
        assert page.evaluate("sent") == [{"kind": "save"}]
        assert button.is_disabled()
        page.evaluate("receive({kind: 'file', name: 'cities.csv'}, [new TextEncoder().encode('a,b')])")
    assert download.value.suggested_filename == "cities.csv"
    assert download.value.path().read_text() == "a,b"
    assert button.is_enabled()
    page.on("download", lambda _: pytest.fail("another view's file was saved here, too"))
    page.evaluate("receive({kind: 'file', name: 'cities.csv'}, [new TextEncoder().encode('a,b')])")


def test_a_secret_is_sent_once_and_can_be_emptied(render):
    page = render(SecretForm())
    page.get_by_label("Password").fill("learn-arcgis")
    page.get_by_role("button").click()
    assert page.evaluate("sent") == [{"kind": "secret", "value": "learn-arcgis"}]
    page.evaluate("receive({kind: 'clear'}, [])")
    expect(page.get_by_label("Password")).to_have_value("")
    page.evaluate("change({disabled: true})")
    page.get_by_label("Password").press("Enter")
    assert len(page.evaluate("sent")) == 1


@pytest.mark.parametrize("element", [LiveText, CopyButton, SaveButton, SecretForm])
def test_a_view_that_is_removed_listens_no_more(render, element):
    page = render(element())
    assert page.evaluate("listening()") != []
    page.evaluate("end()")
    assert page.evaluate("listening()") == []
