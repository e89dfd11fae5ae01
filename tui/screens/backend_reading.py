"""What the desk's threads do: build the desk, read runs, diagnose, move between stages, write the packet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from tui import messages
from tui.backend import Desk, RunKey, RunQuery
from tui.screens.backend_jobs import Job, Lane

Work = Callable[[Job], None]


def opening(factory: Callable[[], Desk]) -> Work:
    """Build the desk; here the heavy imports happen. A desk that nobody waits for any more is closed."""

    def work(job: Job) -> None:
        desk = factory()
        if job.cancelled():
            desk.close()
            return
        job.post(messages.DeskReady(desk))

    return work


class DeskReading:
    """Keeps reads apart that may not overlap: one list, one diagnosis, and nothing during a move."""

    def __init__(self) -> None:
        self._runs = Lane()
        self._case = Lane()

    def runs(self, desk: Desk, query: RunQuery, page: int) -> Work:
        """Read one page of runs."""

        def work(job: Job) -> None:
            with _in(job, self._runs):
                job.post(_listed(desk, job, query, page))

        return work

    def case(self, desk: Desk, selected: RunKey | None, subject: RunKey | None) -> Work:
        """Diagnose a chain."""

        def work(job: Job) -> None:
            with _in(job, self._case):
                job.post(_diagnosed(desk, job, selected, subject))

        return work

    def refresh(self, desk: Desk, query: RunQuery, selected: RunKey | None, subject: RunKey | None) -> Work:
        """Read runs and account again."""

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                job.post(_listed(desk, job, query, 1))
                job.post(_diagnosed(desk, job, selected, subject))

        return work

    def poll(self, desk: Desk, query: RunQuery, selected: RunKey | None, subject: RunKey | None) -> Work:
        """Look whether an active run is further; what has not changed stays on the screen as it is."""

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                update = desk.poll(query, selected, subject=subject, progress=job.progress, cancelled=job.cancelled)
                if update.runs is not None:
                    job.post(messages.RunsLoaded(update.runs, 1))
                if update.diagnosis is not None:
                    job.post(messages.Diagnosed(update.diagnosis, selected, subject))

        return work

    def move(self, desk: Desk, index: int, query: RunQuery) -> Work:
        """Move the embedded incident to another stage and read everything there."""

        def work(job: Job) -> None:
            with _in(job, self._runs, self._case):
                desk.move_to(index)
                job.post(messages.MomentReached(index))
                job.post(_listed(desk, job, query, 1))
                job.post(_diagnosed(desk, job, None, None))

        return work


def exporting(desk: Desk, diagnosis: Diagnosis, directory: Path | None, *, mask_accounts: bool) -> Work:
    """Write the evidence packet."""

    def work(job: Job) -> None:
        job.post(messages.Exported(desk.export_packet(diagnosis, directory, mask_accounts=mask_accounts)))

    return work


def comparing(desk: Desk, earlier: Replay, later: Replay) -> Work:
    """Read what lies between two attempts."""

    def work(job: Job) -> None:
        between = desk.between(earlier, later, progress=job.progress, cancelled=job.cancelled)
        job.post(messages.Compared(earlier.attempt.key, later.attempt.key, between))

    return work


def _listed(desk: Desk, job: Job, query: RunQuery, page: int) -> messages.RunsLoaded:
    return messages.RunsLoaded(desk.list_runs(query, page, cancelled=job.cancelled, progress=job.progress), page)


def _diagnosed(desk: Desk, job: Job, selected: RunKey | None, subject: RunKey | None) -> messages.Diagnosed:
    diagnosis = desk.diagnose(selected, subject=subject, progress=job.progress, cancelled=job.cancelled)
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
