"""Make remediation paths: choose offers, apply them in memory, judge every gate again, and show only what is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Plane
from diagnosis.remedies.offer import Choice, Offer, Situation
from diagnosis.remedies.offers import (
    another_role,
    audience,
    both_forms,
    bound_permissions,
    bound_repository,
    control_policy,
    identity,
    narrow_trust,
    organization,
    provider,
    registry,
    repository_policy,
    resource_policy,
    session_name,
    trust,
)
from diagnosis.remedies.offers.role_search import of_the_role
from diagnosis.remedies.proof import Baseline
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.remediation import ChangeKind, Remediation
from diagnosis.verdicts.replay import Replay

_Maker: TypeAlias = Callable[[Situation], Choice | None]

MAKERS: tuple[_Maker, ...] = (
    provider.use_federation,
    provider.grant_id_token,
    provider.correct_role,
    provider.create_provider,
    audience.correct_audience,
    provider.shorten_session,
    session_name.correct_session_name,
    trust.admit_or_dispatch,
    both_forms.list_both_forms,
    registry.repository_or_tag,
    registry.room_for_images,
    registry.open_key,
    identity.correct_permissions,
    repository_policy.admit_role,
    resource_policy.admit_role_to_resources,
    organization.widen_boundary,
    organization.widen_session,
    control_policy.amend_control_policies,
    organization.ask_organization,
)
"""What opens: one maker for each document or owner, in gate order; each merges the causes that touch its document."""

TIGHTENING: tuple[_Maker, ...] = (
    narrow_trust.bound_trust,
    bound_permissions.bound_permissions,
    bound_repository.bound_repositories,
)
"""What takes something away: made for the account as the opening changes leave it, and last in the path."""

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
_MOST_TRIED, _MOST_ROUNDS = 12, 3
"""The most paths that are tried, and how often a path is extended by what shows only after its changes."""
MOST_SESSIONS = 16
"""The most sessions of one role that a path admits one after another."""


def paths_of_role(
    replay: Replay, live: Assessment, case: Case, beside: tuple[AccountState, ...] = ()
) -> tuple[Path, ...]:
    """Return all paths for the sessions of one role; empty where nothing is wrong or nothing can be offered.

    Those after which the run passes come first, and among them the one that admits least. A path whose own gate still fails
    is none. ``beside`` are the accounts as the release's other roles have them.
    """
    baseline = Baseline(replay, live, case, beside)
    situation = baseline.present
    choices = _working(baseline, _choices(situation, MAKERS))
    combinations = _combinations(choices) or [()]
    correcting = [_extended(baseline, combination) for combination in combinations[:_MOST_TRIED]]
    found = sorted((path for path in correcting if path is not None), key=order_of)[:MOST_PATHS]
    return tuple(sorted((*found, *_with_another_role(baseline, situation)), key=order_of))


def order_of(path: Path) -> tuple[bool, bool, int, int, int, int]:
    """Return the order of paths: what passes, what closes, then what admits least, unprotects, widens and changes least."""
    changes = sum(len(remediation.changes) for remediation in path.remediations if not remediation.tightens)
    return (
        not path.passes_run,
        not path.opens_all,
        len(path.newly_admitted),
        _unprotected(path),
        _widening(path),
        changes,
    )


def _working(baseline: Baseline, choices: list[Choice]) -> list[Choice]:
    """Return the choices without the alternatives after which their own gate would still fail."""
    first = [choice[0] for choice in choices]
    kept: list[Choice] = []
    for place, choice in enumerate(choices):
        working = tuple(
            offer for offer in choice if _opens_its_gate(baseline, offer, [*first[:place], offer, *first[place + 1 :]])
        )
        if working:
            kept.append(working)
    return kept


def _opens_its_gate(baseline: Baseline, offer: Offer, offers: list[Offer]) -> bool:
    """Return whether nothing of what the offer is made for is left at its gate; a change that is not modelled may."""
    remediation = offer.remediation
    if remediation.checkpoint is None or not _is_modelled(remediation):
        return True
    elsewhere = {cause for each in offers if not _is_modelled(each.remediation) for cause in each.remediation.causes}
    return not any(
        problem.gate is remediation.checkpoint.gate and problem.cause in remediation.causes
        for problem in baseline.situation(offers).problems
        if problem.cause not in elsewhere and _concerns(offer, problem)
    )


def _concerns(offer: Offer, problem: Problem) -> bool:
    """Return whether a problem is one of those that the offer is made for: of authentication, one of the same session."""
    of_session = problem.plane is Plane.AUTHENTICATION and bool(offer.jobs and problem.jobs)
    return not of_session or bool(set(offer.jobs) & set(problem.jobs))


def _is_modelled(remediation: Remediation) -> bool:
    return any(change.kind not in (ChangeKind.OUTSIDE, ChangeKind.EDIT_WORKFLOW) for change in remediation.changes)


def _extended(baseline: Baseline, offers: tuple[Offer, ...]) -> Path | None:
    """Return the path of these offers, with what shows only after them, and with what tightens last; None without any."""
    listed = list(offers)
    # Each session that authentication stops takes a round of its own: what mends one may be what another needs.
    for _ in range(_MOST_ROUNDS + min(baseline.stopped_sessions, MOST_SESSIONS)):
        further = _further(baseline, listed, MAKERS)
        if not further:
            break
        listed += further
    for _ in range(len(TIGHTENING)):
        tightening = next(iter(_further(baseline, listed, TIGHTENING)), None)
        if tightening is None:
            break
        listed.append(tightening)
    return baseline.path(tuple(listed)) if listed else None


def _further(baseline: Baseline, offers: list[Offer], makers: Iterable[_Maker]) -> list[Offer]:
    """Return the first offers for what is left after these, of kinds that are not among them."""
    ids = {offer.remediation.id for offer in offers}
    situation = baseline.situation(offers)
    left = replace(situation, problems=tuple(item for item in situation.problems if not _is_covered(item, offers)))
    made = (choice[0] for choice in _choices(left, makers))
    return [offer for offer in made if offer.remediation.id not in ids]


def _is_covered(problem: Problem, offers: Iterable[Offer]) -> bool:
    return any(problem.cause in offer.remediation.causes and _concerns(offer, problem) for offer in offers)


def undecided_roles(replay: Replay, live: Assessment, case: Case) -> tuple[Missing, ...]:
    """Return the roles that admit the run and of which it cannot be told whether they fit: no path is proved with them."""
    if not isinstance(live.account.other_roles, Known):
        return ()
    baseline = Baseline(replay, live, case)
    found: list[Missing] = []
    for offer in another_role.offers(baseline.present):
        after, judged = baseline.judged((offer,))
        gap = next((missing for verdict in judged.gates for missing in verdict.missing), None)
        if gap is not None and not of_the_role(after.situation(judged)):
            arn = offer.remediation.changes[0].values[0]
            why = f"{gap.what}: {gap.why}"
            found.append(Missing(f"whether the existing role {arn} would serve", why, gap.how, gap.permission))
    return tuple(found)


def _choices(situation: Situation, makers: Iterable[_Maker]) -> list[Choice]:
    made = (choice for make in makers if (choice := make(situation)))
    return [tuple(_of_session(offer, situation) for offer in choice) for choice in made]


def _of_session(offer: Offer, situation: Situation) -> Offer:
    """Return the offer with the session that it is made for: edits of the workflow are edits of that session's job."""
    remediation, job = offer.remediation, situation.run.job
    changes = tuple(
        replace(change, job=job.id) if change.kind is ChangeKind.EDIT_WORKFLOW and job is not None else change
        for change in remediation.changes
    )
    if situation.jobs and remediation.plane is Plane.AUTHENTICATION:
        # Another session of the same role may need the same kind of change.
        remediation = replace(
            remediation,
            id=f"{remediation.id}-{_slug(situation.jobs[0])}",
            title=f"{remediation.title} (job {situation.jobs[0]})",
        )
    return replace(offer, remediation=replace(remediation, changes=changes), jobs=situation.jobs)


def _slug(text: str) -> str:
    return "-".join("".join(char if char.isalnum() else " " for char in text.lower()).split())[:40]


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


def _unprotected(path: Path) -> int:
    """Count the jobs that are taken out of an environment: its rules protect them no longer, each leg of a matrix alike."""
    return sum(
        change.kind is ChangeKind.EDIT_WORKFLOW and change.target == "environment" and not change.values
        for remediation in path.remediations
        for change in remediation.changes
    )


def _widening(path: Path) -> int:
    """Count what the path opens or grants, however bounded."""
    return sum(
        len(remediation.widens)
        or bool(remediation.actions)
        or any(change.kind is ChangeKind.ADD_AUDIENCE for change in remediation.changes)
        for remediation in path.remediations
    )
