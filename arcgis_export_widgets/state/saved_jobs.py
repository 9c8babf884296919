"""Saved jobs: exports that a kernel left behind when it ended, or that an error interrupted."""

from __future__ import annotations

from traitlets import Any, Bool, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.language import say, sentence
from arcgis_export_widgets.state.runner import Latest, Runner
from arcgis_export_widgets.state.submission import Submission
from arcgis_export_widgets.workflow import SavedJob


class SavedJobList(HasTraits):
    """The saved jobs of this portal's user, to be resumed or given up."""

    portal = Any(None, allow_none=True)
    """The open `Portal`; None before signing in."""
    jobs = Tuple()
    """`SavedJob` objects, newest first."""
    busy = Bool(False)
    """Whether a job is being given up, or an export runs: then none can be resumed."""
    error = Unicode()
    """Why a job could not be given up; empty if it could."""

    def __init__(self, runner: Runner, submission: Submission) -> None:
        super().__init__()
        self._submission = submission
        self._looking = Latest(runner)
        self._discarding = Latest(runner)
        submission.observe(self._stage_changed, "stage")

    @property
    def note(self) -> str:
        """What saved jobs are, in words; empty if there are none."""
        if not self.jobs:
            return ""
        return say(
            "Exports of yours that were interrupted, because a kernel ended or the portal was out of reach. "
            "They may be done by now."
        )

    def resume(self, saved: SavedJob) -> None:
        """Wait for a saved job, then download and load its file, as if nothing had happened."""
        self.error = ""
        self._submission.resume(self.portal, saved)

    def discard(self, saved: SavedJob) -> None:
        """Delete a saved job from the portal."""
        portal, store = self.portal, self._submission.saved_jobs
        self.busy, self.error = True, ""
        self._discarding.run(lambda: store.discard(portal, saved), self._stage_changed, self._failed)

    @observe("portal")
    def look(self, _: object = None) -> None:
        """Look again for saved jobs."""
        portal, store = self.portal, self._submission.saved_jobs
        if portal is None or portal.username is None:
            self._looking.drop()
            self.jobs = ()
            return
        self._looking.run(lambda: store.of(portal), lambda jobs: self.set_trait("jobs", jobs), self._failed)

    def _stage_changed(self, _: object) -> None:
        self.busy = self._submission.stage.is_running
        self.look()

    def _failed(self, error: Exception) -> None:
        self.busy = self._submission.stage.is_running
        self.error = sentence(error)


def described(saved: SavedJob) -> str:
    """Title, format and when it was started, in a line."""
    request = saved.request
    return say(
        "{title} as {format}, started {started}",
        title=request.title,
        format=request.export_format.facts.label,
        started=f"{saved.started:%Y-%m-%d %H:%M}",
    )
