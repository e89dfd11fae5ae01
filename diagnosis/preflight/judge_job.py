"""Judge the gates of this very job, live and by the same judges as any diagnosis, with what the runner itself shows.

Two steps, as for a diagnosis: :func:`asked` tells what to ask the account, :func:`judged` concludes from its answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from diagnosis.causes import Cause
from diagnosis.diagnose import question_of
from diagnosis.documents.preflight import IdToken, Preflight
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import endpoints_of
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.forecast import not_known
from diagnosis.live.run_claims import RunClaims
from diagnosis.live.unread import nothing_read
from diagnosis.preflight.places import placed
from diagnosis.preflight.this_job import TOKEN_VARIABLES, ThisJob
from diagnosis.replay.attempt import replay
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.replay import Replay


@dataclass(frozen=True, slots=True)
class Asked:
    """A job, ready to be judged."""

    job: ThisJob
    own: Replay
    """Of this job alone: its sessions are judged."""
    whole: Replay
    """Of all jobs of the file: what they use of the same role is the measure of least privilege."""
    question: AccountQuestion
    open_role: Missing | None = None
    """Set where a condition decides which role the job has when it uses the registry."""


def asked(job: ThisJob, case: Case) -> Asked:
    """Return what the job needs, and what the account must be asked."""
    own, whole = _of_stated_role(replay(job.alone, case), case), replay(job.attempt, case)
    return Asked(job, own, whole, question_of(own, case), None if case.role_arn else _open_role(own, case))


def _of_stated_role(own: Replay, case: Case) -> Replay:
    """Return the job with the sessions of the role that the case file states, where it has such; else with all."""
    stated = tuple(item for item in own.sessions if item.facts.role_arn and item.facts.role_arn.value == case.role_arn)
    return replace(own, sessions=stated) if stated else own


def _open_role(own: Replay, case: Case) -> Missing | None:
    """Return what is missing where several roles and a condition on the last leave open which is in force at the registry."""
    if not isinstance(own.workflow, Workflow) or not isinstance(own.attempt.jobs, Known):
        return None
    written = {job.id: job for job in reversed(own.workflow.jobs)}
    shown = {job.id: each for each in own.attempt.jobs.value if (job := own.workflow.job_named(each.name)) is not None}
    found = (
        _open_role_of(read_job(shown[each], job, own.workflow, own.attempt, case))
        for each, job in written.items()
        if each in shown
    )
    return next((each for each in found if each is not None), None)


def _open_role_of(read: ReadJob) -> Missing | None:
    roles: dict[str | None, None] = {}
    conditional: str | None = None
    for step in read.steps:
        if step.does(Purpose.ASSUME):
            roles.update(
                dict.fromkeys(operation.target for operation in step.operations if operation.purpose is Purpose.ASSUME)
            )
            conditional = step.name if step.runs is None else None
        elif roles and step.does(Purpose.PUSH, Purpose.PULL, Purpose.CALL):
            break
    if len(roles) < 2 or conditional is None:
        return None
    why = f"the job assumes more than one role, and step “{conditional}” runs under a condition"
    return Missing("which role the job has at the registry", why, "name it with --role-arn")


def judged(ready: Asked, account: AccountState | Missing, case: Case, at: datetime, github: str = "") -> Preflight:
    """Judge the job. ``Missing`` in place of the account: it was not read at all, and no gate that needs it can pass.

    ``github`` is the address of what was asked in github.com's place.
    """
    attempt = ready.job.attempt
    live = _with_token(_closed(_assessed(ready, account, case), ready.open_role), ready.job, at)
    run = RunClaims.of(ready.own, live.account, case)
    return Preflight(
        repository=attempt.repository.full_name,
        run=attempt.run_id,
        attempt=attempt.attempt,
        job=ready.job.job,
        judged_at=at,
        gates=live.gates,
        problems=live.problems,
        workflow_ref=ready.job.workflow_ref,
        sha=attempt.head_sha,
        ref=ready.job.ref,
        event=attempt.event,
        id_token=ready.job.id_token,
        issuer=run.claims.issuer,
        claims=run.claims.sets,
        role_arn=str(run.role_arn) if run.role_arn else None,
        needs=live.needs,
        gaps=live.gaps,
        sessions=live.sessions,
        unknown=not_known(live.gates),
        notes=tuple(dict.fromkeys((*ready.own.notes, *live.notes))),
        endpoints=endpoints_of(github, account.endpoints if isinstance(account, AccountState) else ()),
        placed=placed(ready.own, live, run.release.step),
    )


def _assessed(ready: Asked, account: AccountState | Missing, case: Case) -> Assessment:
    """Judge by this job's uses; least privilege by those of everybody who uses the same role."""
    if isinstance(account, Missing):
        return nothing_read(ready.own, account, ready.question)
    return assess(ready.own, account, case, among=ready.whole)


def _closed(live: Assessment, gap: Missing | None) -> Assessment:
    """Make every passed gate unknown where it is not settled which role was judged."""
    if gap is None:
        return live
    reason = f"Cannot be decided: {gap.what}: {gap.why}."
    gates = tuple(
        replace(gate, verdict=Verdict.UNKNOWN, reason=reason, missing=(gap, *gate.missing))
        if gate.verdict is Verdict.PASS
        else gate
        for gate in live.gates
    )
    return replace(live, gates=gates)


def _with_token(live: Assessment, job: ThisJob, at: datetime) -> Assessment:
    """Add the problem of a runner that offers no token: that is proof, whatever the file says. Static keys ask for none."""
    if job.id_token is not IdToken.NOT_OFFERED or any(
        problem.cause is Cause.STATIC_CREDENTIALS for problem in live.problems
    ):
        return live
    said = f"{TOKEN_VARIABLES[0]} is not set"
    problem = Problem(
        checkpoint=Checkpoint.OIDC_TOKEN,
        plane=Plane.AUTHENTICATION,
        cause=Cause.ID_TOKEN_NOT_GRANTED,
        reason=f"The runner offers job {job.job} no OIDC token ({said}); grant `id-token: write` to the job and its caller; "
        "a pull request from a fork cannot have it.",
        evidence=(Evidence(EvidenceKind.RUN, said, job.attempt.html_url or None, Origin.LIVE, at),),
    )
    others = tuple(item for item in live.problems if item.cause is not Cause.ID_TOKEN_NOT_GRANTED)
    before = live.at(Gate.OIDC_TRUST)
    more = sum(item.gate is Gate.OIDC_TRUST for item in others)
    verdict = GateVerdict(
        gate=Gate.OIDC_TRUST,
        verdict=Verdict.FAIL,
        reason=problem.reason + (f" ({more} more at this gate)" if more else ""),
        checkpoint=problem.checkpoint,
        cause=problem.cause,
        evidence=(
            *problem.evidence,
            *(item for item in before.evidence if item.kind is not EvidenceKind.WORKFLOW_FILE),
        ),
        missing=before.missing,
        owner=problem.owner,
    )
    others_gates = (gate for gate in live.gates if gate.gate is not Gate.OIDC_TRUST)
    return replace(live, gates=(verdict, *others_gates), problems=(problem, *others))
