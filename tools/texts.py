"""Bring the catalogues of translations up to date with what the code says: ``python tools/texts.py``.

New texts are added without a translation, and texts no longer used are removed. Where a text only changed, its old
translation stays and is marked fuzzy. Finally the number of texts still to be translated is printed.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "arcgis_export_widgets"
_TEXTS = {"say": 1, "mark": 1, "say_count": 2}
"""How many arguments of a call are texts."""
_WIDTH = 120


def texts() -> Catalog:
    """All texts of the package, in the order of files and lines."""
    found = Catalog()
    for path in sorted(PACKAGE.rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            if message := _said(call):
                found.add(message, locations=[(path.relative_to(PACKAGE).as_posix(), None)])
    return found


def _said(call: ast.Call) -> str | tuple[str, ...] | None:
    """The text of a call of `say`, `mark` or `say_count`; None for other calls, and where it is a variable."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    literals = [part.value for part in call.args[: _TEXTS.get(name, 0)] if isinstance(part, ast.Constant)]
    if not literals or len(literals) < _TEXTS[name]:
        return None
    return literals[0] if len(literals) == 1 else tuple(literals)


def catalogues() -> dict[str, Path]:
    """Path of each language's catalogue."""
    return {path.parent.name: path for path in sorted((PACKAGE / "translations").glob("*/messages.po"))}


def read(language: str) -> Catalog:
    """One language's catalogue as it is now."""
    with catalogues()[language].open("rb") as file:
        return read_po(file, locale=language)


def main() -> int:
    """Bring each catalogue up to date; the exit status is 1 if translations are missing."""
    missing = 0
    for language, path in catalogues().items():
        catalogue = read(language)
        template = texts()
        template.creation_date = catalogue.creation_date  # the date alone must not change the file
        catalogue.update(template)
        with path.open("wb") as file:
            write_po(file, catalogue, width=_WIDTH, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
        todo = [one for one in catalogue if one.id and (one.fuzzy or not one.string or not all(one.string))]
        missing += len(todo)
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {len(todo)} to be translated\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
