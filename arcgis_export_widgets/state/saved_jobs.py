"""Lists saved jobs, which are exports interrupted by an error or the end of a kernel, to resume or discard them."""

from __future__ import annotations

from traitlets import Any, Bool, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.language import say, sentence
from arcgis_export_widgets.state.runner import Latest, Runner
from arcgis_export_widgets.state.submission import Submission
from arcgis_export_widgets.workflow import SavedJob


class SavedJobList(HasTraits):
    """The saved jobs of this portal's user, which can be resumed or discarded."""

    portal = Any(None, allow_none=True)
    """The open `Portal`; None before signing in."""
    jobs = Tuple()
    """`SavedJob` objects, newest first."""
    busy = Bool(False)
    """Whether a job is being discarded or an export is running; meanwhile, no job can be resumed."""
    error = Unicode()
    """Why saved jobs could not be listed or discarded; empty if they could."""

    def __init__(self, runner: Runner, submission: Submission) -> None:
        super().__init__()
        self._submission = submission
        self._looking = Latest(runner)
        self._discarding = Latest(runner)
        submission.observe(self._stage_changed, "stage")

    @property
    def note(self) -> str:
        """An explanation of saved jobs for the user; empty if there are none."""
        if not self.jobs:
            return ""
        return say(
            "These exports of yours were interrupted because a kernel ended or the portal could not be reached. "
            "They may have finished since."
        )

    def resume(self, saved: SavedJob) -> None:
        """Wait for a saved job to finish, then download and load its file."""
        self.error = ""
        self._submission.resume(self.portal, saved)

    def discard(self, saved: SavedJob) -> None:
        """Delete a saved job from the portal."""
        portal, store = self.portal, self._submission.saved_jobs
        self.busy, self.error = True, ""
        self._discarding.run(lambda: store.discard(portal, saved), self._stage_changed, self._failed)

    @observe("portal")
    def look(self, _: object = None) -> None:
        """Request the list of saved jobs from the portal."""
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
    """One line of text with the job's title, format and start time."""
    request = saved.request
    return say(
        "{title} as {format}, started {started}",
        title=request.title,
        format=request.export_format.facts.label,
        started=f"{saved.started:%Y-%m-%d %H:%M}",
    )
