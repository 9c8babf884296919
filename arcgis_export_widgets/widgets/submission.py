"""Shows the buttons to start, cancel and resume exports, and their progress."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ipywidgets import HTML, Checkbox, HBox, Text, VBox

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.saved_jobs import SavedJobList, described
from arcgis_export_widgets.state.submission import Stage, Submission
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import LiveText, button, close, linked, show
from arcgis_export_widgets.workflow import SavedJob

_STAGES = (
    (Stage.SUBMITTING, mark("Submit")),
    (Stage.PROCESSING, mark("Portal makes the file")),
    (Stage.DOWNLOADING, mark("Download")),
    (Stage.LOADING, mark("Load")),
)
_SHOWN = 3


class ExportView(VBox):  # type: ignore[misc]
    """Inputs for the export's options, the button that starts the export, and what is still missing."""

    def __init__(self, form: ExportForm) -> None:
        self.state = form
        submission = form.submission
        text = Text(description=say("Title"), placeholder=say("item's title and the time"))
        self.title = linked(text, submission, "title")
        text = Text(description=say("Tags"), placeholder=say("separated by commas"))
        self.tags = linked(text, submission, "tags")
        delete = say("Delete the exported item from the portal after the download")
        self.delete_after = linked(Checkbox(description=delete, indent=False), submission, "delete_after")
        self.button = button(say("Export"), form.export).add_class("aew-export")
        self.button.button_style = "primary"
        self.explanation = LiveText().add_class("aew-explanation")
        pair = HBox([self.title, self.tags]).add_class("aew-pair")
        action = HBox([self.button, self.explanation]).add_class("aew-action")
        super().__init__([HTML(html.step(4, say("Export"))), pair, self.delete_after, action])
        self.add_class("aew-submit")
        form.observe(self._show, ["ready", "action", "explanation", "blockers"])
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        self.button.disabled = not state.ready
        self.button.description = state.action
        self.explanation.text = "\n".join(_first(state.blockers)) or state.explanation
        self.explanation.tone = "blocked" if state.blockers else ""


class ProgressView(VBox):  # type: ignore[misc]
    """The progress of a `Submission`, and a button to cancel it."""

    def __init__(self, state: Submission) -> None:
        self.state = state
        self.stages = HTML()
        self.cancel = button(say("Cancel"), state.cancel, say("Stop the export and delete its unfinished item"))
        self.summary = LiveText().add_class("aew-summary")
        row = HBox([self.stages, self.cancel]).add_class("aew-progress-row")
        super().__init__([row, self.summary])
        self.add_class("aew-progress")
        progress = ["elapsed_s", "received_bytes", "rows_received", "portal_status"]
        state.observe(self._show, ["stage", "cancelling", *progress])
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        show(state.stage is not Stage.IDLE, self)
        self.stages.value = _stages(state)
        show(state.stage.is_running, self.cancel)
        self.cancel.disabled = state.cancelling
        self.cancel.description = say("Cancelling") if state.cancelling else say("Cancel")
        self.summary.text = state.summary
        ended = state.stage.value if state.stage in {Stage.FAILED, Stage.FINISHED} else ""
        self.summary.tone = Stage.FAILED.value if ended and state.differences else ended


class SavedJobsView(VBox):  # type: ignore[misc]
    """A row for each job of a `SavedJobList`, with buttons to resume or discard the job."""

    def __init__(self, state: SavedJobList) -> None:
        self.state = state
        self.note = LiveText()
        self.error = HTML()
        self.rows: tuple[HBox, ...] = ()
        super().__init__()
        self.add_class("aew-panel").add_class("aew-saved-jobs")
        state.observe(self._show_jobs, "jobs")
        state.observe(self._show, ["busy", "error"])
        self._show_jobs()

    def _show_jobs(self, _: object = None) -> None:
        before = self.rows
        self.rows = tuple(self._row(saved) for saved in self.state.jobs)
        self.note.text = self.state.note
        self.children = [self.note, *self.rows, self.error]
        show(self.rows, self)
        for row in before:
            close(row)
        self._show()

    def _show(self, _: object = None) -> None:
        self.error.value = html.error(self.state.error)
        for row in self.rows:
            for action in row.children[1:]:
                action.disabled = self.state.busy

    def _row(self, saved: SavedJob) -> HBox:
        line = described(saved)
        tooltip = say("Wait for {export}, and load it", export=line)
        resume = button(say("Resume"), lambda: self.state.resume(saved), tooltip)
        tooltip = say("Delete {export} from the portal", export=line)
        discard = button(say("Discard"), lambda: self.state.discard(saved), tooltip)
        return HBox([HTML(f"<span>{escape(line)}</span>"), resume, discard]).add_class("aew-saved-job")


def _first(blockers: Sequence[str]) -> Sequence[str]:
    """The first few blockers, and a sentence that says how many more there are."""
    more = len(blockers) - _SHOWN
    if more <= 1:
        return blockers
    return (*blockers[:_SHOWN], say("And {count} more like these.", count=more))


def _stages(state: Submission) -> str:
    at = next((place for place, (stage, _) in enumerate(_STAGES) if stage is state.reached), 0)
    ended = {Stage.FAILED: "stopped", Stage.CANCELLED: "cancelled"}.get(state.stage)
    items = []
    for place, (stage, label) in enumerate(_STAGES):
        current = detail = ""
        if place < at or state.stage is Stage.FINISHED:
            kind = "done"
        elif place > at:
            kind = "next"
        elif ended:
            kind = ended
        else:
            kind, current, detail = "now", ' aria-current="step"', _detail(state, stage)
        items.append(f'<li class="aew-{kind}"{current}>{escape(say(label))}{detail}</li>')
    minutes, seconds = divmod(int(state.elapsed_s), 60)
    time = f'<span class="aew-time">{minutes:02d}:{seconds:02d}</span>'
    return f'<div class="aew-stages"><ol>{"".join(items)}</ol>{time}</div>'


def _detail(state: Submission, stage: Stage) -> str:
    if stage is Stage.PROCESSING and state.rows_counted:
        return _bar(say("Rows"), state.rows_received / state.rows_counted)
    if stage is Stage.PROCESSING and state.portal_status:
        return f" <small>{escape(state.portal_status)}</small>"
    if stage is Stage.DOWNLOADING and state.received_bytes:
        if state.size_bytes:
            return _bar(say("Download"), state.received_bytes / state.size_bytes)
        return f" <small>{escape(say('{size:.1f} MB', size=state.received_bytes / 1e6))}</small>"
    return ""


def _bar(name: str, share: float) -> str:
    return f' <progress max="1" value="{share:.3f}" aria-label="{escape(name)}">{share:.0%}</progress>'
