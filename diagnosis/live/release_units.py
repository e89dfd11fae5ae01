"""Put the sessions of a release together into what is judged at once: one job's session with one role, all its legs as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Unreadable
from diagnosis.gates import Checkpoint
from diagnosis.names.arn import Arn
from diagnosis.steps.needs import needs_for
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.replay import JobSession, Refusal, Replay

MOST_ROLES = 10
"""Of one release, that the account is asked about; of the others it is said."""
_REGISTRY = frozenset({Checkpoint.REGISTRY_AUTH, Checkpoint.REGISTRY_PUSH, Checkpoint.REGISTRY_PULL})


@dataclass(frozen=True, slots=True)
class Unit:
    """Sessions that present the same token to the same role."""

    view: Replay
    """The attempt as these sessions show it."""
    case: Case
    """The case file as far as it speaks of these sessions."""
    needs: tuple[Need, ...]
    gaps: tuple[StepGap, ...]
    jobs: tuple[str, ...]
    by_job: tuple[tuple[str, tuple[Need, ...]], ...] = ()
    """What each of the jobs needs by itself."""
    refusals: tuple[tuple[str, Refusal], ...] = ()
    """What was refused to the sessions at a gate, each with the job."""
    nameless: bool = False
    """Whether nothing tells its role, while other sessions of the release have one that may be another."""

    def jobs_that_need(self, actions: Collection[str], resource: str | None) -> tuple[str, ...]:
        """Return the jobs that need one of the actions on the resource, or, without actions, the resource; all where none does."""
        found = (
            job
            for job, needs in self.by_job
            if any(need.resource == resource and (not actions or need.action in actions) for need in needs)
        )
        return tuple(dict.fromkeys(found)) or self.jobs

    @property
    def role_arn(self) -> Arn | None:
        """The role that the sessions assume, as far as the run or the case file tells."""
        told = self.view.facts.role_arn or self.view.facts.session_role
        return self.case.role_arn or (told.value if told else None)

    def account_in(self, account: AccountState) -> AccountState:
        """Return the account as this unit's role has it; without a name nothing of the role is known."""
        role = self.role_arn
        if not self.nameless:
            found = account.of_role(role)
            asked = (account.question, *account.question.beside)
            if role is None or len(asked) < MOST_ROLES or any(each.role_arn == role for each in asked):
                return found
            why = f"no more than {MOST_ROLES} roles of a release are asked about"
            return replace(found, role=Unreadable(f"role {role}", why, "look at it by itself"))
        question = replace(account.question, role_arn=None, role_path_unknown=False, beside=())
        return AccountState(question, account.read_at)

    @property
    def of_registry(self) -> tuple[Need, ...]:
        """The uses of a registry."""
        return tuple(need for need in self.needs if need.checkpoint in _REGISTRY)

    @property
    def of_services(self) -> tuple[Need, ...]:
        """The uses of other services."""
        return tuple(need for need in self.needs if need.checkpoint is Checkpoint.SERVICE_AUTHORIZATION)


def units_of(replay: Replay, case: Case) -> tuple[Unit, ...]:
    """Return the units of an attempt in the order of its jobs, the decisive session's first; at least one."""
    if replay.session is not None or not replay.sessions:
        sessions = (replay.session,) if replay.session is not None else ()
        return (_unit(replay, sessions, case),)
    grouped: dict[tuple[object, ...], list[JobSession]] = {}
    for session in replay.sessions:
        grouped.setdefault(_key(session), []).append(session)
    roles = _Roles.of(replay, case)
    units = [
        roles.named(_unit(replay.of_session(_joined(items)), items, roles.case_of(items[0])))
        for items in grouped.values()
    ]
    return tuple(sorted(units, key=lambda unit: not _is_decisive(unit, replay)))


def _key(session: JobSession) -> tuple[object, ...]:
    role, environment = session.facts.role_arn, session.facts.environment
    place = session.job_id or session.job
    return place, session.nth, role.value if role else None, environment.value if environment else None


def _is_decisive(unit: Unit, replay: Replay) -> bool:
    """Return whether the facts of the attempt as a whole are those of this unit."""
    own, whole = unit.view.facts, replay.facts
    told = (own.role_arn, own.registry, own.environment) == (whole.role_arn, whole.registry, whole.environment)
    return (told and set(_pairs(unit.needs)) & set(_pairs(replay.needs)) != set()) or own == whole


def _pairs(needs: Iterable[Need]) -> list[tuple[str, str | None]]:
    return [(need.action, need.resource) for need in needs]


def _joined(sessions: Sequence[JobSession]) -> JobSession:
    """Return the first session with what the others need beside it."""
    first = sessions[0]
    if len(sessions) == 1:
        return first
    return replace(
        first,
        needs=every_need(need for session in sessions for need in session.needs),
        gaps=tuple(dict.fromkeys(gap for session in sessions for gap in session.gaps)),
    )


def every_need(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Return each need once, numbered in the order given."""
    seen: dict[tuple[object, ...], Need] = {}
    for need in needs:
        # The same role may be passed to two services: these are two calls.
        seen.setdefault((need.action, need.resource, need.checkpoint, need.context), need)
    return tuple(replace(need, order=order) for order, need in enumerate(seen.values()))


@dataclass(frozen=True, slots=True)
class _Roles:
    """The roles of a release as the run names them, beside the one that the case file states."""

    case: Case
    legible: frozenset[Arn]
    written: tuple[str, ...]
    """Those that are not legible, by the expressions that name them; that of the session that decides comes first."""

    @classmethod
    def of(cls, replay: Replay, case: Case) -> _Roles:
        """Gather them from all sessions."""
        masked = [item for item in replay.sessions if item.facts.role_arn is None and item.role_written]
        first = sorted(masked, key=lambda item: (item.facts != replay.facts, not item.ran))
        return cls(
            case,
            frozenset(told.value for item in replay.sessions if (told := item.facts.role_arn)),
            tuple(dict.fromkeys(item.role_written for item in first)),
        )

    @property
    def several(self) -> bool:
        """Whether the run may have more than one."""
        return len(self.legible) + len(self.written) > 1

    def case_of(self, session: JobSession) -> Case:
        """Return the case file for a session: its role stands for what the run masks, not for another role of the run."""
        told, stated = session.facts.role_arn, self.case.role_arn
        if told is not None and self.case.expected_account is None and len({arn.account for arn in self.legible}) > 1:
            # A release of several accounts: the registry's does not tell of which of them a role should be.
            own = replace(self.case, expected_account=told.value.account)
            return own if stated in (None, told.value) else replace(own, role_arn=None)
        if not self.several or stated is None:
            return self.case
        if told is not None:
            meant = told.value == stated
        else:
            meant = stated not in self.legible and session.role_written in ("", *self.written[:1])
        return self.case if meant else replace(self.case, role_arn=None)

    def named(self, unit: Unit) -> Unit:
        """Return the unit, marked where its role is none of those that are known."""
        return replace(unit, nameless=True) if self.several and unit.role_arn is None else unit


def _unit(view: Replay, sessions: Sequence[JobSession], case: Case) -> Unit:
    session = view.session
    needs = view.needs
    if session is None or not session.needs_known:
        needs = needs or needs_for(view.workflow, (session.job_id or None) if session else None, view.facts, case)
    gaps = session.gaps if session else ()
    by_job = tuple((each.job, each.needs) for each in sessions)
    refusals = tuple((each.job, refusal) for each in sessions for refusal in each.refusals)
    if not sessions and view.stopped_by is not None:
        refusals = (("", Refusal(view.stopped_by)),)
    return Unit(view, case, needs, gaps, tuple(dict.fromkeys(session.job for session in sessions)), by_job, refusals)
