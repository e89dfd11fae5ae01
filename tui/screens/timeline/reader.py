"""What the main screen reads: starts the work on threads and keeps account of what is under way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.screen import Screen

from diagnosis.closure.corrections import Correction
from diagnosis.verdicts.diagnosis import Diagnosis
from tui import messages
from tui.backend import Backend, ExportChoice, Progress, RunKey, RunPlace, RunQuery
from tui.background import reads
from tui.background.jobs import BackgroundJobs, Job


class Reader:
    """Ask the backend on behalf of the main screen.

    Answers reach the screen as messages (:mod:`tui.messages`). Starting a piece of work gives up the one of the same kind
    that is under way; the kinds are ``backend``, ``runs``, ``case``, ``workflows`` and ``export``.
    """

    def __init__(
        self, screen: Screen[None], backend_factory: Callable[[], Backend], begun: Callable[[str, Progress], None]
    ) -> None:
        self.backend: Backend | None = None
        """None until it has been built."""
        self.selected: RunKey | None = None
        """The attempt whose chain is shown; None for the newest chain."""
        self.subject: RunKey | None = None
        """The attempt for which NOW is judged; None for the chain's latest."""
        self._backend_factory = backend_factory
        self._begun = begun
        self._jobs = BackgroundJobs(screen, self._started)
        self._reads = reads.Reads()
        self._under_way: dict[str, tuple[int, Progress]] = {}
        """Number and progress of each kind of work; the newest last."""
        self._wanted_moment: int | None = None
        self._exported: tuple[Diagnosis, Path, ExportChoice] | None = None
        """What was written last as a packet, or was to be, where and how."""

    @property
    def reads(self) -> reads.Reads:
        """The reads of the main screen, for a screen over it whose own must not overlap them."""
        return self._reads

    # -- what is under way

    @property
    def busy(self) -> bool:
        """Whether any work is under way or its end has not been told yet."""
        return self._jobs.busy or bool(self._under_way)

    @property
    def progress(self) -> Progress | None:
        """How far the work is that was heard of last; None where nothing is under way."""
        return next((progress for _, progress in reversed(self._under_way.values())), None)

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of work under way."""
        return tuple(self._under_way)

    def _started(self, kind: str, job: int, what: str) -> None:
        self._under_way[kind] = (job, Progress(what))
        self._begun(kind, Progress(what))

    def note_progress(self, message: messages.Progressed) -> bool:
        """Take progress in; return False for work that has been superseded."""
        if not self._current(message.kind, message.job):
            return False
        self._under_way[message.kind] = (message.job, message.progress)
        return True

    def note_end(self, message: messages.WorkEnded | messages.WorkFailed) -> bool:
        """Take the end of a piece of work in; return False for work that has been superseded."""
        if not self._current(message.kind, message.job):
            return False
        del self._under_way[message.kind]
        return True

    def _current(self, kind: str, job: int) -> bool:
        return self._under_way.get(kind, (0,))[0] == job

    def stop_all(self) -> bool:
        """Give up everything under way; return False where nothing was."""
        return self._jobs.stop_all()

    # -- what can be read

    def open_backend(self) -> None:
        """Build the backend."""
        self._jobs.start("backend", "Starting", reads.opening(self._backend_factory))

    def runs(self, query: RunQuery, page: int = 1) -> None:
        """Read a page of runs; pages count from 1."""
        if self.backend is not None:
            what = "Reading runs" if page == 1 else f"Reading runs, page {page}"
            self._jobs.start("runs", what, self._reads.runs(self.backend, query, page))

    def case(self, selected: RunKey | None, subject: RunKey | None) -> None:
        """Diagnose the chain of a run, judging NOW for a subject."""
        if self.backend is not None:
            self._jobs.start("case", "Diagnosing", self._reads.case(self.backend, selected, subject))

    def find(self, place: RunPlace) -> None:
        """Find the run that an address names, and diagnose its chain."""
        if self.backend is not None:
            self._jobs.start("case", f"Looking for run {place.run}", self._reads.found(self.backend, place))

    def workflows(self) -> None:
        """List the repository's workflows."""
        if self.backend is not None:
            self._jobs.start("workflows", "Reading the workflows", reads.listing_workflows(self.backend))

    def again(self, query: RunQuery) -> None:
        """Read runs and account again for what is shown; build the backend first where that failed."""
        if self.backend is None:
            self.open_backend()
            return
        self._jobs.stop("runs", tell=False)
        work = self._reads.refresh(self.backend, query, self.selected, self.subject)
        self._jobs.start("case", "Reading again", work)

    def poll(self, query: RunQuery) -> None:
        """Look whether an active run is further; the account is not asked for that."""
        if self.backend is not None:
            work = self._reads.poll(self.backend, query, self.selected, self.subject)
            self._jobs.start("case", "Looking at the active runs", work)

    def move(self, by: int, query: RunQuery) -> bool:
        """Move the demo by so many stages from the one last asked for; return False at the ends."""
        backend = self.backend
        if backend is None or not backend.moments:
            return False
        moving = self._wanted_moment is not None and self._jobs.running("case")
        wanted = (self._wanted_moment if moving and self._wanted_moment is not None else backend.moment_index) + by
        if not 0 <= wanted < len(backend.moments):
            return False
        self._wanted_moment = wanted
        self._jobs.stop("runs", tell=False)
        work = self._reads.move(backend, wanted, query)
        self._jobs.start("case", f"Moving to stage {backend.moments[wanted].name}", work)
        return True

    def correct(self, correction: Correction, shown: Diagnosis, sentence: str, selected: RunKey | None) -> None:
        """Correct the chain that is shown, and diagnose the one that then holds ``selected``."""
        backend = self.backend
        if backend is None:
            return

        def change(job: Job) -> str:
            backend.correct(correction, shown, progress=job.progress, cancelled=job.cancelled)
            return sentence

        self._change(backend, change, selected)

    def undo(self) -> None:
        """Take the last correction back."""
        backend = self.backend
        if backend is None:
            return

        def change(_job: Job) -> str:
            backend.undo_correction()
            return "The last correction is undone."

        self._change(backend, change, self.selected)

    def keep(self, file: Path, shown: Diagnosis) -> None:
        """Keep what was corrected in a new case file."""
        backend = self.backend
        if backend is None:
            return

        def change(_job: Job) -> str:
            backend.keep_corrections(file, shown)
            return "Kept; later corrections go there too."

        self._change(backend, change, self.selected)

    def _change(self, backend: Backend, change: Callable[[Job], str], selected: RunKey | None) -> None:
        work = self._reads.corrected(backend, change, selected, selected)
        self._jobs.start("case", "Correcting the chain", work)

    def write_packet(self, diagnosis: Diagnosis, place: Path, choice: ExportChoice) -> None:
        """Write the evidence packet of a diagnosis."""
        if self.backend is not None:
            self._exported = diagnosis, place, choice
            work = reads.exporting(self.backend, diagnosis, place, choice)
            self._jobs.start("export", "Writing the packet", work)

    def retry(self, kind: str, query: RunQuery) -> None:
        """Do a piece of work again that failed."""
        if kind == "export":
            if self._exported is not None:
                self.write_packet(*self._exported)
        elif kind == "runs":
            self.runs(query)
        else:
            self.again(query)
