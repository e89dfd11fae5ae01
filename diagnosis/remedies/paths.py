"""Paths: a choice of offers, applied to the model, every gate judged again. An offer is shown only with that proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from diagnosis.case import Case
from diagnosis.live.assessment import assess
from diagnosis.live.judgement import RunClaims
from diagnosis.reading import Absent
from diagnosis.remedies import (
    audience,
    identity,
    organization,
    provider,
    registry,
    repository_policy,
    trust,
    trust_scope,
)
from diagnosis.remedies.bundle import by_owner
from diagnosis.remedies.edits import edited
from diagnosis.remedies.model import applied
from diagnosis.remedies.newly import newly_admitted
from diagnosis.remedies.offer import Choice, Offer, Situation
from diagnosis.verdicts import Assessment, Path, Replay
from diagnosis.workflow import UnparsableWorkflow, Workflow

_MAKERS: tuple[Callable[[Situation], Choice | None], ...] = (
    provider.use_federation,
    provider.grant_id_token,
    provider.correct_role,
    provider.create_provider,
    audience.mend_audience,
    provider.shorten_session,
    trust.admit_or_dispatch,
    trust_scope.bound_trust,
    registry.repository_or_tag,
    registry.room_for_images,
    registry.open_key,
    identity.mend_identity,
    repository_policy.admit_role,
    organization.widen_boundary,
    organization.widen_session,
    organization.ask_organization,
)
"""One maker for each document or owner, in gate order; each merges the causes that touch its document."""

MOST_PATHS = 4


def paths(
    replay: Replay,
    workflow: Workflow | UnparsableWorkflow | None,
    live: Assessment,
    case: Case,
) -> tuple[Path, ...]:
    """All paths, the one that widens least first; empty where nothing is wrong or nothing can be offered."""
    asked = Situation(RunClaims.of(replay, workflow, live.account, case), live.needs, live.problems)
    situation = replace(asked, corrected_audience=audience.corrected_audience(asked))
    choices = [choice for make in _MAKERS if (choice := make(situation))]
    if not choices:
        return ()
    return tuple(
        _proved(combination, replay, workflow, live, case) for combination in _combinations(choices)[:MOST_PATHS]
    )


def _combinations(choices: list[Choice]) -> list[tuple[Offer, ...]]:
    """The first offers together; then, for each alternative, the path that differs from the first in that one place."""
    first = tuple(choice[0] for choice in choices)
    others = [
        tuple(offer if index == place else first[index] for index in range(len(first)))
        for place, choice in enumerate(choices)
        for offer in choice[1:]
    ]
    return [first, *others]


def _proved(
    offers: tuple[Offer, ...],
    replay: Replay,
    workflow: Workflow | UnparsableWorkflow | None,
    live: Assessment,
    case: Case,
) -> Path:
    changes = tuple(change for offer in offers for change in offer.remediation.changes)
    # What AWS's own tools said, they said of the account as it is.
    account = replace(applied(changes, live.account), second_opinions=Absent("second opinions"))
    changed_replay, changed_workflow, account = edited(changes, replay, workflow, account)
    ref = next((offer.dispatch_ref for offer in offers if offer.dispatch_ref), None)
    needs = live.needs if changed_replay is replay else None
    requested = RunClaims.of(changed_replay, changed_workflow, account, case, ref).audience
    after = assess(changed_replay, changed_workflow, account, case, ref=ref, needs=needs)
    return Path(
        title=_title(offers),
        remediations=tuple(offer.remediation for offer in offers),
        gates=after.gates,
        newly_admitted=newly_admitted(live, after, replay, changes, requested),
        proves=" ".join(offer.proves for offer in offers if offer.proves)
        or "That a rerun of the same workflow passes every gate.",
        does_not_prove=" ".join(offer.does_not_prove for offer in offers if offer.does_not_prove),
        still=after.problems,
        owners=by_owner(offer.remediation for offer in offers),
    )


def _title(offers: Iterable[Offer]) -> str:
    titles = [offer.remediation.title for offer in offers]
    return "; ".join([titles[0], *(title[0].lower() + title[1:] for title in titles[1:])])
