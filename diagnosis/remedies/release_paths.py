"""Make the paths of a whole release: those of each role by themselves, put together, proved on what each role's account says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.gates import ALL_GATES, Gate, Plane, Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.release_units import Unit, every_need, units_of
from diagnosis.names.arn import Arn
from diagnosis.remedies.bundle import by_owner
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.paths import MOST_PATHS, order_of, paths_of_role
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.release import StepGap
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation
from diagnosis.verdicts.replay import Replay

_WEIGHT = {Verdict.FAIL: 3, Verdict.BLOCKED: 2, Verdict.UNKNOWN: 1, Verdict.PASS: 0}


_OF_A_REPOSITORY = ChangeKind.REPLACE_REPOSITORY_POLICY
_SHARED = frozenset(
    {
        _OF_A_REPOSITORY,
        ChangeKind.CREATE_PROVIDER,
        ChangeKind.ADD_AUDIENCE,
        ChangeKind.REPLACE_ATTACHED_POLICY,
        ChangeKind.REPLACE_BOUNDARY,
        ChangeKind.REPLACE_RESOURCE_POLICY,
        ChangeKind.REPLACE_SERVICE_CONTROL_POLICY,
        ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY,
        ChangeKind.CREATE_REPOSITORY,
    }
)
"""Changes of what several roles meet: two that were each made for the account as it is would undo each other."""


@dataclass(frozen=True, slots=True)
class _OfRole:
    """What one role of the release makes of it."""

    role_arn: Arn | None
    live: Assessment
    paths: tuple[Path, ...]


_Taken: TypeAlias = tuple[_OfRole, Path | None]
"""A role, with the path that is taken for it."""


def paths(replay: Replay, live: Assessment, case: Case) -> tuple[Path, ...]:
    """Return all paths of a release, the recommended one first; empty where nothing is wrong or nothing can be offered.

    Each says what it does not cover: steps that nobody could read are part of the run, and of no proof.
    """
    units = units_of(replay, case)
    roles = list(dict.fromkeys(unit.role_arn for unit in units))
    if len(roles) < 2:
        return tuple(_with_gaps(path, live.gaps) for path in paths_of_role(replay, live, case))
    release = _Release(replay, live, tuple((role, tuple(u for u in units if u.role_arn == role)) for role in roles))
    found = sorted((_joined(plan) for plan in release.plans()), key=order_of)
    return tuple(_with_gaps(path, live.gaps) for path in found[:MOST_PATHS])


@dataclass(frozen=True, slots=True)
class _Release:
    """The roles of a release in order. What a path for one changes that others meet too, these find changed."""

    replay: Replay
    live: Assessment
    roles: tuple[tuple[Arn | None, tuple[Unit, ...]], ...]
    _parts: dict[tuple[int, tuple[Change, ...]], _OfRole] = field(default_factory=dict, init=False, repr=False)

    def plans(self) -> list[tuple[_Taken, ...]]:
        """Return, for each role, what is taken: the first path of each, then the alternatives one at a time."""
        first = self._plan({})
        if not any(path is not None for _, path in first):
            return []
        others = [
            self._plan({place: choice}) for place, (part, _) in enumerate(first) for choice in range(1, len(part.paths))
        ]
        return [first, *others]

    def _plan(self, chosen: Mapping[int, int]) -> tuple[_Taken, ...]:
        taken: list[_Taken] = []
        shared: tuple[Change, ...] = ()
        for place in range(len(self.roles)):
            part = self._part(place, shared)
            choice = chosen.get(place, 0)
            path = part.paths[choice] if choice < len(part.paths) else None
            taken.append((part, path))
            shared += _shared(part, path)
        return tuple(taken)

    def _part(self, place: int, shared: tuple[Change, ...]) -> _OfRole:
        key = place, shared
        if key not in self._parts:
            self._parts[key] = _of_role(self.replay, self.live, *self.roles[place], shared)
        return self._parts[key]


def _shared(part: _OfRole, path: Path | None) -> tuple[Change, ...]:
    """Return the changes of a path that other roles meet too, with ARNs for what is named within the role's own question.

    What tightens is none of them: it comes after all that opens. A policy that comes off a role stays on the others.
    """
    own = part.live.account.question.repository_arn
    opening = [item for item in (path.remediations if path else ()) if not item.tightens]
    changes = [change for item in opening for change in item.changes]
    return tuple(
        replace(change, target=own)
        if own is not None and change.kind is _OF_A_REPOSITORY and not _is_arn(change)
        else change
        for change in changes
        if change.kind in _SHARED and not _is_of_one_role(change)
    )


def _is_of_one_role(change: Change) -> bool:
    """Return whether a managed policy comes off the role: it has no new version that others would meet."""
    return change.kind is ChangeKind.REPLACE_ATTACHED_POLICY and change.document is None


def _is_arn(change: Change) -> bool:
    return isinstance(change.target, Arn)


def _of_role(
    replay: Replay, live: Assessment, role: Arn | None, units: Sequence[Unit], shared: Sequence[Change]
) -> _OfRole:
    sessions = tuple(unit.view.session for unit in units if unit.view.session is not None)
    first = units[0]
    decisive = first.view.facts.role_arn == replay.facts.role_arn
    own = replace(
        replay,
        sessions=sessions,
        facts=first.view.facts,
        needs=every_need(need for unit in units for need in unit.needs),
        stopped_by=replay.stopped_by if decisive else None,
    )
    account = replace(first.account_in(live.account), beside=())
    account = applied((change for change in shared if _concerns(change, account)), account)
    judged = assess(own, account, first.case)
    beside = tuple(
        state for state in (live.account, *live.account.beside) if state.question.role_arn not in (None, role)
    )
    found = paths_of_role(own, judged, first.case, beside)
    asked = {gate.gate for session in live.sessions if session.role_arn == role for gate in session.gates}
    return _OfRole(
        role,
        replace(judged, gates=_asked(judged.gates, asked)),
        tuple(replace(path, gates=_asked(path.gates, asked)) for path in found),
    )


def _asked(gates: tuple[GateVerdict, ...], asked: set[Gate]) -> tuple[GateVerdict, ...]:
    """Return the verdicts of a role by itself without those at gates that today's sessions of it do not ask.

    Alone, a role that pushes nothing would have to say what it pushes.
    """
    return tuple(each for each in gates if not asked or each.gate in asked or each.verdict is Verdict.FAIL)


def _concerns(change: Change, account: AccountState) -> bool:
    """Return whether a shared change is one of this role's account; a provider is of one account alone."""
    of_provider = change.kind in (ChangeKind.CREATE_PROVIDER, ChangeKind.ADD_AUDIENCE)
    return not of_provider or change.target == account.question.provider_arn


def _joined(taken: Sequence[_Taken]) -> Path:
    """Return one path for the release; a role for which none is known stays as it is."""
    parts = [part for part, _ in taken]
    told = [(part, path) for part, path in taken if path is not None]
    accounts = {part.role_arn.account for part in parts if part.role_arn is not None}
    remediations = _told_apart(
        item
        for place, (part, path) in enumerate(told)
        for item in _named(
            part, _without_earlier(part, path, told[place + 1 :]), several=len(parts) > 1, accounts=len(accounts)
        )
    )
    still = tuple(problem for part, path in taken for problem in (path.still if path else part.live.problems))
    return Path(
        title="; ".join(path.title for _, path in told),
        remediations=(*(item for item in remediations if not item.tightens), *(r for r in remediations if r.tightens)),
        gates=_worst([path.gates if path else part.live.gates for part, path in taken]),
        newly_admitted=tuple(dict.fromkeys(item for _, path in told for item in path.newly_admitted)),
        proves=_sentences(path.proves for _, path in told),
        does_not_prove=_sentences((*(path.does_not_prove for _, path in told), *_undecided(taken))),
        still=still,
        owners=by_owner(remediations),
    )


def _without_earlier(part: _OfRole, path: Path, later: Sequence[tuple[_OfRole, Path]]) -> Path:
    """Return the path without what tightens policies of repositories that a later role's path tightens too.

    The later ones know all that opens, and whom of the release they are for.
    """
    again = {target for other, of in later for item in of.remediations for target in _tightened(other, item)}
    kept = tuple(item for item in path.remediations if not (targets := _tightened(part, item)) or not targets <= again)
    return replace(path, remediations=kept)


def _tightened(part: _OfRole, item: Remediation) -> frozenset[Arn | str | None]:
    """Return the repositories whose policies a remediation tightens, by ARN."""
    if not item.tightens:
        return frozenset()
    own = part.live.account.question.repository_arn
    changes = [change for change in item.changes if change.kind is _OF_A_REPOSITORY]
    return frozenset(change.target if _is_arn(change) else own for change in changes)


def _told_apart(remediations: Iterable[Remediation]) -> tuple[Remediation, ...]:
    """Return the remediations under ids of their own: two roles may each lack a repository."""
    seen: dict[str, int] = {}
    found: list[Remediation] = []
    for item in remediations:
        seen[item.id] = seen.get(item.id, 0) + 1
        found.append(item if seen[item.id] == 1 else replace(item, id=f"{item.id}-{seen[item.id]}"))
    return tuple(found)


def _undecided(taken: Sequence[_Taken]) -> Iterator[str]:
    """Yield which roles' sessions the proof says nothing of, since what decides about them was not read."""
    for part, path in taken:
        gates = path.gates if path is not None else part.live.gates
        gap = next((missing for verdict in gates for missing in verdict.missing), None)
        if gap is None or not any(verdict.verdict is Verdict.UNKNOWN for verdict in gates):
            continue
        role = f"role {part.role_arn.name} of {part.role_arn.account}" if part.role_arn is not None else "another role"
        yield f"That the session of {role} passes; not known: {gap.what} ({gap.why})."


def _named(part: _OfRole, path: Path, *, several: bool, accounts: int) -> tuple[Remediation, ...]:
    """Return a path's remediations under names that say whose role they change."""
    if not several or part.role_arn is None:
        return path.remediations
    role = part.role_arn
    where = f"role {role.name}" + (f" of {role.account}" if accounts > 1 else "")
    own = f"{role.account}-{role.name}" if accounts > 1 else role.name
    return tuple(
        # A repository is nobody's: whichever role lacks it, it is created once.
        item
        if item.plane is Plane.REGISTRY_STATE
        else replace(item, id=f"{item.id}-{own}".lower(), title=f"{item.title} ({where})")
        for item in path.remediations
    )


def _worst(sides: Sequence[Iterable[GateVerdict]]) -> tuple[GateVerdict, ...]:
    listed = [tuple(side) for side in sides]
    found: list[GateVerdict] = []
    for gate in ALL_GATES:
        verdicts = [verdict for side in listed if (verdict := maybe_verdict_at(side, gate)) is not None]
        if verdicts:
            found.append(max(verdicts, key=lambda verdict: _WEIGHT[verdict.verdict]))
    return tuple(found)


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))


def _with_gaps(path: Path, gaps: tuple[StepGap, ...]) -> Path:
    """Return the path with what its proof does not cover; one after which something stays in the way, or open, proves no run."""
    unknown, seen = _listed(gap for gap in gaps if gap.is_open), _listed(gap for gap in gaps if not gap.is_open)
    texts = (
        f"That no call is refused in {unknown}: what is called there is not known." if unknown else "",
        f"That no call is refused in {seen}: of the last green run CloudTrail shows the management calls, and no data events."
        if seen
        else "",
    )
    not_covered = tuple(dict.fromkeys(f"step “{gap.step}”" for gap in gaps if gap.is_open))
    return replace(
        path,
        proves=path.proves if path.passes_run else "",
        does_not_prove=_sentences((path.does_not_prove, *texts)),
        not_covered=not_covered,
    )


def _listed(gaps: Iterable[StepGap]) -> str:
    steps = list(dict.fromkeys(f"step “{gap.step}” ({gap.what})" for gap in gaps))
    return ", ".join(steps[:3]) + (f" and {len(steps) - 3} more" if len(steps) > 3 else "")
