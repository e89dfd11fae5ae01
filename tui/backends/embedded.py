"""The backend of `planescope demo`: the recorded GitHub API on loopback, the embedded AWS account, no credentials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.role_usage import Usage
from diagnosis.remedies.offers.role_search import SearchOf, no_search
from probes.aws.read.account import read_account
from probes.aws.read.further_facts import read_further_facts
from probes.aws.read.role_usage import read_usage
from probes.embedded.aws_account import EmbeddedAccount
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import INCIDENTS, load_incident
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.case_at import case_at
from probes.recording.format import RecordingError
from probes.recording.labels import label_attempt, label_log
from tui.backend import BackendProblem, CancelHook, Moment, Progress, ProgressHook
from tui.backends.repository import RepositoryBackend


class EmbeddedBackend(RepositoryBackend):
    """Answer from an embedded incident at one of its stages; moving changes the runs served and the account."""

    def __init__(
        self,
        moment: str = "1",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        incident: str = "release",
    ) -> None:
        self._incident = INCIDENTS[incident]
        moments = self._incident.moments
        try:
            recording = load_incident(self._incident)
        except RecordingError as error:
            way_out = "Install planescope again."
            raise BackendProblem(f"The embedded incident is damaged: {error}.", way_out, error.exit_code) from None
        if recording.account is None:
            raise BackendProblem("The embedded incident has no account.", "Install planescope again.")
        self._index = next(index for index, known in enumerate(moments) if known.key == moment)
        self._stack = ExitStack()
        self._recording = recording
        self._server = self._stack.enter_context(GitHubServer(recording, moments[self._index]))
        self._account = self._stack.enter_context(EmbeddedAccount(recording.account))
        ledger = Ledger()
        super().__init__(
            GitHubSource(
                recording.full_name,
                GitHubAccess(url=self._server.url),
                ledger,
                label=lambda attempt: label_attempt(recording, attempt),
            ),
            self._read,
            case=recording.case.case,
            ledger=ledger,
            title=recording.full_name,
            clock=clock,
            read_state=self._state,
            read_usage=self._usage,
        )
        self.evidence.label = partial(label_log, recording)
        # The account stands at a moment of the past, so its readings carry that moment's time.
        self._aws = self._account.access(ledger=ledger, clock=lambda: moments[self._index].at)
        self.origin = "embedded incident: run facts public, logs and account reconstructed"
        self.move_to(self._index)

    def _read(
        self,
        question: AccountQuestion,
        progress: ProgressHook,
        cancelled: CancelHook,
        search_of: SearchOf = no_search,
    ) -> AccountState:

        def shown(what: str, done: int, total: int) -> None:
            progress(Progress(what, done, total))

        state = read_account(question, self._aws, progress=shown, cancelled=cancelled)
        # The embedded account keeps no CloudTrail; asking costs nothing and the answer says so.
        return read_further_facts(
            state,
            self._aws,
            search=search_of(state),
            progress=shown,
            cancelled=cancelled,
            pause=lambda _seconds: None,
        )

    def _reviewed_at(self) -> datetime:
        return self._incident.moments[self._index].at

    def _state(self, question: AccountQuestion, progress: ProgressHook, cancelled: CancelHook) -> AccountState:
        return read_account(question, self._aws, progress=_shown(progress), cancelled=cancelled)

    def _usage(self, state: AccountState, progress: ProgressHook, cancelled: CancelHook) -> Usage:
        return read_usage(state, self._aws, progress=_shown(progress), cancelled=cancelled, pause=lambda _seconds: None)

    @property
    def moments(self) -> Sequence[Moment]:
        """The stages of the incident and what came after them."""
        return tuple(Moment(known.key, known.title, known.sentence) for known in self._incident.moments)

    @property
    def moment_index(self) -> int:
        """The index of the present stage."""
        return self._index

    def move_to(self, index: int) -> None:
        """Move runs and account to a stage; an index outside the range stays at the nearer end."""
        self._index = max(0, min(index, len(self._incident.moments) - 1))
        moment = self._incident.moments[self._index]
        self._server.move_to(moment)
        self._account.move_to(moment.key)
        before = self.case if self._corrected.made else None
        self.case = case_at(self._recording, moment.at)
        if before is not None:
            # Corrections by hand go along; what a later run would add is not served yet.
            served = {run.id for run in self._recording.runs if run.created_at <= moment.at}
            runs = tuple(run for run in before.runs if run in served)
            self.case = replace(self.case, runs=runs, left_out=before.left_out, splits=before.splits)
        stage = f"Stage {moment.key} of {len(self._incident.stages)}" if moment.stage else "After the stages"
        self.moment_words = f"{stage}: {moment.title}. {moment.sentence}"
        self.forget()

    @property
    def _followed(self) -> Case:
        """The chain is found among the runs served; after the stages the newest one is of another workflow than the case's."""
        moment = self._incident.moments[self._index]
        if self._corrected.made and self.case.runs != case_at(self._recording, moment.at).runs:
            return self.case
        workflow = (moment.workflow or self.case.workflow) if moment.stage else None
        return replace(self.case, runs=(), workflow=workflow)

    def close(self) -> None:
        """Stop the server and discard the account."""
        super().close()
        self._stack.close()


def _shown(progress: ProgressHook) -> Callable[[str, int, int], None]:
    return lambda what, done, total: progress(Progress(what, done, total))
