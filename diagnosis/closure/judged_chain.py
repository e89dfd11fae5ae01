"""A chain of attempts as the rules of closure look at it: everything that was recorded, read and stated, in one value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from diagnosis.closure.step_proofs import StepProofs
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.chronology import AttemptHistory
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

NO_PROOFS = StepProofs()


@dataclass(frozen=True, slots=True)
class Chain:
    """What a rule of closure may look at; it asks nobody."""

    replays: tuple[Replay, ...]
    """The attempts, oldest first."""
    subject: Replay | None
    """The attempt whose workflow file counts, and for which ``live`` was judged."""
    live: Assessment | None
    """Today's account; None where it was not read."""
    case: Case
    history: tuple[AttemptHistory, ...]
    """What was done between the attempts: one entry for each of them."""
    facts: ClosureFacts = NOTHING_READ
    proofs: StepProofs = NO_PROOFS
    """What the steps of :attr:`judged_run` prove."""
    findings: tuple[IntegrityFinding, ...] = ()
    """What is green for the wrong reason."""
    made_on: date | None = None
    """The day of the judgement, where the caller tells it."""

    @property
    def account(self) -> AccountState | None:
        """The account as it was read."""
        return self.live.account if self.live else None

    @property
    def workflow(self) -> Workflow | UnparsableWorkflow | None:
        """The workflow that the subject ran; None where its file was not read."""
        return self.subject.workflow if self.subject else None

    @property
    def closing(self) -> Replay | None:
        """The success at the end; None for a chain that has not ended in one."""
        last = self.replays[-1] if self.replays else None
        return last if last is not None and last.attempt.conclusion == "success" else None

    @property
    def judged_run(self) -> Replay | None:
        """The run whose steps count: the closing one, else the subject."""
        return self.closing or self.subject or (self.replays[-1] if self.replays else None)

    @property
    def failed(self) -> tuple[Replay, ...]:
        """The attempts that failed."""
        return tuple(replay for replay in self.replays if replay.attempt.conclusion == "failure")

    @property
    def failed_with_history(self) -> tuple[tuple[Replay, AttemptHistory], ...]:
        """The attempts that failed, each with what was done after it."""
        return tuple(
            (replay, entry)
            for replay, entry in zip(self.replays, self.history, strict=False)
            if replay.attempt.conclusion == "failure"
        )

    @property
    def today(self) -> date | None:
        """The day against which an expiry is held: of the judgement, else of the account's reading."""
        if self.made_on is not None:
            return self.made_on
        account = self.account
        return account.read_at.date() if account is not None and account.read_at is not None else None

    def with_proofs(self, proofs: StepProofs) -> Chain:
        """Return the chain with what its run's steps prove."""
        return replace(self, proofs=proofs)

    def with_findings(self, findings: tuple[IntegrityFinding, ...]) -> Chain:
        """Return the chain with these findings."""
        return replace(self, findings=findings)


def run_evidence(replay: Replay, text: str) -> Evidence:
    """Return an attempt as evidence: what of it counts, and where it can be opened."""
    attempt = replay.attempt
    return Evidence(
        kind=EvidenceKind.RUN,
        text=f"run {attempt.run_id} attempt {attempt.attempt}: {text}",
        address=attempt.html_url,
        origin=attempt.origin,
        at=attempt.started_at,
    )


def subject_of_attempt(replay: Replay) -> str:
    """Return what the attempt's subject claim names: the environment of the releasing job, else the ref."""
    attempt, told = replay.attempt, replay.facts.environment
    environment = told.value if told else attempt.environment
    return f"environment {environment}" if environment else attempt.ref
