"""Temporary widening is seen in CloudTrail, whatever was opened and closed; accounted for it needs a rationale and an expiry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from compliant_chain import ENGINEER, EVENTS, NAME, PROVIDER, ComplyingRelease, event

from diagnosis.facts.case import StatedChange, StatedEscalation
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import Closure, ClosureStatus

BASE = ComplyingRelease()
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = "arn:aws:iam::111122223333:policy/temp"


def pair(opens: str, closes: str, target: str = "release", detail: str = "", **more: object) -> tuple[TrailEvent, ...]:
    """What was opened and closed again between the second failure and the closing run."""
    return event(opens, 20, target, detail=detail, **more), event(closes, 27, target, detail=detail)


def widened(*events: TrailEvent, **changes: object) -> Closure:
    closure = replace(BASE, events=(*EVENTS, *events), **changes).diagnosis().closure  # type: ignore[arg-type] # by name
    assert closure is not None
    return closure


def turned(closure: Closure) -> dict[str, Verdict]:
    return {item.rule: item.verdict for item in closure.rules if item.verdict is not Verdict.PASS}


def escalated(grant: str, rationale: str = "ticket 7", expires: date | None = date(2026, 3, 9)) -> object:
    return replace(BASE.case, escalations=(StatedEscalation(grant, rationale, expires),))


TEMPORARY = {
    "inline policy": pair("PutRolePolicy", "DeleteRolePolicy", detail="temp"),
    "inline policy that is narrow": pair("PutRolePolicy", "DeleteRolePolicy", detail="temp", broad=False),
    "managed policy": pair("AttachRolePolicy", "DetachRolePolicy", detail=ADMIN),
    "own policy": pair("AttachRolePolicy", "DetachRolePolicy", detail=OWN),
    "boundary": pair("DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary"),
    "repository policy": pair("SetRepositoryPolicy", "DeleteRepositoryPolicy", NAME),
    "registry policy": pair("PutRegistryPolicy", "DeleteRegistryPolicy", "111122223333"),
    "bucket policy": pair("PutBucketPolicy", "DeleteBucketPolicy", "arn:aws:s3:::bucket"),
    "version": (
        event("SetDefaultPolicyVersion", 20, OWN, detail=f"{OWN} v3"),
        event("SetDefaultPolicyVersion", 27, OWN, detail=f"{OWN} v2"),
    ),
    "broad document replaced": (
        event("PutRolePolicy", 20, detail="other", broad=True),
        event("PutRolePolicy", 27, detail="other", broad=False),
    ),
}


@pytest.mark.parametrize("events", TEMPORARY.values(), ids=TEMPORARY)
def test_what_was_opened_and_closed_again_is_no_closure(events: tuple[TrailEvent, ...]) -> None:
    closure = widened(*events)
    assert turned(closure) == {"no-undocumented-widening": Verdict.FAIL}
    assert closure.status is ClosureStatus.NON_COMPLIANT
    assert [item.slug for item in closure.integrity] == ["undocumented-widening"]
    assert f"by {ENGINEER}" in closure.sentence


def test_trust_opened_and_closed() -> None:
    """At its own plane: between the first failure and the second attempt."""
    first, last = event("UpdateAssumeRolePolicy", 8), event("UpdateAssumeRolePolicy", 12)
    assert turned(widened(first, last)) == {"no-undocumented-widening": Verdict.UNKNOWN}
    assert turned(widened(replace(first, broad=True), last)) == {"no-undocumented-widening": Verdict.FAIL}
    assert turned(widened(last)) == {}
    audience = (
        event("AddClientIDToOpenIDConnectProvider", 11, PROVIDER, detail="other"),
        event("RemoveClientIDFromOpenIDConnectProvider", 13, PROVIDER, detail="other"),
    )
    assert turned(widened(*audience)) == {"no-undocumented-widening": Verdict.FAIL}


def test_a_document_that_granted_no_more_than_the_next_one_widened_nothing() -> None:
    def twice(first: tuple[str, ...], then: tuple[str, ...]) -> dict[str, Verdict]:
        return turned(
            widened(
                event("PutRolePolicy", 20, detail="more", broad=False, grants=first),
                event("PutRolePolicy", 24, detail="more", broad=False, grants=then),
            )
        )

    assert twice(("a",), ("a", "b")) == {}
    for first, then in ((("a", "c"), ("a", "b")), ((), ("a",)), (("a",), ())):
        assert twice(first, then) == {"no-undocumented-widening": Verdict.UNKNOWN}
    versions = (
        event("CreatePolicyVersion", 20, OWN, detail=OWN),
        event("SetDefaultPolicyVersion", 21, OWN, detail=f"{OWN} v3"),
    )
    assert turned(widened(*versions)) == {"no-undocumented-widening": Verdict.UNKNOWN}
    assert turned(widened(versions[0])) == {}


def test_what_is_accounted_for_passes_and_what_is_mentioned_does_not() -> None:
    events = TEMPORARY["own policy"]
    for grant in (OWN, "temp"):
        assert widened(*events, case=escalated(grant)).status is ClosureStatus.CLOSED
    mentioned = replace(
        BASE.case, changes=(*BASE.case.changes, StatedChange(902, "Attached temp for an hour.", "log.md"))
    )
    closure = widened(*events, case=mentioned)
    assert turned(closure) == {"no-undocumented-widening": Verdict.UNKNOWN}
    assert closure.status is ClosureStatus.UNPROVEN
    for case in (escalated("other"), escalated("te"), escalated("template")):
        assert turned(widened(*events, case=case)) == {"no-undocumented-widening": Verdict.FAIL}
    for case in (escalated("temp", ""), escalated("temp", expires=None)):
        assert turned(widened(*events, case=case))["escalation-justified"] is Verdict.FAIL
    # It was over by its last day, though that day is past when the chain is judged.
    in_time = escalated("temp", expires=date(2026, 3, 2))
    assert widened(*events, case=in_time).status is ClosureStatus.CLOSED
    late = escalated("temp", expires=date(2026, 3, 1))
    assert turned(widened(*events, case=late)) == {"escalation-justified": Verdict.FAIL}


def test_a_refused_change_and_one_before_the_chain_are_none() -> None:
    refused = tuple(replace(each, error_code="AccessDenied") for each in TEMPORARY["own policy"])
    assert turned(widened(*refused)) == {}
    tightened = event("DetachRolePolicy", 27, detail=OWN)
    assert turned(widened(event("AttachRolePolicy", -20, detail=OWN), tightened)) == {}
