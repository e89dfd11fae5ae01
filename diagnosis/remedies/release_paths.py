"""Make the paths of a whole release: those of each role by themselves, put together, proved on what each role's account says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from diagnosis.facts.case import Case
from diagnosis.gates import ALL_GATES, Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.release_units import Unit, every_need, units_of
from diagnosis.names.arn import Arn
from diagnosis.remedies.bundle import by_owner
from diagnosis.remedies.paths import MOST_PATHS, order_of, paths_of_role
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.release import StepGap
from diagnosis.verdicts.remediation import Remediation
from diagnosis.verdicts.replay import Replay

_WEIGHT = {Verdict.FAIL: 3, Verdict.BLOCKED: 2, Verdict.UNKNOWN: 1, Verdict.PASS: 0}


@dataclass(frozen=True, slots=True)
class _OfRole:
    """What one role of the release makes of it."""

    role_arn: Arn | None
    live: Assessment
    paths: tuple[Path, ...]


def paths(replay: Replay, live: Assessment, case: Case) -> tuple[Path, ...]:
    """Return all paths of a release, the recommended one first; empty where nothing is wrong or nothing can be offered.

    Each says what it does not cover: steps that nobody could read are part of the run, and of no proof.
    """
    units = units_of(replay, case)
    roles = list(dict.fromkeys(unit.role_arn for unit in units))
    if len(roles) < 2:
        return tuple(_with_gaps(path, live.gaps) for path in paths_of_role(replay, live, case))
    parts = [_of_role(replay, live, role, [unit for unit in units if unit.role_arn == role]) for role in roles]
    chosen = _combinations(parts)
    found = sorted((_joined(parts, choice) for choice in chosen), key=order_of)
    return tuple(_with_gaps(path, live.gaps) for path in found[:MOST_PATHS])


def _of_role(replay: Replay, live: Assessment, role: Arn | None, units: Sequence[Unit]) -> _OfRole:
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
    account = replace(live.account.of_role(role), beside=())
    judged = assess(own, account, first.case)
    return _OfRole(role, judged, paths_of_role(own, judged, first.case))


def _combinations(parts: Sequence[_OfRole]) -> list[tuple[int, ...]]:
    """Return, for each role, which of its paths is taken: the first of each, then the alternatives one at a time."""
    if not any(part.paths for part in parts):
        return []
    first = tuple(0 for _ in parts)
    others = [
        tuple(choice if at == place else 0 for at in range(len(parts)))
        for place, part in enumerate(parts)
        for choice in range(1, len(part.paths))
    ]
    return [first, *others]


def _joined(parts: Sequence[_OfRole], choice: Sequence[int]) -> Path:
    """Return one path for the release; a role for which none is known stays as it is."""
    taken = [(part, part.paths[at] if part.paths else None) for part, at in zip(parts, choice, strict=True)]
    told = [(part, path) for part, path in taken if path is not None]
    accounts = {part.role_arn.account for part in parts if part.role_arn is not None}
    remediations = tuple(
        item for part, path in told for item in _named(part, path, several=len(parts) > 1, accounts=len(accounts))
    )
    still = tuple(problem for part, path in taken for problem in (path.still if path else part.live.problems))
    return Path(
        title="; ".join(path.title for _, path in told),
        remediations=(*(item for item in remediations if not item.tightens), *(r for r in remediations if r.tightens)),
        gates=_worst([path.gates if path else part.live.gates for part, path in taken]),
        newly_admitted=tuple(dict.fromkeys(item for _, path in told for item in path.newly_admitted)),
        proves=_sentences(path.proves for _, path in told),
        does_not_prove=_sentences(path.does_not_prove for _, path in told),
        still=still,
        owners=by_owner(remediations),
    )


def _named(part: _OfRole, path: Path, *, several: bool, accounts: int) -> tuple[Remediation, ...]:
    """Return a path's remediations under names that say whose role they change."""
    if not several or part.role_arn is None:
        return path.remediations
    role = part.role_arn
    where = f"role {role.name}" + (f" of {role.account}" if accounts > 1 else "")
    own = f"{role.account}-{role.name}" if accounts > 1 else role.name
    return tuple(
        replace(item, id=f"{item.id}-{own}".lower(), title=f"{item.title} ({where})") for item in path.remediations
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
    """Return the path with what its proof does not cover."""
    if not gaps:
        return path
    steps = list(dict.fromkeys(f"step “{gap.step}” ({gap.what})" for gap in gaps))
    named = ", ".join(steps[:3]) + (f" and {len(steps) - 3} more" if len(steps) > 3 else "")
    text = f"It does not cover {named}: what is called there is not known."
    not_covered = tuple(dict.fromkeys(f"step “{gap.step}”" for gap in gaps))
    return replace(path, does_not_prove=_sentences((path.does_not_prove, text)), not_covered=not_covered)
