"""Saved jobs that can be resumed."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Button, HBox, VBox

from arcgis_export_widgets.language import say
from arcgis_export_widgets.state.saved_jobs import SavedJobList, described
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.controls import close
from arcgis_export_widgets.widgets.elements import LiveText
from arcgis_export_widgets.workflow import SavedJob


class SavedJobsView(VBox):  # type: ignore[misc]
    """A row for each job of a `SavedJobList`, with buttons to resume it or give it up; usually there is none."""

    def __init__(self, state: SavedJobList) -> None:
        self.state = state
        self.note = LiveText()
        self.error = HTML()
        self.rows: tuple[HBox, ...] = ()
        super().__init__()
        self.add_class("aew-panel")
        self.add_class("aew-saved-jobs")
        state.observe(self._show_jobs, "jobs")
        state.observe(self._show, ["busy", "error"])
        self._show_jobs()
        self._show()

    def _show_jobs(self, _: object = None) -> None:
        before = self.rows
        self.rows = tuple(self._row(saved) for saved in self.state.jobs)
        self.note.text = self.state.note
        self.children = [self.note, *self.rows, self.error]
        self.layout.display = None if self.rows else "none"
        for row in before:
            close(row)
        self._show()

    def _show(self, _: object = None) -> None:
        self.error.value = html.error(self.state.error)
        for row in self.rows:
            for button in row.children[1:]:
                button.disabled = self.state.busy

    def _row(self, saved: SavedJob) -> HBox:
        line = described(saved)
        resume = Button(description=say("Resume"), tooltip=say("Wait for {export}, and load it", export=line))
        resume.on_click(lambda _: self.state.resume(saved))
        give_up = Button(description=say("Give it up"), tooltip=say("Delete {export} from the portal", export=line))
        give_up.on_click(lambda _: self.state.give_up(saved))
        row = HBox([HTML(f"<span>{escape(line)}</span>"), resume, give_up])
        row.add_class("aew-saved-job")
        return row
