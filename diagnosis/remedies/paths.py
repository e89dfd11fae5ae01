"""Paths: a choice of offers, applied to the model, every gate judged again. An offer is shown only with that proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from diagnosis.account import AccountState
from diagnosis.case import Case
from diagnosis.evidence import Evidence, EvidenceKind, Origin
from diagnosis.live.assessment import assess
from diagnosis.live.judgement import RunClaims, credentials_step, releasing_job
from diagnosis.remedies import identity, organization, provider, registry, repository_policy, trust, trust_scope
from diagnosis.remedies.model import applied
from diagnosis.remedies.newly import newly_admitted
from diagnosis.remedies.offer import Choice, Offer, Situation
from diagnosis.verdicts import Assessment, Change, ChangeKind, Fact, Path, Replay
from diagnosis.workflow import UnparsableWorkflow, Workflow

_MAKERS: tuple[Callable[[Situation], Choice | None], ...] = (
    provider.use_federation,
    provider.grant_id_token,
    provider.correct_role,
    provider.create_provider,
    provider.add_audience,
    provider.shorten_session,
    trust.admit_or_dispatch,
    trust_scope.bound_trust,
    registry.repository_or_tag,
    identity.mend_identity,
    repository_policy.admit_role,
    organization.widen_boundary,
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
    situation = Situation(
        run=RunClaims.of(replay, workflow, live.account, case), needs=live.needs, problems=live.problems
    )
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
    account = applied(changes, live.account)
    changed_replay, changed_workflow, account = edited(changes, replay, workflow, account)
    ref = next((offer.dispatch_ref for offer in offers if offer.dispatch_ref), None)
    needs = live.needs if changed_replay is replay else None
    audience = RunClaims.of(changed_replay, changed_workflow, account, case, ref).audience
    after = assess(changed_replay, changed_workflow, account, case, ref=ref, needs=needs)
    return Path(
        title=_title(offers),
        remediations=tuple(offer.remediation for offer in offers),
        gates=after.gates,
        newly_admitted=newly_admitted(live, after, replay, changes, audience),
        proves=" ".join(offer.proves for offer in offers if offer.proves)
        or "That a rerun of the same workflow passes every gate.",
        does_not_prove=" ".join(offer.does_not_prove for offer in offers if offer.does_not_prove),
        still=after.problems,
    )


def _title(offers: Iterable[Offer]) -> str:
    titles = [offer.remediation.title for offer in offers]
    return "; ".join([titles[0], *(title[0].lower() + title[1:] for title in titles[1:])])


def edited(
    changes: Iterable[Change],
    replay: Replay,
    workflow: Workflow | UnparsableWorkflow | None,
    account: AccountState,
) -> tuple[Replay, Workflow | UnparsableWorkflow | None, AccountState]:
    """The run's own side after the workflow edits among the changes."""
    for change in changes:
        if change.kind is not ChangeKind.EDIT_WORKFLOW:
            continue
        if change.target == "permissions" and isinstance(workflow, Workflow):
            workflow = _with_id_token(workflow)
        elif change.target == "role-to-assume" and change.values:
            stated = Evidence(EvidenceKind.STATED, "the corrected role ARN", origin=Origin.STATED)
            replay = replace(replay, facts=replace(replay.facts, role_arn=Fact(change.values[0], stated)), needs=())
            account = replace(account, question=replace(account.question, role_arn=change.values[0]))
        elif change.target == "role-duration-seconds" and isinstance(workflow, Workflow) and change.values:
            workflow = _with_input(workflow, change.target, change.values[0])
        elif change.target == "tag":
            account = replace(account, question=replace(account.question, tag=None))
    return replay, workflow, account


def _with_id_token(workflow: Workflow) -> Workflow:
    releasing = releasing_job(workflow)
    jobs = []
    for job in workflow.jobs:
        if job is releasing or releasing is None:
            kept = tuple(item for item in (job.permissions or workflow.permissions or ()) if item[0] != "id-token")
            jobs.append(replace(job, permissions=(*kept, ("id-token", "write"))))
        else:
            jobs.append(job)
    return replace(workflow, jobs=tuple(jobs))


def _with_input(workflow: Workflow, name: str, value: str) -> Workflow:
    """The workflow with one input of its credentials step set."""
    releasing = releasing_job(workflow)
    step = credentials_step(releasing)
    if releasing is None or step is None:
        return workflow
    inputs = (*(item for item in step.inputs if item[0].lower() != name), (name, value))
    steps = tuple(replace(item, inputs=inputs) if item is step else item for item in releasing.steps)
    jobs = tuple(replace(job, steps=steps) if job is releasing else job for job in workflow.jobs)
    return replace(workflow, jobs=jobs)
