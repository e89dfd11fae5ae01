"""Find grants that widened the role on the way, kept or taken back, without anybody writing it down.

CloudTrail keeps no documents here, so a change is judged by what it names: a broad policy of AWS attached, a boundary
taken off. A document that was changed once is judged as it stands today; one that was changed twice may have been wider.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from diagnosis.causes import Integrity
from diagnosis.closure.observed_changes import observed
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case, StatedEscalation
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

_BROAD = re.compile(r":iam::aws:policy/(?:[\w+=,.@-]+/)*(AdministratorAccess|PowerUserAccess|[\w+=,.@-]*FullAccess)\b")
_DOCUMENTS = frozenset({"PutRolePolicy", "UpdateAssumeRolePolicy", "CreatePolicyVersion", "SetRepositoryPolicy"})
_PAIRS = {"AttachRolePolicy": "DetachRolePolicy", "DeleteRolePermissionsBoundary": "PutRolePermissionsBoundary"}


def judge_widening(
    replays: Sequence[Replay], live: Assessment | None, case: Case
) -> tuple[Verdict, str, tuple[Evidence, ...]]:
    """Judge the changes of grants: ``fail`` for a broad one that no statement names, ``pass`` where all stand and are bounded."""
    account = live.account if live else None
    events = _events(replays, account)
    if live is None or events is None:
        return Verdict.UNKNOWN, "CloudTrail was not read, or not whole, for the chain's time.", ()
    broad = [event for event in events if _is_broad(event)]
    silent = [event for event in broad if not _stated(event, case)]
    if silent:
        return Verdict.FAIL, _words(silent[0], events), _proof(silent)
    if broad:
        reason = f"{_words(broad[0], events)} It is stated; whether its rationale and expiry hold was not read."
        return Verdict.UNKNOWN, reason, _proof(broad)
    twice = _changed_twice(events)
    if twice:
        reason = f"{twice[0].name} on {twice[0].target} was made more than once; what stood in between is not known."
        return Verdict.UNKNOWN, reason, _proof(twice)
    if live.at(Gate.LEAST_PRIVILEGE).verdict is not Verdict.PASS:
        reason = "The changes stand as they were made, and today's scope is not proved to be bounded."
        return Verdict.UNKNOWN, reason, _proof(events)
    reason = "Every change still stands as it was made, and today's scope is bounded."
    return Verdict.PASS, reason, _proof(events)


def widenings(replays: Sequence[Replay], account: AccountState | None, case: Case) -> list[IntegrityFinding]:
    """Find broad grants made on the way: kept (``wildcard-escalation``) or taken back (``undocumented-widening``)."""
    events = _events(replays, account, whole=False) or []
    return [
        IntegrityFinding(
            slug=Integrity.UNDOCUMENTED_WIDENING if _taken_back(event, events) else Integrity.WILDCARD_ESCALATION,
            reason=_words(event, events),
            evidence=_proof([event]),
            breaks_closure=not _stated(event, case),
        )
        for event in events
        if _is_broad(event)
    ]


def _events(replays: Sequence[Replay], account: AccountState | None, *, whole: bool = True) -> list[TrailEvent] | None:
    """Return the changes of permissions from the first attempt on; None where CloudTrail does not cover that time."""
    if account is None or not isinstance(account.trail, Known) or not replays:
        return None
    trail = account.trail.value
    first = replays[0].attempt.started_at or replays[0].attempt.created_at
    last = replays[-1].attempt.updated_at or first
    if whole and not (trail.complete and trail.since <= first and last <= trail.until):
        return None
    names = {*_DOCUMENTS, *_PAIRS, *_PAIRS.values()}
    return [event for event in trail.events if event.took_effect and event.name in names and event.at >= first]


def _is_broad(event: TrailEvent) -> bool:
    attached = event.name == "AttachRolePolicy" and _BROAD.search(event.detail) is not None
    return attached or event.name == "DeleteRolePermissionsBoundary"


def _taken_back(event: TrailEvent, events: Sequence[TrailEvent]) -> bool:
    return any(
        other.name == _PAIRS[event.name] and other.target == event.target and other.at >= event.at
        for other in events
        if event.name != "AttachRolePolicy" or other.detail == event.detail
    )


def _words(event: TrailEvent, events: Sequence[TrailEvent]) -> str:
    what = (
        f"The permissions boundary was taken off {event.target}"
        if event.name == "DeleteRolePermissionsBoundary"
        else f"{event.detail} was attached to {event.target}"
    )
    back = "; it was taken back later" if _taken_back(event, events) else ""
    return f"{what} by {event.principal} at {event.at:%Y-%m-%dT%H:%M:%SZ}{back}."


def _stated(event: TrailEvent, case: Case) -> bool:
    """Return whether a statement of the case names what was widened."""
    named = (event.detail.rpartition("/")[2] or "boundary").lower()
    word = "boundary" if event.name == "DeleteRolePermissionsBoundary" else named
    return any(word in change.text.lower() for change in case.changes)


def taken_back_on(account: AccountState | None, escalation: StatedEscalation) -> date | None:
    """Return the day on which CloudTrail shows the stated grant being taken back for the last time; None where it does not."""
    if account is None or not isinstance(account.trail, Known):
        return None
    named = escalation.grant.rpartition("/")[2].lower()
    days = [
        event.at.date()
        for event in account.trail.value.events
        if event.took_effect
        and event.name in ("DetachRolePolicy", "DeleteRolePolicy")
        and named in event.detail.rpartition("/")[2].lower().split()
    ]
    return max(days, default=None)


def _changed_twice(events: Sequence[TrailEvent]) -> list[TrailEvent]:
    counted = Counter((event.name, event.target, event.detail) for event in events if event.name in _DOCUMENTS)
    return [event for event in events if counted[event.name, event.target, event.detail] > 1]


def _proof(events: Sequence[TrailEvent]) -> tuple[Evidence, ...]:
    return tuple(observed(event).evidence for event in events)
