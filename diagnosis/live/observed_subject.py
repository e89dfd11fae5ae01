"""Find the subject that a run presented, by CloudTrail: the surest proof of a subject, where exactly one event fits the run.

An event of AssumeRoleWithWebIdentity names no run. It counts for one where it lies in the run's time, asks for the run's
role, and carries a subject of the run's repository; where two runs overlapped and their subjects differ, it proves
nothing unless only one of them is possible for this run.
"""

from __future__ import annotations

from datetime import timedelta

from diagnosis.claims.claim_set import read_subject
from diagnosis.claims.subject_claim import PossibleClaims
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.names.arn import Arn

SESSION_EVENT = "AssumeRoleWithWebIdentity"
TRAIL_ADDRESS = "cloudtrail:LookupEvents"
_CLOCKS_DIFFER = timedelta(seconds=60)
"""GitHub's clock and AWS's may differ by some seconds; events carry whole seconds."""


def session_of(
    trail: Reading[Trail], attempt: Attempt, role_arn: Arn | None, possible: PossibleClaims
) -> TrailEvent | None:
    """Return the event with which this attempt asked for its role; None where none fits, or more than one could."""
    if not isinstance(trail, Known) or attempt.started_at is None or attempt.updated_at is None:
        return None
    begin, end = attempt.started_at - _CLOCKS_DIFFER, attempt.updated_at + _CLOCKS_DIFFER
    events = [
        event
        for event in trail.value.events
        if event.name == SESSION_EVENT
        and event.subject
        and begin <= event.at <= end
        and same_role(event.target, role_arn)
        and _of_repository(event.subject, attempt)
    ]
    by_subject = {event.subject: event for event in events}
    expected = {subject: event for subject, event in by_subject.items() if subject in possible.subjects}
    if len(expected) == 1:
        return next(iter(expected.values()))
    # A subject beyond the computed ones is believed where the run's own could not be computed for certain.
    if not expected and len(by_subject) == 1 and not possible.certain:
        return next(iter(by_subject.values()))
    return None


def same_role(target: str, role_arn: Arn | None) -> bool:
    """Return whether an event is about the role: by ARN, or by name where the record holds only that; empty fits any."""
    if not target or not role_arn:
        return True
    return target in (str(role_arn), role_arn.name)


def _of_repository(subject: str, attempt: Attempt) -> bool:
    """Return whether the subject names the attempt's repository; one of an own template that names none may be its."""
    read = read_subject(subject)
    return read is None or read.repository.lower() == attempt.repository.full_name.lower()


def session_evidence(event: TrailEvent) -> Evidence:
    """Return the event as evidence."""
    refused = f", refused: {event.error_code}" if event.error_code else ""
    return Evidence(
        kind=EvidenceKind.API_CALL,
        text=f"subject as presented: {event.subject}{refused}",
        address=TRAIL_ADDRESS,
        origin=Origin.LIVE,
        at=event.at,
    )


def in_form_of(possible: PossibleClaims, observed: PossibleClaims) -> PossibleClaims:
    """Return the claims for another ref, in the form of subject that was observed for this run's own."""
    seen = observed.sets[0]
    same = tuple(item for item in possible.sets if (item.form, item.template) == (seen.form, seen.template))
    return PossibleClaims(same, possible.issuer, possible.repository) if same and not seen.customised else possible
