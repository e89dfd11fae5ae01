"""What a recorded attempt shows: its verdict at each gate, the facts that it tells, the actions that it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from diagnosis.facts.evidence import Evidence
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.gates import Gate
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict, verdict_at
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.stop import Stop

V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fact(Generic[V_co]):
    """Something read off the run, and where."""

    value: V_co
    found_in: Evidence


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run tells about its own release, each with where it was found; None where it does not tell."""

    role_arn: Fact[Arn] | None = None
    region: Fact[str] | None = None
    audience: Fact[str] | None = None
    registry: Fact[EcrAddress] | None = None
    """The registry under the host that the run uses, without a repository. Its account is None in the public registry, and
    where it is masked and certainly not the role's."""
    repository: Fact[str] | None = None
    """ECR repository name."""
    tag: Fact[str] | None = None
    digest: Fact[str] | None = None
    principal: Fact[str] | None = None
    """The assumed-role ARN that the log names."""
    environment: Fact[str] | None = None
    session_role: Fact[Arn] | None = None
    """The role's ARN by the session that the run had, where its input is masked; its path is not known."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was refused to a session and stopped its step."""

    finding: Finding
    step: str = ""
    """The step's name; empty where it is not known which one it was."""


@dataclass(frozen=True, slots=True)
class JobSession:
    """One role session of one job: its facts, what it uses, and what of its steps is not known."""

    job: str
    """The job's name as GitHub shows it, or as the workflow file has it."""
    job_id: str
    """The job's id in the workflow file, ``caller / called`` for one of a called workflow; empty where the file was not read."""
    gates: tuple[GateVerdict, ...]
    """What the run showed of this job, in gate order."""
    facts: RunFacts = RunFacts()
    needs: tuple[Need, ...] = ()
    gaps: tuple[StepGap, ...] = ()
    ran: bool = True
    """False for a job that the run left out, or that it never reached."""
    nth: int = 0
    """Which of the job's role sessions, where it assumes more than one role."""
    read: bool = True
    """False where the workflow that the job calls was not read: then its gap is all that is known of it."""
    needs_known: bool = True
    """False where the needs have to be read again, since the role is now one of another account."""
    role_written: str = ""
    """The role as the file names it, where it is not legible: two written differently may be two."""
    assumed_by: Arn | None = None
    """The role whose session assumes this one's and judges that call as its own; None where GitHub's token does."""
    refusals: tuple[Refusal, ...] = ()
    """What was refused to it at a gate, in the order of the steps; what a script carried on from is none."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded attempt with its verdict at each gate: the worst of its sessions."""

    attempt: Attempt
    gates: tuple[GateVerdict, ...]
    """In gate order: the four, and service authorization where the release has such uses or met such a denial."""
    stopped_by: Finding | None
    """What stopped the run, gate or not; None for a success or where nothing tells."""
    facts: RunFacts = RunFacts()
    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = ()
    retries: int = 0
    """Retries that the log shows at the failing step."""
    workflow: Workflow | UnparsableWorkflow | None = None
    """The workflow that the attempt ran, with called workflows and local actions in place; None where it was not read."""
    sessions: tuple[JobSession, ...] = ()
    """Every role session of the release, in the order of the jobs; ``facts`` and ``needs`` are those of the decisive one and
    of those that share its role."""
    session: JobSession | None = None
    """The one session that this view is about; None for the attempt as a whole."""
    inputs: tuple[tuple[str, str], ...] = ()
    """The inputs that the run was dispatched with, as far as its payload or its logs show them; in the file's order."""
    stops: tuple[Stop, ...] = ()
    """What kept the attempt from succeeding, job by job; empty for a success, before the end, and where nothing was read."""

    def at(self, gate: Gate) -> GateVerdict:
        """Return the verdict at one of the four gates."""
        return verdict_at(self.gates, gate)

    def of_session(self, session: JobSession) -> Replay:
        """Return the same attempt as one session of it shows it."""
        return replace(self, gates=session.gates, facts=session.facts, needs=session.needs, session=session)
