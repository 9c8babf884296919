"""What the package says to people, in their language.

The English text is written in the code and is the key to every other language. Each of those has one gettext
catalogue, ``translations/<language>/messages.po``, which translators' tools read; ``python tools/texts.py`` brings it
up to date with the code. Numbers are written as in the language, because a German reads "7,555" as seven and a half.
"""

from __future__ import annotations

import gettext
import io
import logging
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from arcgis_export_widgets.errors import ArcGISExportError, RequestError, WhereError

logger = logging.getLogger(__name__)

ENGLISH = "en"
_FOLDER = Path(__file__).with_name("translations")


class _Numbers(string.Formatter):
    """Formats as `str.format` does, but groups digits and marks decimals as a language does."""

    def __init__(self, language: str) -> None:
        symbols = Locale.parse(language).number_symbols["latn"]
        self._signs = str.maketrans({",": symbols["group"], ".": symbols["decimal"]})

    def format_field(self, value: Any, format_spec: str) -> str:
        text: str = super().format_field(value, format_spec)
        is_number = isinstance(value, int | float) and format_spec
        return text.translate(self._signs) if is_number else text


class _Language:
    """The current language; one for the whole process, as a kernel has one user."""

    def __init__(self) -> None:
        self.name = ENGLISH
        self.texts = gettext.NullTranslations()
        self.numbers: string.Formatter = string.Formatter()


_now = _Language()


def languages() -> tuple[str, ...]:
    """Codes of the available languages, English first, such as ``("en", "de")``."""
    return (ENGLISH, *sorted(file.parent.name for file in _FOLDER.glob("*/messages.po")))


def language() -> str:
    """Code of the current language, such as ``"en"``."""
    return _now.name


def use_language(language: str) -> None:
    """Use another language from now on.

    Forms already shown keep their labels; call this before `ExportApp`.

    Parameters
    ----------
    language
        One of `languages`, such as ``"de"``; ``"en"`` to go back to English. A country may follow (``"de-CH"``).

    Raises
    ------
    RequestError
        If there is no such language here.
    """
    try:
        code = Locale.parse(language.replace("-", "_")).language
    except (ValueError, UnknownLocaleError):
        code = ""
    if code not in languages():
        raise RequestError(f"There are no texts in {language!r}, only in: {', '.join(languages())}.")
    _now.texts = gettext.NullTranslations() if code == ENGLISH else _read(code)
    _now.numbers = string.Formatter() if code == ENGLISH else _Numbers(code)
    _now.name = code


def say(text: str, /, **values: Any) -> str:
    """A text in the current language, with its ``{names}`` filled in as by `str.format`.

    Parameters
    ----------
    text
        English, written out in the call: the catalogue is made from these calls.
    **values
        What its names stand for.
    """
    said = _now.texts.gettext(text) if text else ""  # gettext's answer to nothing is the catalogue's header
    return _now.numbers.vformat(said, (), values) if values else said


def say_count(one: str, many: str, count: int, /, **values: Any) -> str:
    """A text that depends on a number, with its ``{names}`` filled in; ``{count}`` is that number.

    Parameters
    ----------
    one, many
        English for exactly one, and for any other number.
    count
        The number.
    **values
        What the other names stand for.
    """
    said = _now.texts.ngettext(one, many, count)
    return _now.numbers.vformat(said, (), {"count": count, **values})


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first of some names, and how many more there are; all names if only one would be left out."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return say("{names} and {count} more", names=", ".join(names[:most]), count=len(names) - most)


def mark(text: str, /) -> str:
    """Mark a text to be translated later, with `say`; returns it unchanged."""
    return text


def sentence(error: BaseException) -> str:
    """What to show for an error, as a complete sentence.

    This package's own errors say what is wrong and what to do. Any other is our mistake: its kind is shown, too, and
    its traceback is logged.
    """
    if isinstance(error, WhereError):
        return _closed(error.sentence)  # the form shows the place under the clause itself
    if isinstance(error, ArcGISExportError):
        return _closed(str(error))
    logger.error("unexpected error", exc_info=error)
    return say(
        "Unexpected {kind}: {text} What you entered is still here; please report this.",
        kind=type(error).__name__,
        text=_closed(str(error)),
    )


def _closed(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _read(code: str) -> gettext.NullTranslations:
    compiled = io.BytesIO()
    with (_FOLDER / code / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
