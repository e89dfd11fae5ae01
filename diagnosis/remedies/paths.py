"""Make remediation paths: choose offers, apply them in memory, judge every gate again, and show only what is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from diagnosis.causes import Cause
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint
from diagnosis.remedies.offer import Choice, Offer, Situation
from diagnosis.remedies.offers import (
    another_role,
    audience,
    control_policy,
    identity,
    narrow_trust,
    organization,
    provider,
    registry,
    repository_policy,
    session_name,
    trust,
)
from diagnosis.remedies.offers.role_search import of_the_role
from diagnosis.remedies.proof import Baseline
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.remediation import ChangeKind
from diagnosis.verdicts.replay import Replay

_Maker: TypeAlias = Callable[[Situation], Choice | None]

_MAKERS: tuple[_Maker, ...] = (
    provider.use_federation,
    provider.grant_id_token,
    provider.correct_role,
    provider.create_provider,
    audience.correct_audience,
    provider.shorten_session,
    session_name.correct_session_name,
    trust.admit_or_dispatch,
    registry.repository_or_tag,
    registry.room_for_images,
    registry.open_key,
    identity.correct_permissions,
    repository_policy.admit_role,
    organization.widen_boundary,
    organization.widen_session,
    control_policy.amend_control_policies,
    organization.ask_organization,
)
"""One maker for each document or owner, in gate order; each merges the causes that touch its document."""

_TIGHTENING: tuple[_Maker, ...] = (narrow_trust.bound_trust,)
"""Makers of what takes something away. They come last, made for what the rest of the path leaves: a fix opens, it never closes."""

_BESIDE_THE_ROLE: tuple[_Maker, ...] = (
    provider.grant_id_token,
    provider.create_provider,
    audience.correct_audience,
    registry.repository_or_tag,
    registry.room_for_images,
    registry.open_key,
    organization.widen_session,
)
"""Makers of what stands in the way whichever role is assumed."""

MOST_PATHS, MOST_ROLES = 4, 2
"""The most paths that correct the role, and the most that use another one."""


def paths(
    replay: Replay,
    live: Assessment,
    case: Case,
) -> tuple[Path, ...]:
    """Return all paths, the one that widens least first; empty where nothing is wrong or nothing can be offered."""
    baseline = Baseline(replay, live, case)
    situation = baseline.present
    choices = _choices(situation, _MAKERS)
    combinations = _combinations(choices)[:MOST_PATHS] or [()]
    correcting = [
        baseline.path(whole) for opening in combinations if (whole := (*opening, *_tightening(baseline, opening)))
    ]
    elsewhere = _with_another_role(baseline, situation)
    place = next((at for at, path in enumerate(correcting) if _widens(path) or not path.opens_all), len(correcting))
    return (*correcting[:place], *elsewhere, *correcting[place:])


def undecided_roles(replay: Replay, live: Assessment, case: Case) -> tuple[Missing, ...]:
    """Return the roles that admit the run and of which it cannot be told whether they fit: no path is proved with them."""
    if not isinstance(live.account.other_roles, Known):
        return ()
    baseline = Baseline(replay, live, case)
    found: list[Missing] = []
    for offer in another_role.offers(baseline.present):
        after = baseline.after((offer,))
        judged = after.judged()
        gap = next((missing for verdict in judged.gates for missing in verdict.missing), None)
        if gap is not None and not of_the_role(audience.situation_of(after.run, judged)):
            arn = offer.remediation.changes[0].values[0]
            why = f"{gap.what}: {gap.why}"
            found.append(Missing(f"whether the existing role {arn} would serve", why, gap.how, gap.permission))
    return tuple(found)


def _choices(situation: Situation, makers: Iterable[_Maker]) -> list[Choice]:
    return [choice for make in makers if (choice := make(situation))]


def _tightening(baseline: Baseline, opening: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """Return what remains to be tightened once these offers are carried out."""
    trusts = any(
        change.kind is ChangeKind.REPLACE_TRUST_POLICY for offer in opening for change in offer.remediation.changes
    )
    if not trusts and not baseline.present.of(Cause.TRUST_TOO_OPEN):
        return ()
    situation = baseline.situation(opening) if opening else baseline.present
    return tuple(choice[0] for choice in _choices(situation, _TIGHTENING))


def _combinations(choices: list[Choice]) -> list[tuple[Offer, ...]]:
    """Return the first offers together; then, for each alternative, the path that differs from the first in that one place."""
    if not choices:
        return []
    first = tuple(choice[0] for choice in choices)
    others = [
        tuple(offer if index == place else first[index] for index in range(len(first)))
        for place, choice in enumerate(choices)
        for offer in choice[1:]
    ]
    return [first, *others]


def _with_another_role(baseline: Baseline, situation: Situation) -> list[Path]:
    """Return the paths over roles that exist: those that open everything, beside what no role could correct."""
    found: list[Path] = []
    for offer in another_role.offers(situation):
        if len(found) == MOST_ROLES:
            break
        beside = _choices(baseline.situation((offer,)), _BESIDE_THE_ROLE)
        first = sorted((offer, *(choice[0] for choice in beside)), key=_place)
        path = baseline.path(tuple(first))
        if path.opens_all and not path.newly_admitted:
            found.append(path)
    return found


def _place(offer: Offer) -> float:
    checkpoint = offer.remediation.checkpoint
    return checkpoint.order if checkpoint else len(Checkpoint)


def _widens(path: Path) -> bool:
    """Return whether the path opens a trust or grants a permission, however bounded."""
    return any(
        remediation.widens
        or remediation.actions
        or any(change.kind is ChangeKind.ADD_AUDIENCE for change in remediation.changes)
        for remediation in path.remediations
    )
