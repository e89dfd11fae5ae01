"""The two values that the judges of the gates share: what the run would present today, and what a judge concluded."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.claims.subject_claim import PossibleClaims, claims_of
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import TrailEvent
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob
from diagnosis.live.issuer import with_own_issuer
from diagnosis.live.observed_subject import in_form_of, session_of
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.policy.language.size_limits import SESSION
from diagnosis.steps.expressions.text import texts_around
from diagnosis.steps.kinds import DEFAULT_SESSION_NAME as DEFAULT_SESSION_NAME  # the judges know it from here
from diagnosis.steps.releasing_job import Releasing, releasing
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.assessment import BeyondGrant, Problem
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay

DEFAULT_AUDIENCE = "sts.amazonaws.com"
"""What configure-aws-credentials requests in every partition unless told otherwise."""


@dataclass(frozen=True, slots=True)
class GateJudgement:
    """What a judge concluded about one gate: problems, or what is missing, or why it passes."""

    passed: str
    """The reason of a pass; shown only where neither problems nor gaps are left."""
    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()
    undecided: str = ""
    """Why the gate is unknown, where more is to say than what is missing."""
    candidates: tuple[Cause, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    beyond: tuple[BeyondGrant, ...] = ()
    """Of least privilege: what is granted beyond every known use, and no problem by itself."""
    withheld: tuple[BeyondGrant, ...] = ()
    """Of least privilege: what would be too much, were every user of the role known, and every need."""


@dataclass(frozen=True, slots=True)
class RunClaims:
    """The run as STS and ECR would meet it today."""

    replay: Replay
    release: Releasing
    """The releasing job and the step that assumes the role, as the workflow file has them."""
    account: AccountState
    case: Case
    role_arn: Arn | None
    audience: str
    session_name: str
    """Empty where the workflow computes it while it runs."""
    session_form: str | None
    """A pattern that a computed session name matches: ``release-*``; None for a name that is known."""
    claims: PossibleClaims
    ref: str | None
    """The ref asked for in place of the run's own; None for the run's own."""
    session: TrailEvent | None = None
    """The CloudTrail event with which the run presented its subject, where it was seen for certain."""
    session_policy: Reading[NamedPolicy] | None = None
    """The session policy that the workflow hands to STS; None where it hands none."""

    @classmethod
    def of(
        cls,
        replay: Replay,
        account: AccountState,
        case: Case,
        ref: str | None = None,
    ) -> RunClaims:
        """Collect what the run and its workflow file say; the case file fills the gaps."""
        account = with_own_issuer(account)
        told = replay.facts.role_arn
        role_arn = case.role_arn or (told.value if told else None) or account.question.role_arn
        if account.question.role_path_unknown and isinstance(account.role, Known):
            role_arn = account.role.value.arn
        release = releasing(replay.workflow, role_arn, replay)
        audience = _audience(replay, release, account, case)
        stated = case.environment if _leaves_environment_open(release.job) else None
        claims, session = _claims(replay, release.job, account, audience, role_arn, ref, stated)
        return cls(
            replay=replay,
            release=release,
            account=account,
            case=case,
            role_arn=role_arn,
            audience=audience,
            session_name=_session_name(release),
            session_form=_session_form(release),
            claims=claims,
            ref=ref,
            session=session,
            session_policy=_session_policy(release),
        )

    @property
    def job(self) -> WorkflowJob | None:
        """The releasing job as the workflow file has it."""
        return self.release.job

    @property
    def workflow(self) -> Workflow | UnparsableWorkflow | None:
        """The workflow that the run ran; None where its file was not read."""
        return self.replay.workflow

    @property
    def attempt(self) -> Attempt:
        """The recorded attempt."""
        return self.replay.attempt

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subject claims that are possible, each once."""
        return self.claims.subjects


def session_of_role(role: Arn, session_name: str) -> str:
    """Return the ARN of the role's session as policies meet it; a name that nobody knows is the action's own default."""
    return str(role.session(session_name or DEFAULT_SESSION_NAME))


def absent_role(account: AccountState) -> Absent | None:
    """Return the proof that the role does not exist: GetRole says so, or the lists of its policies do where GetRole was denied."""
    if isinstance(account.role, Absent):
        return account.role
    if isinstance(account.role, Known):
        return None
    readings = (account.inline_policies, account.attached_policies)
    return next((reading for reading in readings if isinstance(reading, Absent)), None)


def unknown_role(run: RunClaims, *, wrong_role: bool) -> Missing | None:
    """Return why it is not known whose permissions count; None where it is known."""
    what = "the permissions of the role that the release will have"
    if wrong_role:
        return Missing(what, "The role's ARN names another account than the intended one.", "correct the ARN first")
    if run.account.question.role_account is None and not isinstance(run.account.role, Known):
        return Missing(what, "Which role the run assumes is not known.", "give it by --role-arn or in a case file")
    return None


def _claims(
    replay: Replay,
    job: WorkflowJob | None,
    account: AccountState,
    audience: str,
    role_arn: Arn | None,
    ref: str | None,
    stated_environment: str | None,
) -> tuple[PossibleClaims, TrailEvent | None]:
    """Return the claims on the run's ref or another one, settled by CloudTrail where it shows the subject as presented."""
    # Another job's environment is none of this one's, where the file shows that it has none.
    without = replay.session is not None and job is not None and job.environment is None and job.caller is None
    of_the_attempt = None if without else replay.attempt.environment
    environment = _first(_fact(replay.facts.environment), stated_environment, of_the_attempt)

    def claims(on: str | None, observed: str | None = None) -> PossibleClaims:
        return claims_of(
            replay.attempt,
            environment=environment,
            ref_override=on,
            audience=audience,
            workflow=replay.workflow,
            job=job,
            observed_subject=observed,
            issuer=account.question.issuer,
        )

    own = claims(None)
    session = session_of(account.trail, replay.attempt, role_arn, own)
    if session is None:
        return (claims(ref) if ref else own), None
    seen = claims(None, session.subject)
    return (in_form_of(claims(ref), seen) if ref else seen), session


def _leaves_environment_open(job: WorkflowJob | None) -> bool:
    """Return whether the workflow file does not settle the job's environment: it is not known, an expression, or called."""
    return job is None or bool(job.uses) or (job.environment is not None and not is_legible(job.environment))


def _session_name(release: Releasing) -> str:
    """Return the session's name; empty where the workflow computes it while it runs."""
    given = release.input("role-session-name")
    if not given:
        return DEFAULT_SESSION_NAME
    return given if is_legible(given) else ""


def _session_form(release: Releasing) -> str | None:
    """Return the name's pattern with a star for each expression; None where it holds anything else that is not known."""
    given = release.input("role-session-name")
    if not given or is_legible(given):
        return None
    around = texts_around(given)
    form = "*".join(around)
    return form if is_legible(form) and not set("".join(around)) & {"*", "?"} else None


def _session_policy(release: Releasing) -> Reading[NamedPolicy] | None:
    inline, managed = release.input("inline-session-policy"), release.input("managed-session-policies")
    if managed:
        why, how = "it hands managed policies to the session, and they were not read", "look at these policies"
        return Unreadable("session policy of the workflow", why, how, "iam:GetPolicyVersion")
    if not inline:
        return None
    if not is_legible(inline):
        return Unreadable("session policy of the workflow", "it is an expression", "look at the log of the step")
    return Known(NamedPolicy("session policy of the workflow", read_document(inline, SESSION)))


def _audience(replay: Replay, release: Releasing, account: AccountState, case: Case) -> str:
    """Return the requested audience.

    An expression that nothing fills in stays as it is, since then nobody knows the audience. It is empty where neither
    file nor log is at hand and the partition makes the default doubtful.
    """
    told = _first(case.audience, _fact(replay.facts.audience), release.input("audience"))
    if told or release.step is not None or account.question.partition != "aws-cn":
        return told or DEFAULT_AUDIENCE
    return ""


def _fact(fact: object) -> str | None:
    value = getattr(fact, "value", None)
    return value if isinstance(value, str) else None


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)
