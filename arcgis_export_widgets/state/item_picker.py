"""Finds and opens the item to export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from traitlets import Any, Bool, Dict, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say, say_count, sentence
from arcgis_export_widgets.portal import ExportRight, FeatureService, Item
from arcgis_export_widgets.request.reference import Reference
from arcgis_export_widgets.state.runner import Latest, Runner
from arcgis_export_widgets.workflow import Portal

T = TypeVar("T")
_SHOWN = 6


@dataclass(frozen=True)
class OpenItem:
    """An open item, its service, and whether it may be exported."""

    item: Item
    service: FeatureService
    right: ExportRight
    """Whether this user may export the item."""
    layer_id: int | None = None
    """Id of the layer whose address was pasted; None if the address was not that of a single layer."""


class ItemPicker(HasTraits):
    """Finds items by words, and opens them by id or address."""

    portal = Any(None, allow_none=True)
    text = Unicode()
    """Words to search for, an item id, or the address of an item, service or layer."""
    results = Tuple()
    """Items found, best first."""
    contents: Dict[str, str] = Dict()
    """One line with a result's layer names, by item id; added for each result when the portal's response arrives."""
    message = Unicode()
    """How many items the search found, in words."""
    opened = Any(None, allow_none=True)
    """The `OpenItem`; None until one is opened. If another item cannot be opened, the earlier one stays here."""
    busy = Bool(False)
    error = Unicode()

    def __init__(self, runner: Runner, portal: Portal | None = None) -> None:
        super().__init__()
        self._latest = Latest(runner)
        self._peeking = Latest(runner)
        self.portal = portal

    @property
    def item(self) -> Item | None:
        """The open item."""
        return self.opened.item if self.opened else None

    @property
    def blockers(self) -> tuple[str, ...]:
        """One sentence that asks the user to choose an item; empty if an item is open."""
        return () if self.opened is not None else (say("Choose an item."),)

    def find(self) -> None:
        """Open the item whose id or address is in `text`; if `text` is neither, search for items with these words."""
        try:
            reference = Reference.of(self.text)
        except RequestError as error:
            if "://" in self.text:
                self.results, self.message, self.error = (), "", sentence(error)
            else:
                portal, words = self.portal, self.text.strip()
                self._ask(lambda: _search(portal, words), self._found)
            return
        self._open(self.text.strip(), reference.layer_id)

    def choose(self, item: Item) -> None:
        """Open `item`, one of the search results."""
        self._open(item.id)

    @observe("portal")
    def _portal_changed(self, _: object) -> None:
        """Open the item again, because another user may have other rights."""
        self.results, self.message, self.error = (), "", ""
        if self.portal is not None and self.opened is not None:
            self._open(self.opened.item.id, self.opened.layer_id)
        elif self.portal is not None and self.text.strip():
            self.find()

    def _open(self, name: str, layer_id: int | None = None) -> None:
        portal = self.portal

        def work() -> OpenItem:
            item = portal.item(name)
            service = portal.feature_service(item)
            return OpenItem(item, service, portal.may_export(item, service), layer_id)

        self._ask(work, self._show)

    def _ask(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        if self.portal is None:
            self.error = say("Sign in first, or open a portal without signing in.")
            return
        self.busy, self.error, self.message = True, "", ""
        self._latest.run(work, done, self._failed)

    def _found(self, items: list[Item]) -> None:
        self.busy, self.contents = False, {}
        self.results = tuple(items)
        self._peek(items)
        words = self.text.strip()
        if items:
            self.message = say("{count} found. Choose one.", count=len(items))
        elif words:
            self.message = say(
                "No feature service with the words '{words}' is visible to you. "
                "Try other words, or paste an id or address.",
                words=words,
            )
        else:
            self.message = say("No feature service is visible to you. Try other words, or paste an id or address.")

    def _peek(self, items: Sequence[Item]) -> None:
        """Request the layer names of the search results, one after the other, while the user reads the titles."""
        if not items:
            return
        portal, item, others = self.portal, items[0], items[1:]

        def show(line: str) -> None:
            self.contents = {**self.contents, item.id: line}
            self._peek(others)

        self._peeking.run(
            lambda: portal.layer_names(item), lambda names: show(_listed(names)), lambda error: show(sentence(error))
        )

    @observe("results")
    def _results_changed(self, _: object) -> None:
        self._peeking.drop()

    def _show(self, opened: OpenItem) -> None:
        self.busy, self.results = False, ()
        self.opened = opened

    def _failed(self, error: Exception) -> None:
        self.busy, self.results = False, ()
        self.error = sentence(error)


def _listed(names: Sequence[str]) -> str:
    if not names:
        return say("No layers")
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return say_count("{count} layer: {names}", "{count} layers: {names}", len(names), names=shown)


def _search(portal: Portal, words: str) -> list[Item]:
    """Items that contain these words; if none does, items that contain words starting with them."""
    found = portal.search(words)
    if not found and words and words.replace(" ", "").isalnum():
        found = portal.search(" ".join(f"{word}*" for word in words.split()))
    return found
