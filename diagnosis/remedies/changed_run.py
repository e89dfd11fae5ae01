"""Apply a remediation to the workflow file and the next run, in memory. The account is changed in ``changed_account``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, OtherRole
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.live.observed_subject import SESSION_EVENT, same_role
from diagnosis.names.arn import Arn
from diagnosis.steps.releasing_job import releasing
from diagnosis.verdicts.remediation import Change, ChangeKind
from diagnosis.verdicts.replay import Fact, Replay, RunFacts

KEY_INPUTS = ("aws-access-key-id", "aws-secret-access-key", "aws-session-token")
_INPUTS = ("role-to-assume", "role-duration-seconds", "role-session-name", "audience", "inline-session-policy")
_KEY_NAMES = frozenset(name.upper().replace("-", "_") for name in KEY_INPUTS)


def edited(
    changes: Iterable[Change],
    replay: Replay,
    account: AccountState,
) -> tuple[Replay, AccountState]:
    """Return run and account after the workflow edits among the changes; other changes leave them as they are."""
    for change in changes:
        if change.kind is not ChangeKind.EDIT_WORKFLOW:
            continue
        target, value = change.target, next(iter(change.values), None)
        if isinstance(replay.workflow, Workflow):
            own = next((item for item in replay.sessions if change.job and item.job_id == change.job), None)
            view = replay.of_session(own) if own is not None else replay
            workflow = _in_file(replay.workflow, view, account.question.role_arn, str(target), value)
            replay = replace(replay, workflow=workflow)
        role = Arn.parse(value) if target == "role-to-assume" else None
        if role is not None:
            replay = _of_role(replay, change.job, role, account.question.role_account)
            account = _with_role(account, role)
        elif target == "audience" and value:
            replay = _with_audience(replay, change.job, value)
        elif target == "environment":
            replay, account = _in_environment(replay, change.job, account, value)
        elif target == "tag":
            account = replace(account, question=replace(account.question, tag=None))
    return replay, account


def _with_facts(replay: Replay, job: str, changed: Callable[[RunFacts], RunFacts]) -> Replay:
    """Return the run with the facts of a job's sessions changed, and its own; without a job, of all sessions."""
    sessions = tuple(
        replace(item, facts=changed(item.facts)) if not job or item.job_id == job else item for item in replay.sessions
    )
    return replace(replay, facts=changed(replay.facts), sessions=sessions)


def _with_audience(replay: Replay, job: str, audience: str) -> Replay:
    fact = Fact(audience, Evidence(EvidenceKind.STATED, "the corrected audience", origin=Origin.STATED))
    return _with_facts(replay, job, lambda facts: replace(facts, audience=fact))


def _of_role(replay: Replay, job: str, role: Arn, old_account: str | None) -> Replay:
    """Return the run with another role. It needs the same of the same account; of another one the needs are to be read again."""
    fact = Fact(role, Evidence(EvidenceKind.STATED, "the corrected role ARN", origin=Origin.STATED))
    replay = _with_facts(replay, job, lambda facts: replace(facts, role_arn=fact))
    if role.account == old_account:
        return replay
    sessions = tuple(
        replace(item, needs=(), needs_known=False) if not job or item.job_id == job else item
        for item in replay.sessions
    )
    return replace(replay, needs=(), sessions=sessions)


def _in_environment(replay: Replay, job: str, account: AccountState, name: str | None) -> tuple[Replay, AccountState]:
    """Return the run in another environment, or in none; what CloudTrail saw it present was the old subject."""
    stated = Evidence(EvidenceKind.STATED, "the corrected environment", origin=Origin.STATED)
    fact = Fact(name, stated) if name else None
    replay = _with_facts(replay, job, lambda facts: replace(facts, environment=fact))
    replay = replace(replay, attempt=replace(replay.attempt, environment=None))
    trail = account.trail
    if isinstance(trail, Known):
        kept = tuple(event for event in trail.value.events if event.name != SESSION_EVENT)
        account = replace(account, trail=replace(trail, value=replace(trail.value, events=kept)))
    return replay, account


def _with_role(account: AccountState, arn: Arn) -> AccountState:
    """Return the account asked about another role, with what was read of that role where it was read."""
    asked = account.question.role_arn
    account = replace(account, question=replace(account.question, role_arn=arn))
    found = other_role(account, arn)
    if found is None:
        return account
    trail = account.trail
    if isinstance(trail, Known):
        # The token does not depend on the role that it is shown to: what the run presented, it would present again.
        events = tuple(
            replace(event, target=str(arn)) if event.name == SESSION_EVENT and same_role(event.target, asked) else event
            for event in trail.value.events
        )
        trail = replace(trail, value=replace(trail.value, events=events))
    return replace(
        account,
        role=Known(found.role),
        inline_policies=found.inline_policies,
        attached_policies=found.attached_policies,
        boundary=found.boundary,
        trail=trail,
    )


def other_role(account: AccountState, arn: Arn) -> OtherRole | None:
    """Return the role of this ARN among the other roles that were read; None where it is not among them."""
    found = account.other_roles.value.admitting if isinstance(account.other_roles, Known) else ()
    return next((item for item in found if item.role.arn == arn), None)


def _in_file(workflow: Workflow, replay: Replay, role_arn: Arn | None, target: str, value: str | None) -> Workflow:
    release = releasing(workflow, role_arn or (replay.facts.role_arn.value if replay.facts.role_arn else None), replay)
    job = release.job
    if job is None:
        return workflow
    if target == "permissions":
        changed = _with_id_token(workflow, job)
    elif target == Cause.STATIC_CREDENTIALS:
        changed = _without_keys(_with_id_token(workflow, job))
    elif target == "environment":
        changed = replace(job, environment=value)
    elif target in _INPUTS and value and release.step:
        inputs = (*(item for item in release.step.inputs if item[0].lower() != target), (target, value))
        changed = _each_step(job, lambda step: replace(step, inputs=inputs) if step is release.step else step)
    else:
        return workflow
    jobs = tuple(changed if item is job else item for item in workflow.jobs)
    kept = tuple(
        pair for pair in workflow.env if target != Cause.STATIC_CREDENTIALS or pair[0].upper() not in _KEY_NAMES
    )
    return replace(workflow, jobs=jobs, env=kept)


def _with_id_token(workflow: Workflow, job: WorkflowJob) -> WorkflowJob:
    kept = tuple(item for item in (job.permissions or workflow.permissions or ()) if item[0] != "id-token")
    return replace(job, permissions=(*kept, ("id-token", "write")))


def _without_keys(job: WorkflowJob) -> WorkflowJob:
    changed = _each_step(
        job,
        lambda step: replace(
            step,
            inputs=tuple(pair for pair in step.inputs if pair[0].lower() not in KEY_INPUTS),
            env=tuple(pair for pair in step.env if pair[0].upper() not in _KEY_NAMES),
        ),
    )
    return replace(changed, env=tuple(pair for pair in job.env if pair[0].upper() not in _KEY_NAMES))


def _each_step(job: WorkflowJob, change: Callable[[WorkflowStep], WorkflowStep]) -> WorkflowJob:
    """Return the job with every step changed, those of local actions too."""

    def changed(step: WorkflowStep) -> WorkflowStep:
        return replace(change(step), inner=tuple(changed(each) for each in step.inner))

    return replace(job, steps=tuple(changed(step) for step in job.steps))
