"""The work that jobs do: build the backend, read runs, diagnose, move between stages, write the packet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from tui import messages
from tui.backend import Backend, ExportChoice, ProposedDocument, RunKey, RunPlace, RunQuery
from tui.background.jobs import Job, Lane
from tui.earlier_stages import earlier_stages

Work = Callable[[Job], None]


def opening(factory: Callable[[], Backend]) -> Work:
    """Build the backend, which imports the heavy libraries. A backend that nobody waits for any more is closed."""

    def work(job: Job) -> None:
        backend = factory()
        if job.cancelled():
            backend.close()
            return
        job.post(messages.BackendReady(backend))

    return work


class Reads:
    """Make the reads of the main screen, and keep those apart that must not overlap: lists, diagnoses, and moves between stages."""

    def __init__(self) -> None:
        self._runs = Lane()
        self._case = Lane()

    def runs(self, backend: Backend, query: RunQuery, page: int) -> Work:
        """Read one page of runs."""

        def work(job: Job) -> None:
            with _in(job, self._runs):
                job.post(_listed(backend, job, query, page))

        return work

    def case(self, backend: Backend, selected: RunKey | None, subject: RunKey | None) -> Work:
        """Diagnose a chain."""

        def work(job: Job) -> None:
            with _in(job, self._case):
                job.post(_diagnosed(backend, job, selected, subject))

        return work

    def found(self, backend: Backend, place: RunPlace) -> Work:
        """Find the run that an address names, and diagnose its chain."""

        def work(job: Job) -> None:
            with _in(job, self._case):
                row = backend.find_run(place, progress=job.progress, cancelled=job.cancelled)
                job.post(messages.RunFound(row))
                job.post(_diagnosed(backend, job, row.key, row.key))

        return work

    def corrected(
        self,
        backend: Backend,
        correct: Callable[[Job], str],
        selected: RunKey | None,
        subject: RunKey | None,
    ) -> Work:
        """Correct the chain by hand, which gives a sentence, and diagnose what it is then."""

        def work(job: Job) -> None:
            with _in(job, self._case):
                job.post(messages.Corrected(correct(job)))
                job.post(_diagnosed(backend, job, selected, subject))

        return work

    def refresh(self, backend: Backend, query: RunQuery, selected: RunKey | None, subject: RunKey | None) -> Work:
        """Read runs and account again; what was read of later pages stays."""

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                job.post(messages.RunsPolled(_listed(backend, job, query, 1).page))
                job.post(_diagnosed(backend, job, selected, subject))

        return work

    def poll(self, backend: Backend, query: RunQuery, selected: RunKey | None, subject: RunKey | None) -> Work:
        """Look whether an active run is further; what has not changed stays on the screen as it is."""

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                update = backend.poll(query, selected, subject=subject, progress=job.progress, cancelled=job.cancelled)
                if update.runs is not None or update.further:
                    job.post(messages.RunsPolled(update.runs, update.further))
                if update.diagnosis is not None:
                    job.post(messages.Diagnosed(update.diagnosis, selected, subject))

        return work

    def move(self, backend: Backend, index: int, query: RunQuery) -> Work:
        """Move the embedded incident to another stage and read everything there."""

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                backend.move_to(index)
                job.post(messages.MomentReached())
                job.post(_listed(backend, job, query, 1))
                job.post(_diagnosed(backend, job, None, None))

        return work

    def walking(self, backend: Backend, shown: Diagnosis) -> Work:
        """Tell the chain that is shown; of the demo, with the account as it was at each stage before.

        The backend is at the stage shown again when this ends, however it ends.
        """

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                before = earlier_stages(backend, shown, progress=job.progress, cancelled=job.cancelled)
                moments = [*before, shown]
            job.post(messages.WalkthroughTold(tuple(moments), backend.walkthrough(moments)))

        return work


def handing_out(backend: Backend, moments: Sequence[Diagnosis], place: Path) -> Work:
    """Write the hand-out of a walkthrough; account ids are masked in it."""

    def work(job: Job) -> None:
        job.post(messages.HandedOut(backend.write_handout(backend.walkthrough(moments, masked=True), place)))

    return work


def exporting(backend: Backend, diagnosis: Diagnosis, place: Path, choice: ExportChoice) -> Work:
    """Write the evidence packet."""

    def work(job: Job) -> None:
        job.post(messages.Exported(backend.export_packet(diagnosis, place, choice)))

    return work


def listing_workflows(backend: Backend) -> Work:
    """List the repository's workflows."""

    def work(job: Job) -> None:
        job.post(messages.WorkflowsListed(backend.workflows(progress=job.progress, cancelled=job.cancelled)))

    return work


def comparing(backend: Backend, earlier: Replay, later: Replay) -> Work:
    """Read what lies between two attempts."""

    def work(job: Job) -> None:
        between = backend.between(earlier, later, progress=job.progress, cancelled=job.cancelled)
        job.post(messages.Compared(earlier.attempt.key, later.attempt.key, between))

    return work


def viewing(backend: Backend, shown: Diagnosis, run: RunKey) -> Work:
    """Lay out what the account holds for a run's sessions."""

    def work(job: Job) -> None:
        found = backend.session_views(shown, run, progress=job.progress, cancelled=job.cancelled)
        job.post(messages.SessionsViewed(run, found))

    return work


def proposing(backend: Backend, shown: Diagnosis, document: ProposedDocument) -> Work:
    """Judge a document that the user proposes."""

    def work(job: Job) -> None:
        result = backend.what_if(shown, [document], progress=job.progress, cancelled=job.cancelled)
        job.post(messages.WhatIfJudged(document.text, result))

    return work


def opening_document(backend: Backend, place: Path) -> Work:
    """Read a document from a file."""

    def work(job: Job) -> None:
        job.post(messages.DocumentOpened(backend.open_document(place), str(place)))

    return work


def saving_document(backend: Backend, text: str, place: Path) -> Work:
    """Write a document to a new file."""

    def work(job: Job) -> None:
        job.post(messages.DocumentSaved(text, backend.save_document(text, place)))

    return work


def _listed(backend: Backend, job: Job, query: RunQuery, page: int) -> messages.RunsLoaded:
    return messages.RunsLoaded(backend.list_runs(query, page, cancelled=job.cancelled, progress=job.progress), page)


def _diagnosed(backend: Backend, job: Job, selected: RunKey | None, subject: RunKey | None) -> messages.Diagnosed:
    diagnosis = backend.diagnose(selected, subject=subject, progress=job.progress, cancelled=job.cancelled)
    return messages.Diagnosed(diagnosis, selected, subject)


@contextmanager
def _in(job: Job, *lanes: Lane) -> Iterator[None]:
    entered: list[Lane] = []
    try:
        for lane in lanes:
            lane.enter(job)
            entered.append(lane)
        yield
    finally:
        for lane in reversed(entered):
            lane.leave()
