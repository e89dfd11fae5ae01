"""Judge whether a run of the chain pushed the image, by its role: push time, and the principal of the PutImage event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from diagnosis.facts.account import AccountState, Image
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Verdict
from diagnosis.live.observed_subject import TRAIL_ADDRESS
from diagnosis.names.arn import Arn
from diagnosis.policy.principal_view import PrincipalKind, view_principal
from diagnosis.verdicts.replay import Replay

PUSH_EVENT = "PutImage"
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Push:
    """Who pushed the image, as far as that is known: the verdict of the rule, and its proof."""

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()


def judge_push(replays: Sequence[Replay], account: AccountState | None) -> Push:
    """Judge the push: ``fail`` where it lies in no run or was another principal's, ``pass`` where it lies in a run of the chain."""
    if account is None or not replays or not isinstance(account.image, Known):
        return Push(Verdict.UNKNOWN, "The image's push time could not be read.")
    image = account.image.value
    if image.pushed_at is None:
        return Push(Verdict.UNKNOWN, "The registry gives no push time.")
    events = _pushes(account, image, replays)
    proof = (_registry_proof(account, image), *(_event_proof(event) for event in events))
    question = account.question
    roles = (question.role_arn, *(each.role_arn for each in question.beside))
    foreign = [event for event in events if not any(_by_role(event.principal, role) for role in roles)]
    inside = next((replay for replay in replays if pushed_within(replay.attempt, image)), None)
    if inside is None:
        who = f", by {foreign[-1].principal}" if foreign else ""
        return Push(Verdict.FAIL, f"The push time lies in no run of this chain{who}.", proof)
    if foreign:
        tag = account.question.tag or image.digest
        return Push(Verdict.FAIL, f"{tag} was pushed by {foreign[0].principal}, not by the release's role.", proof)
    if not isinstance(account.trail, Known):
        by = "who pushed was not seen (CloudTrail was not read)"
    elif not events:
        by = "CloudTrail shows no push of it, so who pushed is not proved"
    else:
        by = f"the push was made by {events[-1].principal}"
    return Push(Verdict.PASS, f"The push time lies in run {inside.attempt.run_id}; {by}.", proof)


def pushed_within(attempt: Attempt, image: Image) -> bool:
    """Return whether the image's push time lies between the attempt's start and end (both ends included)."""
    start, end = attempt.started_at or attempt.created_at, attempt.updated_at
    return image.pushed_at is not None and end is not None and start <= image.pushed_at <= end


def _pushes(account: AccountState, image: Image, replays: Sequence[Replay]) -> list[TrailEvent]:
    """Return the PutImage events that can be this image's: of its tags, from the chain's beginning, or at its push time."""
    if not isinstance(account.trail, Known) or not replays:
        return []
    first = replays[0].attempt.started_at or replays[0].attempt.created_at
    tags = set(image.tags)
    return [
        event
        for event in account.trail.value.events
        if event.name == PUSH_EVENT
        and event.took_effect
        and event.at >= first - _CLOCKS_DIFFER
        and (tags & set(event.detail.split()) or (not event.detail and _near(event, image)))
    ]


def _near(event: TrailEvent, image: Image) -> bool:
    return image.pushed_at is not None and abs(event.at - image.pushed_at) <= _CLOCKS_DIFFER


def _by_role(principal: str, role_arn: Arn | None) -> bool:
    """Return whether a principal is a session of the role; where the role is not known any role session counts."""
    view = view_principal(principal)
    if view.kind is not PrincipalKind.ROLE_SESSION:
        return False
    return role_arn is None or (view.account, view.name) == (role_arn.account, role_arn.name)


def _registry_proof(account: AccountState, image: Image) -> Evidence:
    when = f"{image.pushed_at:%Y-%m-%dT%H:%M:%SZ}" if image.pushed_at else "a time that is not known"
    text = f"pushed at {when}, digest {image.digest}"
    return Evidence(EvidenceKind.API_CALL, text, "ecr:DescribeImages", Origin.LIVE, account.read_at)


def _event_proof(event: TrailEvent) -> Evidence:
    text = f"{event.service}:{event.name} {event.detail} by {event.principal} (event {event.event_id})"
    return Evidence(EvidenceKind.API_CALL, text, TRAIL_ADDRESS, Origin.LIVE, event.at)
