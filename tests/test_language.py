"""What is said stands in one catalogue, and other languages say all of it."""

from __future__ import annotations

import string

import pytest
import texts

import arcgis_export_widgets as aew
from arcgis_export_widgets.errors import RequestError, WhereError
from arcgis_export_widgets.language import language, languages, say, say_count, sentence
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.where.checks import check_where, raise_for_where

USA = "345313e619df46f387f9ededbe15ac56"
TRANSLATED = sorted(texts.catalogues())


@pytest.fixture
def german():
    aew.use_language("de")
    yield
    aew.use_language("en")


def filled(text: str) -> set[tuple[str, str, str]]:
    """Names in braces with conversion and format."""
    return {(name, form or "", turn or "") for _, name, form, turn in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_has_a_translation_and_no_translation_is_stale(code):
    said = {message.id for message in texts.texts() if message.id}
    known = {message.id: message for message in texts.read(code) if message.id}
    assert set(known) == said, "run: python tools/texts.py"
    missing = [one.id for one in known.values() if one.fuzzy or not one.string or not all(one.string)]
    assert missing == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_fill_in_what_the_english_does(code):
    for message in texts.read(code):
        if isinstance(message.id, str):
            assert filled(message.string) == filled(message.id), message.id
        elif message.id:
            one, many = (filled(text) for text in message.string)
            assert many == filled(message.id[1]), message.id
            assert one <= many, message.id


def test_there_is_another_language_than_english():
    assert languages()[0] == "en"
    assert "de" in languages()
    assert language() == "en"


@pytest.mark.parametrize("unknown", ["tlh", "", "German", "xx-YY", "../de"])
def test_a_language_that_is_not_there_is_refused_with_those_that_are(unknown):
    with pytest.raises(RequestError, match="one of: en, de"):
        aew.use_language(unknown)
    assert language() == "en"


@pytest.mark.usefixtures("german")
def test_numbers_are_written_as_the_language_writes_them():
    assert say("{n:,} {share:.1%} {name}", n=7555, share=0.125, name="1,234.5") == "7.555 12,5% 1,234.5"
    assert say_count("{count:,} of {all:,}", "{count:,} of {all:,}", 1234, all=5678) == "1.234 of 5.678"


@pytest.mark.usefixtures("german")
def test_a_country_may_follow_the_language():
    aew.use_language("de-CH")
    assert language() == "de"


def test_nothing_is_said_as_nothing(german):  # noqa: ARG001
    assert say("") == ""


@pytest.mark.usefixtures("german")
def test_the_form_speaks_german(portal):
    app = aew.ExportApp(portal, item=USA, runner=SameThreadRunner())
    form = app.state.layer_list.layers[1]
    form.where = "POPULATION > 100000"
    assert app.sign_in.summary.text.endswith("angemeldet als student")
    assert app.export.button.description == "3.604 Features exportieren"
    assert form.status == "356 von 7.555"
    (problem,) = check_where("POPLATION > 1", form.definition)
    assert "POPULATION" in str(problem)
    assert "Layer Cities has no field" not in str(problem)


@pytest.mark.usefixtures("german")
def test_an_error_gives_the_portals_own_words_and_german_advice(portal):
    with pytest.raises(aew.errors.ItemNotFoundError) as refused:
        portal.item("0" * 32)
    assert str(refused.value).startswith("Item does not exist")
    assert "melden Sie sich an" in str(refused.value)


def test_an_error_in_a_clause_is_said_without_the_clause_which_the_form_marks_itself(portal):
    with pytest.raises(WhereError) as caught:
        raise_for_where("POPLATION > 1", portal.feature_service(USA).layers[1].definition)
    assert "^" in str(caught.value)
    assert sentence(caught.value) == "Layer Cities has no field POPLATION. Did you mean POPULATION?"
