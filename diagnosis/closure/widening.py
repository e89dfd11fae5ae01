"""Find grants that widened trust or permissions on the way, kept or taken back, without anybody accounting for it.

CloudTrail shows changes and not documents. What was opened and closed again is temporary, whatever it granted; a document that
was put several times is held against the last one, as far as its event tells what it grants. What stands today is judged as it
stands, by least privilege.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from diagnosis.causes import Integrity
from diagnosis.closure.catalogue import READ_TRAIL
from diagnosis.closure.history import DELIVERY, utc
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.observed_changes import observed
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case, StatedEscalation
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import IntegrityFinding

_BROAD = re.compile(r":iam::aws:policy/(?:[\w+=,.@-]+/)*(AdministratorAccess|PowerUserAccess|[\w+=,.@-]*FullAccess)\b")
_PAIRS = {
    "PutRolePolicy": "DeleteRolePolicy",
    "AttachRolePolicy": "DetachRolePolicy",
    "DeleteRolePermissionsBoundary": "PutRolePermissionsBoundary",
    "SetRepositoryPolicy": "DeleteRepositoryPolicy",
    "PutRegistryPolicy": "DeleteRegistryPolicy",
    "PutBucketPolicy": "DeleteBucketPolicy",
    "AddClientIDToOpenIDConnectProvider": "RemoveClientIDFromOpenIDConnectProvider",
    "CreateOpenIDConnectProvider": "DeleteOpenIDConnectProvider",
    "SetDefaultPolicyVersion": "SetDefaultPolicyVersion",
    "PutImageTagMutability": "PutImageTagMutability",
    "CreateRole": "DeleteRole",
}
"""What opens, and what closes it again."""
_BY_DETAIL = frozenset({"PutRolePolicy", "AttachRolePolicy", "AddClientIDToOpenIDConnectProvider"})
"""Of one target there may be several of these, told apart by what the request named."""
_DOCUMENTS = frozenset(
    {"PutRolePolicy", "UpdateAssumeRolePolicy", "PutRolePermissionsBoundary"}
    | {"SetRepositoryPolicy", "PutRegistryPolicy", "PutBucketPolicy", "PutKeyPolicy"}
)
"""Each takes the place of the document before it."""
_VERSIONS = frozenset({"CreatePolicyVersion", "SetDefaultPolicyVersion"})
_VERSION = re.compile(r"(?:^| )v(\d{1,9})$")
_STATE_IT = "State it in the case file with its rationale and its expiry (escalations)."


@dataclass(frozen=True, slots=True)
class Widening:
    """What was seen of the grants on the way: the verdict of the rule, and its proof."""

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """One change that widened, and the one that took it back."""

    event: TrailEvent
    back: TrailEvent | None

    @property
    def words(self) -> str:
        event = self.event
        change = observed(event)
        back = f" and taken back at {utc(self.back.at)}" if self.back else ""
        return f"{change.text} was made by {event.principal} at {utc(event.at)}{back}"


def judge_widening(chain: Chain) -> Widening:
    """Judge the changes of grants: ``fail`` for one that widened and that nobody accounts for, ``pass`` where none did."""
    events = _events(chain)
    if events is None:
        reason = "CloudTrail was not read, or not whole, for the chain's time."
        return Widening(Verdict.UNKNOWN, reason, next_step=READ_TRAIL)
    steps = _steps(events)
    silent = [step for step in steps if not _accounted(step, chain.case) and not _mentioned(step, chain.case)]
    if silent:
        reason = f"{silent[0].words}; no escalation of the case accounts for it."
        return Widening(Verdict.FAIL, reason, _proof_of(silent))
    mentioned = [step for step in steps if not _accounted(step, chain.case)]
    if mentioned:
        reason = f"{mentioned[0].words}. It is stated, without a rationale and an expiry."
        return Widening(Verdict.UNKNOWN, reason, _proof_of(mentioned), _STATE_IT)
    vague = _vague(events)
    if vague:
        first = vague[0]
        reason = f"{first.name} on {first.target} was made more than once; what stood in between is not known."
        return Widening(Verdict.UNKNOWN, reason, _proof(vague), _STATE_IT)
    if steps:
        reason = "What was widened on the way is accounted for, with rationale and expiry."
        return Widening(Verdict.PASS, reason, _proof_of(steps))
    return Widening(Verdict.PASS, "Every change of the grants still stands as it was made.", _proof(events))


def widenings(chain: Chain) -> list[IntegrityFinding]:
    """Find what widened on the way and nobody accounts for: kept (``wildcard-escalation``) or taken back."""
    events = _events(chain, whole=False) or []
    return [
        IntegrityFinding(
            slug=Integrity.UNDOCUMENTED_WIDENING if step.back else Integrity.WILDCARD_ESCALATION,
            reason=f"{step.words}.",
            evidence=_proof_of([step]),
            breaks_closure=not _mentioned(step, chain.case),
        )
        for step in _steps(events)
        if not _accounted(step, chain.case)
    ]


def taken_back_on(account: AccountState | None, escalation: StatedEscalation) -> date | None:
    """Return the day on which CloudTrail shows the stated grant being taken back for the last time; None where it does not."""
    if account is None or not isinstance(account.trail, Known):
        return None
    closing = set(_PAIRS.values())
    days = [
        event.at.date()
        for event in account.trail.value.events
        if event.took_effect and event.name in closing and _names(escalation.grant, event)
    ]
    return max(days, default=None)


def _events(chain: Chain, *, whole: bool = True) -> list[TrailEvent] | None:
    """Return the changes of grants from the first attempt on; None where CloudTrail does not cover that time for certain."""
    account, replays = chain.account, chain.replays
    if account is None or not isinstance(account.trail, Known) or not replays:
        return None
    trail = account.trail.value
    first = replays[0].attempt.started_at or replays[0].attempt.created_at
    last = replays[-1].attempt.updated_at or first
    settled = account.read_at is None or last + DELIVERY <= account.read_at
    if whole and not (trail.complete and trail.since <= first and last <= trail.until and settled):
        return None
    names = {*_DOCUMENTS, *_VERSIONS, *_PAIRS, *_PAIRS.values()}
    return [event for event in trail.events if event.took_effect and event.name in names and event.at >= first]


def _steps(events: Sequence[TrailEvent]) -> list[_Step]:
    """Return what widened: whatever was opened and closed again, and what is broad by its name or its document and was replaced."""
    found = []
    for place, event in enumerate(events):
        back = _taken_back(event, events[place + 1 :])
        by_name = event.name == "AttachRolePolicy" and _BROAD.search(event.detail) is not None
        if back is not None or by_name or event.name == "DeleteRolePermissionsBoundary":
            found.append(_Step(event, back))
        elif event.broad and (after := _replaced(event, events[place + 1 :])) is not None:
            found.append(_Step(event, after))
    return found


def _taken_back(event: TrailEvent, later: Sequence[TrailEvent]) -> TrailEvent | None:
    closing = _PAIRS.get(event.name)
    return next(
        (
            other
            for other in later
            if other.name == closing
            and other.target == event.target
            and (event.name not in _BY_DETAIL or other.detail == event.detail)
            and (event.name != "SetDefaultPolicyVersion" or _version(other) < _version(event))
            and (event.name != "PutImageTagMutability" or (_lets_overwrite(event) and not _lets_overwrite(other)))
        ),
        None,
    )


def _lets_overwrite(event: TrailEvent) -> bool:
    """Return whether tags may be pushed again after a change of their mutability."""
    return "IMMUTABLE" not in event.detail.split()


def _version(event: TrailEvent) -> int:
    found = _VERSION.search(event.detail)
    return int(found[1]) if found else 0


def _replaced(event: TrailEvent, later: Sequence[TrailEvent]) -> TrailEvent | None:
    """Return the change that put another document in the place of this one."""
    if event.name in _VERSIONS:
        # Which of a policy's versions counted in between is not told by the calls.
        return next((other for other in later if other.name in _VERSIONS and other.target == event.target), None)
    if event.name not in _DOCUMENTS:
        return None
    return next((other for other in later if _same_place(other, event)), None)


def _same_place(one: TrailEvent, two: TrailEvent) -> bool:
    same = (one.name, one.target) == (two.name, two.target)
    return same and (one.name not in _BY_DETAIL or one.detail == two.detail)


def _vague(events: Sequence[TrailEvent]) -> list[TrailEvent]:
    """Return the documents that were replaced and are not known to have granted less than the ones that replaced them."""
    found = []
    for place, event in enumerate(events):
        after = _replaced(event, events[place + 1 :])
        if after is not None and not _within(event, after):
            found.append(event)
    return found


def _within(event: TrailEvent, after: TrailEvent) -> bool:
    """Return whether everything that the document grants the next one grants too, by what their events tell."""
    if event.name == "PutRolePermissionsBoundary" and event.detail:
        return event.detail == after.detail
    return event.broad is False and bool(event.grants) and set(event.grants) <= set(after.grants)


def _accounted(step: _Step, case: Case) -> bool:
    """Return whether an escalation of the case, with rationale and expiry, names what was widened."""
    return any(each.complete and _names(each.grant, step.event) for each in case.escalations)


def _mentioned(step: _Step, case: Case) -> bool:
    """Return whether a stated change names what was widened."""
    name = _name_of(step.event)
    return bool(name) and any(_has_word(change.text, name) for change in case.changes)


def _names(grant: str, event: TrailEvent) -> bool:
    """Return whether an escalation's words name what an event changed: by its ARN, or by its name alone."""
    stated = grant.strip()
    named = {event.detail, _name_of(event), event.target, event.target.rpartition("/")[2]} - {""}
    return stated in named or stated.rpartition("/")[2] in named or _has_word(stated, _name_of(event))


def _name_of(event: TrailEvent) -> str:
    """Return the name of what was widened: of the policy, else what it is."""
    if "PermissionsBoundary" in event.name:
        return "boundary"
    return event.detail.rpartition("/")[2] or event.target.rpartition("/")[2]


def _has_word(text: str, word: str) -> bool:
    return bool(word) and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) is not None


def _proof_of(steps: Sequence[_Step]) -> tuple[Evidence, ...]:
    return _proof([event for step in steps for event in (step.event, step.back) if event is not None])


def _proof(events: Sequence[TrailEvent]) -> tuple[Evidence, ...]:
    return tuple(observed(event).evidence for event in events)
