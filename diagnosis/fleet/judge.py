"""Judge one release workflow of a repository by the run that would come next, and put that on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.admission_verdict import judged as admission_of
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.facts.account import AccountQuestion, AccountState, Role
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Workflow
from diagnosis.fleet.row import MOST_NEEDS, Callers, NewestRun, RoleRecord, RoleUse, Stop, TooBroad, Wave, WorkflowRow
from diagnosis.fleet.several_starts import without_claims_of_an_example
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.authorization import hides_registry_use, role_policies, user_of
from diagnosis.live.forecast import forecast, not_known
from diagnosis.live.release_units import Unit, every_need, units_of
from diagnosis.live.unread import nothing_read
from diagnosis.migration.effects import Effect, TokenEffect
from diagnosis.migration.move import Move
from diagnosis.migration.role_plan import effects_on
from diagnosis.migration.tokens import in_use, jobs_with_credentials
from diagnosis.names.arn import Arn
from diagnosis.next_run.starts import Start
from diagnosis.policy import Unparsable
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay

MOST_OPEN_USES = 20
_MOST_UNKNOWN = 40
_MOST_STOPS = 40
_OF_SCOPE = frozenset({Cause.WILDCARD_ESCALATION, Cause.SELF_ESCALATION})
"""Problems of least privilege that are judged once for all users of the role (:mod:`diagnosis.fleet.settle`)."""
_PULL_REQUESTS = frozenset({"pull-request", "fork-pull-request"})
_RANK = {Verdict.PASS: 0, Verdict.UNKNOWN: 1, Verdict.BLOCKED: 1, Verdict.FAIL: 2}


@dataclass(frozen=True, slots=True)
class Release:
    """A release workflow as GitHub shows it, before the account is asked."""

    subject: Replay
    """The run that would come next, of which nothing has begun."""
    start: Start
    case: Case
    """The role that a log of its newest run tells, where the file does not."""
    question: AccountQuestion
    move: Move
    """Its repository today, and with immutable subjects."""
    runs: tuple[Attempt, ...] = ()
    """Its newest runs, the newest first."""
    missing: tuple[Missing, ...] = ()
    aside: bool = False
    """Whether it is a pull request's run beside one that releases: its roles may admit pull requests, and nobody else."""


def judged(
    release: Release, account: AccountState | Missing, at: datetime
) -> tuple[WorkflowRow, tuple[RoleRecord, ...]]:
    """Return the line of a release workflow, and the roles that it assumes as they were read."""
    subject, case = release.subject, release.case
    if isinstance(account, Missing):
        assessment = nothing_read(subject, account, release.question)
    else:
        assessment = assess(subject, account, case)
    units = units_of(subject, case)
    uses = tuple(_uses(units))
    states = [state.of_role(use.role) for use in uses for state in (account,) if isinstance(state, AccountState)]
    problems = forecast(assessment)
    known = [state.role.value for state in states if isinstance(state.role, Known)]
    open_roles = _unknown_roles(subject, units)
    callers = _callers(release, uses, states, open_roles)
    row = WorkflowRow(
        repository=subject.attempt.repository.full_name,
        workflow=subject.attempt.workflow_path.partition("@")[0],
        event=release.start.event,
        ref=release.start.ref or "",
        source=release.start.source,
        newest=_newest(release.runs),
        roles=uses,
        unknown_roles=open_roles,
        gates=tuple(
            (gate.gate, gate.verdict, gate.reason) for gate in assessment.gates if gate.gate is not Gate.LEAST_PRIVILEGE
        ),
        stops=tuple(_stop(item) for item in problems if item.checkpoint is not Checkpoint.LEAST_PRIVILEGE)[
            :_MOST_STOPS
        ],
        callers=callers,
        too_broad=tuple(
            TooBroad(item.cause.value, item.reason, str(item.role_arn or ""))
            for item in problems
            if item.checkpoint is Checkpoint.LEAST_PRIVILEGE
            and item.cause not in _OF_SCOPE
            and not (release.aside and item.cause is Cause.TRUST_TOO_OPEN and callers.verdict is not Verdict.FAIL)
        )[:_MOST_STOPS],
        wave=_wave(release, states, "The account was not read." if uses else _no_role(subject), open_roles),
        unknown=_unknown(release, assessment),
        read_at=at,
    )
    row = without_claims_of_an_example(row, release.start, known)
    return row, tuple(_records(uses, states, account, at))


def may_release(workflow: Workflow, text: str) -> bool:
    """Return whether it is worth a closer look: the file speaks of AWS, or of what stands elsewhere and may."""
    steps = (step for job in workflow.jobs for step in job.steps)
    return (
        "aws" in text.lower()
        or bool(jobs_with_credentials(workflow))
        or any(job.uses for job in workflow.jobs)
        or any(own_path(step.uses or "") is not None for step in steps)
    )


def takes_credentials(subject: Replay) -> bool:
    """Return whether a job of the run takes AWS credentials, or may where nobody can read the workflow that it calls."""
    return bool(subject.sessions)


def _uses(units: Iterable[Unit]) -> Iterator[RoleUse]:
    """Yield what each role is used for, by all jobs together."""
    by_role: dict[Arn, list[Unit]] = {}
    for unit in units:
        if unit.role_arn is not None and not unit.nameless:
            by_role.setdefault(unit.role_arn, []).append(unit)
    for role, own in by_role.items():
        needs = every_need(need for unit in own for need in unit.needs)
        pairs = tuple(dict.fromkeys((need.action, need.resource) for need in needs))
        gaps = dict.fromkeys(gap for unit in own for gap in unit.gaps if hides_registry_use(gap))
        told = [user_of(gap) for gap in gaps]
        sentences = [f"{item.what}: {item.why}" for item in told]
        if len(sentences) > MOST_OPEN_USES:
            sentences = [*sentences[:MOST_OPEN_USES], f"{len(sentences) - MOST_OPEN_USES} more steps"]
        yield RoleUse(role, pairs[:MOST_NEEDS], max(0, len(pairs) - MOST_NEEDS), tuple(sentences))


def _unknown_roles(subject: Replay, units: Iterable[Unit]) -> tuple[str, ...]:
    """Return the roles as they are written that nothing tells, and the calls of workflows that nobody could read."""
    found: dict[str, None] = {}
    for unit in units:
        session = unit.view.session or (subject.sessions[0] if len(subject.sessions) == 1 else None)
        if unit.role_arn is None and session is not None:
            calls = [gap.what for gap in session.gaps] if not session.read else []
            found |= dict.fromkeys([session.role_written] if session.role_written else calls)
    return tuple(found)


def _newest(runs: Sequence[Attempt]) -> NewestRun | None:
    newest = max(runs, key=lambda run: (run.created_at, run.run_id, run.attempt), default=None)
    if newest is None:
        return None
    return NewestRun(newest.run_id, newest.conclusion or newest.status, newest.created_at, newest.html_url)


def _stop(problem: Problem) -> Stop:
    return Stop(
        gate=problem.gate,
        checkpoint=problem.checkpoint.value if problem.checkpoint else problem.plane.value,
        cause=problem.cause.value,
        reason=problem.reason,
        actions=problem.actions,
        role=str(problem.role_arn or ""),
    )


# -- who gets in


def _callers(
    release: Release, uses: Sequence[RoleUse], states: Sequence[AccountState], open_roles: Sequence[str]
) -> Callers:
    """Return who gets in by the roles' trust policies, all of them together."""
    found: list[Admission] = []
    open_ends: list[str] = [] if uses else [_no_role(release.subject)]
    open_ends += [_not_told(role) for role in open_roles if uses]
    if uses and not states:
        open_ends.append("The account was not read.")
    for state in states:
        role = state.role
        if isinstance(role, Known):
            # As least privilege asks it, so that the search is made once.
            admission = who_gets_in(
                role.value.trust_policy,
                release.subject.attempt.repository,
                provider_arn=state.question.provider_arn,
                role_arn=role.value.arn,
                exceptions=release.case.exceptions,
                today=state.read_at.date() if state.read_at is not None else None,
            )
            if isinstance(admission, Unparsable):
                open_ends.append(f"The trust policy of {role.value.name} cannot be parsed: {admission.text}.")
            else:
                found.append(_without_pull_requests(admission) if release.aside else admission)
        elif isinstance(role, Unreadable):
            open_ends.append(f"{_why_not(role)}.")
    inside = {
        (item.probe, item.who): item for each in found for item in each.probes if item.outcome is TrustOutcome.ALLOWED
    }
    doors = [door for each in found for door in each.doors if door.outcome is not TrustOutcome.DENIED]
    # Into a role that does not exist nobody gets.
    verdict = max((each.verdict for each in found), key=lambda each: _RANK[each], default=Verdict.PASS)
    if open_ends and verdict is Verdict.PASS:
        verdict = Verdict.UNKNOWN
    worst = max(found, key=lambda each: _RANK[each.verdict], default=None)
    told = worst is not None and (worst.verdict is Verdict.FAIL or not open_ends)
    return Callers(
        verdict=verdict,
        classes=len(inside),
        too_many=sum(item.harmful for item in inside.values()),
        doors=len(doors),
        open_doors=sum(door.harmful for door in doors),
        gravest=_gravest(found),
        reason=worst.reason if worst is not None and told else next(iter(open_ends), "There is no such role."),
    )


def _without_pull_requests(admission: Admission) -> Admission:
    """Return who gets in where that pull requests do is what the role is for."""
    answers = (replace(item, harmful=item.harmful and item.probe not in _PULL_REQUESTS) for item in admission.probes)
    return admission_of(tuple(answers), admission.doors, admission.notes, anybody=True)


def _gravest(found: Iterable[Admission]) -> str:
    """Return who stands furthest off of those who get in: somebody by an open second door, then GitHub's tokens."""
    admissions = list(found)
    opened = next((door for each in admissions for door in each.open_doors), None)
    if opened is not None:
        return f"{opened.kind.value} {opened.principal}"
    told = [item for each in admissions if (item := each.gravest) is not None]
    harmful = [item for item in told if item.harmful]
    return next((item.who for item in (*harmful, *told)), "")


def _no_role(subject: Replay) -> str:
    """Say why a workflow has no role of which anything could be asked."""
    told = any(session.role_written or not session.read for session in subject.sessions)
    return "Which role it assumes is not known." if told else "It assumes no role: it has keys of its own."


def _not_told(role: str) -> str:
    return f"A job assumes {role}, and which role that is, is not known."


def _why_not(reading: Unreadable) -> str:
    return f"{reading.what} was not read: {reading.why}"


# -- the wave


def _wave(release: Release, states: Sequence[AccountState], why_none: str, open_roles: Sequence[str]) -> Wave:
    """Return what becomes of the workflow's access once the subjects of its repository are immutable."""
    move = release.move
    roles = [state.role.value for state in states if isinstance(state.role, Known)]
    # With the called workflows in place: their jobs present tokens too.
    ran = release.subject.workflow
    tokens = in_use(move, [ran] if isinstance(ran, Workflow) else [], release.runs)
    found = [(role, effect) for role in roles for effect in effects_on(role, [(move, tokens)])]
    gravest = min(found, key=lambda pair: _EFFECTS.index(pair[1].effect), default=None)
    absent = [state.role.what for state in states if isinstance(state.role, Absent)]
    unread = len(roles) + len(absent) < len(states) or not states
    if gravest is not None and (gravest[1].effect.needs_patch or not (unread or open_roles)):
        return _wave_of(*gravest)
    if states and not unread and open_roles:
        return Wave(None, "", "", "", _not_told(open_roles[0]))
    if unread:
        return Wave(None, "", "", "", "A trust policy was not read." if states else why_none)
    if absent and not roles:
        return Wave(Effect.REFUSED, "", "", "", f"There is no {absent[0]}.")
    if move.missing:
        gap = move.missing[0]
        return Wave(None, "", "", "", f"Not known: {gap.what}: {gap.why}.")
    return Wave(Effect.REFUSED, "", "", "", "No trust policy admits the repository, today or afterwards.")


_EFFECTS = tuple(Effect)
"""The gravest first."""


def _wave_of(role: Role, effect: TokenEffect) -> Wave:
    today = effect.today_shown
    return Wave(effect.effect, today[0] if today else "", effect.after_shown or "", str(role.arn), effect.reason)


# -- what is not known, and what was read


def _unknown(release: Release, assessment: Assessment) -> tuple[Missing, ...]:
    gates = [gate for gate in assessment.gates if gate.gate is not Gate.LEAST_PRIVILEGE]
    found = (*release.missing, *not_known(gates), *release.move.missing)
    kept = tuple(dict.fromkeys(found))
    if len(kept) <= _MOST_UNKNOWN:
        return kept
    more = Missing(
        f"{len(kept) - _MOST_UNKNOWN} more", "there is no room for them here", "diagnose this workflow alone"
    )
    return (*kept[:_MOST_UNKNOWN], more)


def _records(
    uses: Sequence[RoleUse], states: Sequence[AccountState], account: AccountState | Missing, at: datetime
) -> Iterator[RoleRecord]:
    if isinstance(account, Missing):
        return
    for use, state in zip(uses, states, strict=True):
        role = state.role
        gaps = [each for each in (state.inline_policies, state.attached_policies) if isinstance(each, Unreadable)]
        why = ""
        if isinstance(role, Unreadable):
            why = _why_not(role)
        elif isinstance(role, Known) and gaps:
            why = _why_not(gaps[0])
        policies = tuple((policy.name, policy.document.text) for policy in role_policies(state))
        trust = role.value.trust_policy.text if isinstance(role, Known) else ""
        yield RoleRecord(use.role, why, trust, policies, state.read_at or at)
