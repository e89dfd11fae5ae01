"""What `planescope record` does: reads runs of one repository and keeps them as a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from diagnosis.facts.case import Case
from probes.github.http.errors import GitHubProblem
from probes.github.http.pace import RECORDING_WAIT, Pace
from probes.ledger import Ledger
from probes.recording.checked import write_checked
from probes.recording.format import RecordedLog, Recording, RecordingError
from probes.recording.record.recorder import Gap, Recorder
from probes.recording.writer import ensure_new, unwritten
from probes.stages import stage_in
from probes.whole_writes import ended_in_order, parents_of
from tui.backend import BackendProblem, Progress, ProgressHook
from tui.backends.live import github_access


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording that was made."""

    folder: Path
    runs: tuple[int, ...]
    attempts: int
    jobs: int
    logs: int
    gaps: tuple[Gap, ...]


def record_runs(
    repository: str, runs: Sequence[int], folder: Path, *, case: Case, github_url: str | None, progress: ProgressHook
) -> Kept:
    """Record every attempt of these runs into a new directory. Raises BackendProblem; then nothing is left behind."""
    access = github_access(github_url)
    ledger = Ledger()
    pace = Pace(
        max_wait=RECORDING_WAIT, anonymous=not access.token, throttled=not access.is_loopback, clock=ledger.clock
    )
    # Beside its destination, not in the system's temporary directory: that one may be small, or shared.
    folder = folder.absolute()
    try:
        ensure_new(folder)
        with (
            ended_in_order(),
            parents_of(folder),
            stage_in(folder.parent) as spool,
            Recorder(repository, access, ledger, spool, pace=pace) as recorder,
        ):
            for position, run in enumerate(runs, start=1):
                progress(Progress(f"recording run {run}", position, len(runs)))
                recorder.add(run, progress=lambda what, done, total: progress(Progress(what, done, total)))
            recording = recorder.recording(case=case if case != Case() else None, at=datetime.now(UTC))
            progress(Progress("writing the recording"))
            write_checked(recording, folder)
    except RecordingError as error:
        raise _problem(error) from None
    except GitHubProblem as problem:
        raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None
    except OSError as error:
        raise _problem(unwritten(folder, error)) from None
    return _kept(recording, folder, tuple(recorder.gaps))


def _kept(recording: Recording, folder: Path, gaps: tuple[Gap, ...]) -> Kept:
    attempts = [attempt for run in recording.runs for attempt in run.attempts]
    jobs = [job for attempt in attempts for job in attempt.jobs]
    return Kept(
        folder,
        tuple(run.id for run in recording.runs),
        len(attempts),
        len(jobs),
        sum(isinstance(job.log, RecordedLog) for job in jobs),
        gaps,
    )


def _problem(error: RecordingError) -> BackendProblem:
    sentence = str(error)
    return BackendProblem(f"{sentence[:1].upper()}{sentence[1:]}.", exit_code=error.exit_code)
