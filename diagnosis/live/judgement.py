"""The two values that the gate judges share: what the run would present today, and what a judge concluded."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.account import AccountState
from diagnosis.case import Case
from diagnosis.evidence import Evidence
from diagnosis.gates import Owner
from diagnosis.runs import Attempt
from diagnosis.subject_claim import PossibleClaims, claims_of
from diagnosis.verdicts import Missing, Problem, Replay
from diagnosis.workflow import UnparsableWorkflow, Workflow, WorkflowJob, WorkflowStep

DEFAULT_AUDIENCE = "sts.amazonaws.com"
CHINA_AUDIENCE = "sts.amazonaws.com.cn"
DEFAULT_SESSION_NAME = "GitHubActions"
"""What configure-aws-credentials calls the session unless told otherwise."""


@dataclass(frozen=True, slots=True)
class GateJudgement:
    """What a judge concluded about one gate: problems, or what is missing, or why it passes."""

    passed: str
    """The reason of a pass; shown only where neither problems nor gaps are left."""
    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()
    undecided: str = ""
    """Why the gate is unknown, where more is to say than what is missing."""
    candidates: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    owner: Owner = Owner.CLOUD_SECURITY
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunClaims:
    """The run as STS and ECR would meet it today."""

    replay: Replay
    workflow: Workflow | UnparsableWorkflow | None
    job: WorkflowJob | None
    """The releasing job as the workflow file has it."""
    account: AccountState
    case: Case
    role_arn: str | None
    audience: str
    session_name: str
    claims: PossibleClaims
    ref: str | None
    """The ref asked for in place of the run's own; None for the run's own."""

    @classmethod
    def of(
        cls,
        replay: Replay,
        workflow: Workflow | UnparsableWorkflow | None,
        account: AccountState,
        case: Case,
        ref: str | None = None,
    ) -> RunClaims:
        """Collect what the run and its workflow file say; the case file fills the gaps."""
        job = releasing_job(workflow)
        role_arn = _first(case.role_arn, _fact(replay.facts.role_arn), account.question.role_arn)
        audience = _first(case.audience, _fact(replay.facts.audience)) or _default_audience(account)
        environment = _first(_fact(replay.facts.environment), replay.attempt.environment)
        return cls(
            replay=replay,
            workflow=workflow,
            job=job,
            account=account,
            case=case,
            role_arn=role_arn,
            audience=audience,
            session_name=_session_name(job),
            claims=claims_of(
                replay.attempt, environment=environment, ref_override=ref, audience=audience, workflow=workflow, job=job
            ),
            ref=ref,
        )

    @property
    def attempt(self) -> Attempt:
        """The recorded attempt."""
        return self.replay.attempt

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subject claims that are possible, each once."""
        return self.claims.subjects


def releasing_job(workflow: Workflow | UnparsableWorkflow | None) -> WorkflowJob | None:
    """The job that crosses the boundary: the first with configure-aws-credentials, else the first that may mint a token.

    None where the file is unknown or no job is recognised.
    """
    if not isinstance(workflow, Workflow):
        return None
    for job in workflow.jobs:
        if credentials_step(job) is not None:
            return job
    for job in workflow.jobs:
        if ("id-token", "write") in (job.permissions or ()):
            return job
    return None


def credentials_step(job: WorkflowJob | None) -> WorkflowStep | None:
    """The step that assumes the role."""
    if job is None:
        return None
    return next(
        (step for step in job.steps if (step.uses or "").lower().startswith("aws-actions/configure-aws-credentials@")),
        None,
    )


def _session_name(job: WorkflowJob | None) -> str:
    step = credentials_step(job)
    given = step.input("role-session-name") if step else None
    return given if given and "${{" not in given else DEFAULT_SESSION_NAME


def _default_audience(account: AccountState) -> str:
    return CHINA_AUDIENCE if account.question.partition == "aws-cn" else DEFAULT_AUDIENCE


def _fact(fact: object) -> str | None:
    value = getattr(fact, "value", None)
    return value if isinstance(value, str) else None


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)
