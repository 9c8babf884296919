"""Every text a person sees is said through the catalogue: in a language that puts ⟦⟧ around texts, no other is left.

Numbers are written as in German, so that one that was not said shows by its comma.
"""

from __future__ import annotations

import gettext
import json
import re
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import texts
from front_end import send
from ipyleaflet import Map, ZoomControl
from ipywidgets import HTML, Button, Combobox, Tab, Text, Textarea
from ipywidgets.widgets.widget_description import DescriptionWidget

from arcgis_export_widgets import ExportApp, ExportRequest, Portal, language
from arcgis_export_widgets.errors import ExportTimeoutError, RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import sentence
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.portal.auth.registry import METHODS
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.submission import Stage
from arcgis_export_widgets.where.conditions import Operator
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import CopyButton, LiveText, SaveButton, SecretForm
from arcgis_export_widgets.widgets.filter_condition import short_number

USA = "345313e619df46f387f9ededbe15ac56"
WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
LETTER = re.compile(r"[^\W\d_]")
ENGLISH_NUMBER = re.compile(r"\d,\d{3}")
TRAITS = {
    DescriptionWidget: ("description", "tooltip"),
    Button: ("description", "tooltip"),
    (Text, Textarea, Combobox): ("placeholder",),
    LiveText: ("text",),
    CopyButton: ("label", "copied", "refused"),
    SaveButton: ("label", "said"),
    SecretForm: ("label", "button"),
    ZoomControl: ("zoom_in_title", "zoom_out_title"),
}
ATTRIBUTES = {"aria-label", "title", "alt", "placeholder"}
NOT_ASKED = {FieldType.XML, FieldType.BLOB, FieldType.RASTER, FieldType.GEOMETRY, FieldType.UNKNOWN}
CODE = ("app.state.export()", "exportParameters")


class Marked(gettext.NullTranslations):
    """Puts ⟦⟧ around a text if the catalogue has it, as any other language can say no others."""

    def __init__(self, catalogue):
        super().__init__()
        self._known = {one.id if isinstance(one.id, str) else one.id[0] for one in catalogue}

    def gettext(self, message):
        return f"⟦{message}⟧" if message in self._known else message

    def ngettext(self, one, many, n):
        return f"⟦{one if n == 1 else many}⟧" if one in self._known else many


@pytest.fixture(scope="module")
def every_text():
    return Marked(texts.texts())


@pytest.fixture(autouse=True)
def marked(monkeypatch, every_text):
    monkeypatch.setattr(language._now, "texts", every_text)
    monkeypatch.setattr(language._now, "numbers", language._Numbers("de"))


class Texts(HTMLParser):
    """The texts of some HTML with what of each is outside ⟦⟧, which may go across elements."""

    def __init__(self, html):
        super().__init__()
        self.found, self._depth, self._tag = [], 0, ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self._tag = tag
        self.found += [(text, outside(text)[0]) for name, text in attrs if name in ATTRIBUTES]

    def handle_data(self, text):
        if self._tag != "style":
            rest, self._depth = outside(text, self._depth)
            self.found.append((text, rest))


def outside(text, depth=0):
    """What of a text is outside ⟦⟧, and how deep inside it ends."""
    rest = []
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        rest.append(" " if depth or letter == "⟧" else letter)
    return "".join(rest), depth


def widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets(child)
    if isinstance(widget, Map):
        yield from widget.controls


def shown_texts(widget):
    """All that a widget shows, but what was typed into it."""
    shown = [getattr(widget, name) for kind, names in TRAITS.items() if isinstance(widget, kind) for name in names]
    if isinstance(widget, Tab):
        shown += widget.titles
    if widget.has_trait("_options_labels"):
        shown += widget._options_labels
    found = [(text, outside(text)[0]) for text in shown if text]
    return [*found, *(Texts(widget.value).found if isinstance(widget, HTML) else ())]


def names(app):
    """What things are called, which may stand within lists of texts."""
    state = app.state
    yield from ("x", "y", "UTC", *CODE)
    for form in state.layer_list.layers:
        yield form.name
        for field in form.definition.fields:
            yield from (field.name, field.alias)
            yield from (str(part) for pair in getattr(field.domain, "labels", {}).items() for part in pair)
        yield from (word for word in re.findall(r"[\w']+", form.where))
    for known in ExportFormat:
        yield from (known.facts.label, known.facts.extension, known.facts.collection_extension or "")
    for card in state.format_form.cards:
        yield card.extension
    for known in state.format_form.found:
        yield from (known.label, known.area.split(".")[0][:60])
    for item in [*state.item_picker.results, *filter(None, [state.item_picker.item])]:
        yield from (item.title, item.owner, item.type, item.snippet)
    yield from (saved.request.title for saved in state.saved_jobs.jobs)
    yield from (state.sign_in.url, state.submission.portal_status)


def data(app):
    """Texts that are data as a whole."""
    state = app.state
    yield from ("https://www.arcgis.com", json.dumps({"layers": [{"id": 0}]}))
    yield from (state.code.strip(), *state.format_form.suggestions)
    yield from (label.partition(" · ")[2] for label in state.format_form.suggestions)
    for layer in state.preview.layers.values():
        yield from (str(value) for feature in layer.features for value in feature["properties"].values())
    for widget in widgets(app):
        yield from map(str, getattr(widget, "boxes", ()))
        yield from widget.options if isinstance(widget, Combobox) else ()
    if app.result is not None:
        for frame in (app.result.summary, *(app.frames or {}).values()):
            yield from frame.columns
            yield from frame.astype(str).to_numpy().ravel()
            yield from frame.geom_type if hasattr(frame, "geom_type") else ()
    if app.frames is not None:
        yield from app.frames.receipt.table.astype(str).to_numpy().ravel()


def unsaid(app, part):
    """What is shown in no language but English."""
    whole, parts = set(data(app)), {*names(app)} - {""}
    known = re.compile("|".join(rf"(?<!\w){re.escape(part)}(?!\w)" for part in sorted(parts, key=len, reverse=True)))
    for widget in widgets(part):
        for text, rest in shown_texts(widget):
            if not (LETTER.search(rest) or ENGLISH_NUMBER.search(text)):
                continue  # which most are, and it saves the long search for names
            is_missed = LETTER.search(known.sub("", rest)) or ENGLISH_NUMBER.search(known.sub("", text))
            if is_missed and text.strip() not in whole:
                yield f"{type(widget).__name__}: {text}"


def holds(app, part=None):
    """Nothing in the form, or in a part of it, is left in English."""
    assert "\n".join(unsaid(app, part or app)) == ""


@pytest.fixture
def open_portal(local_portal):
    opened = []

    def signed_in(**who):
        opened.append(Portal(local_portal.url, **who))
        return opened[-1]

    yield signed_in
    for portal in opened:
        portal.close()


@pytest.fixture
def world(portal):
    return ExportApp(portal, item=WORLD, runner=SameThreadRunner())


def condition(builder, field, operator, *inputs):
    builder.root.add_condition.click()
    view = list(builder.root.parts.values())[-1]
    view.field.value, view.operator.value = field, operator
    if inputs:
        view.state.inputs = inputs
    return view


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.choice])
def test_signing_in(empty_app, method):
    app = empty_app
    app.sign_in.method.value = method
    holds(app)
    app.state.sign_in.busy = True
    holds(app)


def test_what_is_missing_to_sign_in(empty_app, local_portal):
    state = empty_app.state.sign_in
    for method in ("password", "page", "api_key", "token"):
        state.method = method
        state.sign_in()
        holds(empty_app)
    state.method, state.username = "password", "student"
    state.sign_in()
    holds(empty_app)
    state.url, state.method, state.client_id = local_portal.url, "page", "a-client"
    empty_app.sign_in.ask.click()
    assert state.link
    holds(empty_app)
    state.sign_in()
    holds(empty_app)


def test_looking_around_without_signing_in(open_portal):
    app = ExportApp(open_portal(anonymous=True), runner=SameThreadRunner())
    app.item_picker.text.value = "zzzz"
    app.item_picker.find.click()
    assert app.item_picker.message.text
    holds(app)


def test_searching(portal):
    app = ExportApp(portal, runner=SameThreadRunner())
    holds(app)
    for words in ("of the", "no such thing"):
        app.item_picker.text.value = words
        app.item_picker.find.click()
        assert app.item_picker.message.text
        holds(app)
    app.state.item_picker.busy = True
    holds(app)


def test_searching_without_a_portal(empty_app):
    empty_app.item_picker.find.click()
    assert empty_app.item_picker.error.value
    holds(empty_app)


def test_an_open_item_with_a_clicked_feature(app, world):
    app.state.preview.select(1, 0)
    assert app.preview.selection.value
    holds(app)
    holds(world)


def test_a_table_alone_and_rows_without_values(world):
    for layer in world.layer_list.layers[:2]:
        layer.ticked.value = False
    assert "⟦Export " in world.export.button.description
    holds(world)
    shown = world.state.preview.layers[2]
    rows = [{"properties": dict.fromkeys(feature["properties"])} for feature in shown.features]
    world.state.preview.layers = {2: replace(shown, features=tuple(rows))}
    assert "⟦no value⟧" in world.preview.table.value
    world.state.preview.select(2, 0)
    holds(world)
    world.state.preview.layers = {2: replace(shown, features=(), matched=0)}
    assert "⟦" in world.preview.table.value
    holds(world)


@pytest.mark.parametrize("username", ["visitor", "colleague"])
@pytest.mark.parametrize("item", [USA, WORLD])
def test_other_routes(open_portal, username, item):
    portal = open_portal(username=username, password="learn-arcgis")
    app = ExportApp(portal, item=item, runner=SameThreadRunner())
    for known in ExportFormat:
        app.format_form.format.value = known.value
        assert app.export.explanation.text
        holds(app, app.export)


def test_all_kinds_of_conditions(app):
    cities = app.layer_list.layers[1].filter
    assert max(one.count for one in condition(cities, "TIMEZONE", Operator.IN).help.counts) > 1000
    holds(app)
    assert condition(cities, "POPULATION", Operator.AT_LEAST, "100000").histogram.bars
    condition(cities, "POPULATION", Operator.BETWEEN, "1", None)
    condition(cities, "STATE_NAME", Operator.NOT_IN)
    condition(cities, "TIMEZONE", Operator.EQUALS, "Mars/Base")
    condition(cities, "NAME", Operator.LIKE, "A%")
    condition(cities, "NAME", Operator.IS_NULL).help.error = sentence(RequestError("⟦Refused.⟧"))
    holds(app)
    cities.root.match.value = "any"
    cities.root.add_group.click()
    holds(app)


def test_conditions_on_dates_and_codes(world):
    quakes = world.layer_list.layers[0].filter
    assert condition(quakes, "EVENT_TYPE", Operator.IN).choices.boxes
    assert condition(quakes, "OCCURRED", Operator.AT_LEAST, date(2024, 1, 1)).histogram.bars
    condition(quakes, "OCCURRED", Operator.NOT_BETWEEN, date(2024, 1, 1), datetime(2024, 1, 2, 3))  # noqa: DTZ001  as it is picked
    condition(quakes, "OCCURRED", Operator.ON_DAY, date(2024, 1, 1))
    condition(quakes, "OCCURRED", Operator.IN_LAST, "30", "days")
    condition(quakes, "STATUS", Operator.EQUALS)
    holds(world)


def test_operators_of_every_field(world):
    builder = world.layer_list.layers[0].filter
    view = condition(builder, "MAGNITUDE", Operator.EQUALS)
    for field in ("MAGNITUDE", "PLACE", "OCCURRED", "STATUS"):
        view.field.value = field
        for operator in view.state.operators:
            view.operator.value = operator
            holds(world, view)


def test_a_filter_as_sql(app):
    view = app.layer_list.layers[1].filter
    view.to_sql.click()
    for clause in ("POPULATION > 100000", "POPULATON > 1", "POPULATION > 1 AND (1 = 1", "MOD(POPULATION, 2) = 0"):
        view.where.value = clause
        holds(app)
        view.to_conditions.click()
        holds(app)
    view.where.value = "POPULATION < 0"
    app.layer_list.layers[0].ticked.value = app.layer_list.layers[2].ticked.value = False
    assert app.export.button.disabled
    holds(app)
    app.layer_list.layers[1].ticked.value = False
    holds(app)


def test_numbers_that_are_not_known_yet(app):
    for form in app.state.layer_list.layers:
        form.counting = True
    app.layer_list.layers[1].filter.root.add_condition.click()
    app.state.layer_list.layers[1].filter.root.children[0].counting = True
    holds(app)
    shown = app.state.preview.layers
    app.state.preview.layers, app.state.preview.loading = {}, (1,)
    holds(app)
    app.state.preview.layers = {number: replace(layer, matched=10**6) for number, layer in shown.items()}
    assert app.preview.status.text.count("⟦") > 3
    holds(app)


def test_formats_and_coordinates(app):
    app.format_form.compare.click()
    for known in ExportFormat:
        app.format_form.format.value = known.value
        holds(app)
    app.format_form.format.value = "CSV"
    app.format_form.x_column.value = app.format_form.y_column.value = "place"
    assert app.format_form.columns_error.value
    app.format_form.coordinates.value = "california albers"
    assert app.format_form.found.options
    holds(app)
    for typed in ("EPSG:3857", ""):
        app.format_form.coordinates.value = typed
        app.format_form.format.value = "GeoJson"
        holds(app)
    app.format_form.geometry.value = False
    holds(app)


def test_an_area(app):
    app.preview.keep_view.click()
    holds(app)
    app.state.area_choice.keep_drawn({"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]})
    app.state.preview.zoom_to_matched()
    assert app.state.preview.message
    holds(app)
    app.preview.anywhere.click()
    app.state.area_choice.keep_drawn({"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [0, 0]]]})
    app.preview.trace.click()
    holds(app)
    app.state.preview.viewport = None
    app.preview.keep_view.click()
    holds(app)


def test_an_area_with_too_many_features_or_none_to_be_had(app, monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.state.layer_form.LONGEST_CLAUSE", 5)
    app.preview.keep_view.click()
    assert app.state.layer_list.layers[1].area_fault
    holds(app)


def test_the_stages_of_an_export(app):
    submission = app.state.submission
    submission.portal_status, submission.size_bytes, submission.loaded = "esriJobExecuting", 4000, ()
    for stage in Stage:
        submission.received_bytes, submission.rows_counted, submission.cancelling = 2000, 0, False
        submission.stage = submission.reached = stage
        holds(app)
        submission.rows_counted, submission.size_bytes, submission.cancelling = 7555, None, True
        holds(app)
        submission.size_bytes = 4000


def test_exports_with_their_results(app):
    app.layer_list.layers[0].ticked.value = False
    for name in ("GeoJson", "CSV"):
        app.format_form.format.value = name
        app.export.button.click()
        assert app.frames
        holds(app)
    assert len(app.result_panel.past.options) > 1
    app.layer_list.layers[2].ticked.value = False
    app.export.delete_after.value = False
    app.export.button.click()
    holds(app)
    app.result_panel.map.show(replace(app.state.submission.history.shown, drawings=()))
    holds(app)
    app.result.frames = None
    assert outside(app.state.submission.history.shown.label)[0].isspace()


def test_an_export_to_a_file_that_is_not_read(app):
    app.format_form.format.value = "Scene Package"
    for delete in (True, False):
        app.export.delete_after.value = delete
        assert app.export.explanation.text
        holds(app)


def test_a_file_too_large_for_a_browser_or_gone(tmp_path, monkeypatch):
    path, button = tmp_path / "cities.zip", SaveButton()
    path.write_bytes(b"zip")
    monkeypatch.setattr("arcgis_export_widgets.widgets.elements.MOST_BYTES", 2)
    button.offer(path)
    assert (button.label, button.said) == ("", f"⟦The file has 0 MB: {path}⟧")
    button.label = "Save"
    path.unlink()
    send(button, {"kind": "save"})
    assert button.said.startswith(f"⟦{path} cannot be read: ")


def test_exports_that_were_left_behind(portal):
    app = ExportApp(portal, runner=SameThreadRunner())
    job = portal.export(ExportRequest(USA, "CSV", layers=[1], title="Yesterday's cities"))
    with pytest.raises(ExportTimeoutError), app.state.submission.saved_jobs.waiting_for(job):
        raise ExportTimeoutError("the kernel ended")
    app.state.saved_jobs.look()
    assert app.saved_jobs.rows
    holds(app)
    app.state.saved_jobs.discard(app.state.saved_jobs.jobs[0])
    holds(app)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        json.dumps({"layers": [{"id": 0}]}),
        json.dumps({"layers": [{"id": 7}]}),
        json.dumps({"layers": [{"id": 0, "includeGeometry": False}, {"id": 1}]}),
        json.dumps({"itemId": WORLD, "exportFormat": "CSV"}),
    ],
)
def test_a_pasted_request(app, text):
    app.result_panel.code.saved.text.value = text
    app.result_panel.code.saved.fill.click()
    assert app.state.saved_request.error or app.state.saved_request.message
    holds(app)


def test_a_mistake_of_ours(app):
    app.state.preview.errors = {1: sentence(ValueError("no"))}
    assert "please report" in app.preview.status.text


def test_a_copy_button_as_it_comes():
    assert all(outside(text)[0].isspace() for text in (CopyButton().label, SecretForm().label, SecretForm().button))


def test_types_of_all_fields():
    kinds = [kind for kind in FieldType if kind not in NOT_ASKED]
    made = html.fields([Field("x", kind, alias="x") for kind in kinds])
    assert {rest.strip() for _, rest in Texts(made).found} <= {"x", "", "x, x, x, x, ..."}


@pytest.mark.parametrize(
    ("number", "text"),
    [(8_804_190, "⟦8,8 M⟧"), (2.5e9, "⟦2,5 bn⟧"), (88_000, "⟦88 k⟧"), (7555, "⟦7.555⟧"), (0.25, "⟦0,25⟧")],
)
def test_numbers_on_the_axis(number, text):
    assert short_number(number) == text


def test_a_request_that_names_no_item(empty_app):
    empty_app.state.saved_request.text = json.dumps({"layers": [{"id": 0}]})
    empty_app.state.saved_request.fill()
    assert empty_app.state.saved_request.error
    holds(empty_app)


def test_the_form_as_text(app, empty_app):
    for one in (app, empty_app):
        said = [outside(line)[0].strip() for line in repr(one).splitlines()]
        assert said[0] == said[-1] == ""


def test_what_is_raised(empty_app, app, tmp_path):
    with pytest.raises(RequestError, match=r"^⟦.*⟧$"):
        empty_app.save_request(tmp_path / "none.json")
    with pytest.raises(RequestError, match=r"^⟦.*⟧$"):
        app.preview.set_basemap("No.Such")


def test_scripts_in_the_browser_bring_no_texts_of_their_own():
    scripts = list((Path(language.__file__).parent / "widgets" / "elements").glob("*.js"))
    assert scripts
    for script in scripts:
        assert re.findall(r'"[A-Z][a-z][^"]*"', script.read_text(encoding="utf-8")) == []
