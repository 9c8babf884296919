"""Exports that a kernel left behind when it ended, or that could not be waited for."""

from __future__ import annotations

from traitlets import Any, Bool, HasTraits, Tuple, Unicode, observe

from arcgis_export_widgets.language import say, sentence
from arcgis_export_widgets.runner import Latest, Runner
from arcgis_export_widgets.state.submission import Submission
from arcgis_export_widgets.workflow import KeptJob


class Unfinished(HasTraits):
    """What this user may still have coming from this portal, to be taken up or given up."""

    portal = Any(None, allow_none=True)
    """The open `Portal`; None before signing in."""
    jobs = Tuple()
    """`KeptJob` objects, newest first."""
    busy = Bool(False)
    """Whether one is being given up, or an export runs: then none can be taken up."""
    error = Unicode()
    """Why one could not be given up; empty if it could."""

    def __init__(self, runner: Runner, submission: Submission) -> None:
        super().__init__()
        self._submission = submission
        self._looking = Latest(runner)
        self._giving_up = Latest(runner)
        submission.observe(self._stage_changed, "stage")

    @property
    def note(self) -> str:
        """What they are, in words; empty if there are none."""
        if not self.jobs:
            return ""
        return say(
            "Exports of yours that nobody waits for any more, since a kernel ended or the portal was out of reach. "
            "They may be done by now."
        )

    def take_up(self, kept: KeptJob) -> None:
        """Wait for one again, then download and load it as if nothing had happened."""
        self.error = ""
        self._submission.take_up(self.portal, kept)

    def give_up(self, kept: KeptJob) -> None:
        """Delete one from the portal."""
        portal, store = self.portal, self._submission.kept
        self.busy, self.error = True, ""
        self._giving_up.run(lambda: store.give_up(portal, kept), self._given_up, self._failed)

    @observe("portal")
    def look(self, _: object = None) -> None:
        """Look again for what there is."""
        portal, store = self.portal, self._submission.kept
        if portal is None or portal.username is None:
            self._looking.drop()
            self.jobs = ()
            return
        self._looking.run(lambda: store.of(portal), self._found, self._failed)

    def _stage_changed(self, _: object) -> None:
        self.busy = self._submission.stage.is_running
        self.look()

    def _found(self, jobs: tuple[KeptJob, ...]) -> None:
        self.jobs = jobs

    def _given_up(self, _: None) -> None:
        self.busy = self._submission.stage.is_running
        self.look()

    def _failed(self, error: Exception) -> None:
        self.busy = self._submission.stage.is_running
        self.error = sentence(error)


def described(kept: KeptJob) -> str:
    """Title, format and when it was started, in a line."""
    request = kept.request
    return say(
        "{title} as {format}, started {started}",
        title=request.title,
        format=request.export_format.facts.label,
        started=f"{kept.started:%Y-%m-%d %H:%M}",
    )
