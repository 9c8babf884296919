"""Translating labels, messages and errors into the user's language.

The code contains the English texts, which are the keys of the translations. Each other language has a catalogue,
``translations/<language>/messages.po``; ``python tools/texts.py`` updates the catalogues from the code. Numbers are
formatted for the language, because "7,555" means about seven and a half in German.
"""

from __future__ import annotations

import gettext
import io
import logging
import re
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
    """Formats as `str.format` does, but with the language's thousands and decimal separators."""

    def __init__(self, language: str) -> None:
        symbols = Locale.parse(language).number_symbols["latn"]
        self._signs = str.maketrans({",": symbols["group"], ".": symbols["decimal"]})

    def format_field(self, value: Any, format_spec: str) -> str:
        text: str = super().format_field(value, format_spec)
        is_number = isinstance(value, int | float) and format_spec
        return text.translate(self._signs) if is_number else text


class _Language:
    """The current language, shared by the whole process, because a kernel has one user."""

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
    """Switch the language of labels, messages and errors.

    Forms that are already shown do not change; call this before `ExportApp`.

    Parameters
    ----------
    language
        A code that `languages` returns, such as ``"de"``. A country code may follow (``"de-CH"``).

    Raises
    ------
    RequestError
        If the package has no translation into `language`.
    """
    try:
        code = Locale.parse(language.replace("-", "_")).language
    except (ValueError, UnknownLocaleError):
        code = ""
    if code not in languages():
        raise RequestError(f"The language {language!r} is not available. Choose one of: {', '.join(languages())}.")
    _now.texts = gettext.NullTranslations() if code == ENGLISH else _read(code)
    _now.numbers = string.Formatter() if code == ENGLISH else _Numbers(code)
    _now.name = code


def say(text: str, /, **values: Any) -> str:
    """Translate a text into the current language, and fill in its ``{names}`` as `str.format` does.

    Parameters
    ----------
    text
        The English text. Must be a string literal, because the catalogues are made from the literals in the code.
    **values
        Values for the ``{names}``.
    """
    said = _now.texts.gettext(text) if text else ""  # gettext("") returns the catalogue's header
    return _now.numbers.vformat(said, (), values) if values else said


def say_count(one: str, many: str, count: int, /, **values: Any) -> str:
    """Translate the singular or plural form of a text, as `count` requires, and fill in its ``{names}``.

    Parameters
    ----------
    one, many
        The English text in the singular, and in the plural (also used for 0).
    count
        The number that decides between singular and plural; also the value for ``{count}``.
    **values
        Values for the ``{names}`` other than ``{count}``.
    """
    said = _now.texts.ngettext(one, many, count)
    return _now.numbers.vformat(said, (), {"count": count, **values})


def listed(names: Sequence[str], most: int = 3) -> str:
    """Join the first `most` names and say how many are left out; if that would be just one, join all names."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return say("{names} and {count} more", names=", ".join(names[:most]), count=len(names) - most)


def shown_address(text: str) -> str:
    """What a person entered as an address, without query and without all that may be a user name or a password."""
    scheme, colon, rest = text.partition("://") if "://" in text else ("", "", text)
    user, at, rest = rest.rpartition("@")
    hidden = say("<hidden>") if user else ""
    return f"{scheme}{colon}{hidden}{at}{re.split('[?#]', rest, maxsplit=1)[0]}"[:80]


def mark(text: str, /) -> str:
    """Mark a text for translation and return it unchanged; `say` translates it later."""
    return text


def sentence(error: BaseException) -> str:
    """The message to show for an error, as a complete sentence.

    The package's own errors say what is wrong and what to do. Any other error is a bug in the package: its class is
    shown as well, and its traceback is logged.
    """
    if isinstance(error, WhereError):
        return _closed(error.sentence)  # the form marks the wrong character under the clause itself
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
