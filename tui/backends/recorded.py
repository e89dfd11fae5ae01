"""The backend of `--recording DIR`: GitHub's side replayed from a recording on loopback, AWS's side as usual."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import GitHubProblem
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import Recording, RecordingError
from probes.recording.labels import label_attempt, label_log
from probes.recording.read.recording import read_recording
from tui.backend import BackendProblem, CancelHook, ProgressHook
from tui.backends.live import LiveOptions, LiveSide
from tui.backends.repository import RepositoryBackend


class RecordedBackend(RepositoryBackend):
    """Answer from a recording: the same GitHub client reads it from loopback, without a token."""

    def __init__(self, options: LiveOptions, recording: Recording, case: Case) -> None:
        self._stack = ExitStack()
        self._recording = recording
        server = self._stack.enter_context(GitHubServer(recording))
        ledger = Ledger()
        side = LiveSide(options, ledger)
        parts = [recording.full_name, options.workflow, options.branch]
        super().__init__(
            GitHubSource(
                recording.full_name,
                GitHubAccess(url=server.url),
                ledger,
                label=lambda attempt: label_attempt(recording, attempt),
            ),
            side.read,
            read_state=side.read_state,
            read_usage=side.read_usage,
            # What the command line names counts; without a case file, what the recording says belongs together.
            case=options.stated.over(case if case != Case() else recording.case.case),
            stated=options.stated,
            ledger=ledger,
            title=" · ".join(part for part in parts if part),
            workflow=options.workflow,
            branch=options.branch,
            reads_history=options.live and options.history,
            case_file=options.case_file,
        )
        self.evidence.folder = options.case_file.parent if options.case_file else None
        self.evidence.label = partial(label_log, recording)
        self.origin = _origin(recording)
        self.in_place_of_github = _recorded_from(recording)

    def diagnose_runs(self, runs: Sequence[int], *, progress: ProgressHook, cancelled: CancelHook) -> Diagnosis:
        """Diagnose these runs; where none is named, the case's runs or else all that were recorded."""
        wanted = tuple(runs) or self.case.runs or tuple(run.id for run in self._recording.runs)
        return super().diagnose_runs(wanted, progress=progress, cancelled=cancelled)

    def close(self) -> None:
        """Close connections and stop the server."""
        super().close()
        self._stack.close()


def recorded_backend(options: LiveOptions, folder: Path, case: Case) -> RecordedBackend:
    """Build the backend of a recording. Raises BackendProblem for a directory that holds no sound one."""
    try:
        recording = read_recording(folder)
    except RecordingError as error:
        raise BackendProblem(f"The recording {folder} cannot be used: {error}.", exit_code=error.exit_code) from None
    if options.repository and options.repository.lower() != recording.full_name.lower():
        raise BackendProblem(
            f"The recording {folder} is of {recording.full_name}, not of {options.repository}.",
            "Leave the repository out, or name the recording that you mean.",
        )
    return RecordedBackend(options, recording, case)


def _recorded_from(recording: Recording) -> str:
    """Return what was asked in github.com's place when it was recorded, as the recording tells."""
    try:
        return GitHubAccess(url=recording.api_url).in_place_of_github
    except GitHubProblem:
        return recording.api_url[:200]


def _origin(recording: Recording) -> str:
    made = "reconstructed recording" if recording.origin is Origin.RECONSTRUCTED else "recording"
    when = f" of {recording.recorded_at:%Y-%m-%d %H:%M} UTC" if recording.recorded_at else ""
    return f"{made}{when}: GitHub is not asked"
