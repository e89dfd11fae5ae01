"""Compare the times that people state (decision log, case file) with those of the runs and of CloudTrail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from diagnosis.causes import Integrity
from diagnosis.closure.history import next_attempt
from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.written_clock import clock_of
from diagnosis.gates import Verdict
from diagnosis.json_members import is_usable
from diagnosis.verdicts.chronology import AttemptHistory, ObservedChange
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

MINUTE = timedelta(seconds=60)
"""People write minutes: a statement may lie that much before what it states."""


def moment(text: str | None) -> datetime | None:
    """Parse an ISO 8601 time with its zone, as UTC; None for anything that leaves the moment open."""
    if not text:
        return None
    try:
        written = datetime.fromisoformat(text.strip())
        parsed = written.astimezone(UTC) if written.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
    return parsed if parsed is not None and is_usable(parsed) else None


def span(text: str | None) -> tuple[datetime, datetime] | None:
    """Return the earliest and the latest moment that a stated time can mean: both the same where it has a zone.

    A clock without a zone may have stood anywhere on earth. None for what is no time, or no time of a day.
    """
    exact = moment(text)
    if exact is not None:
        return exact, exact
    clock = clock_of(text)
    if clock is None or not clock.names_a_time:
        return None
    bounds = [bound for zone in clock.zones for bound in clock.within(zone)]
    return min(bounds), max(bounds)


def order_conflicts(replays: Sequence[Replay], case: Case) -> list[IntegrityFinding]:
    """Find changes whose stated time lies before the failure that they answer or after the next attempt began.

    A time without a zone conflicts only where it does so in every zone on earth.
    """
    findings = []
    for change in case.changes:
        bounds = span(change.at)
        position = _answered(replays, change)
        if bounds is None or position is None:
            continue
        earliest, latest = bounds
        attempt = replays[position].attempt
        after_it = next_attempt(replays, position)
        following = after_it.attempt if after_it is not None else None
        before = attempt.started_at is not None and latest < attempt.started_at
        after = following is not None and following.started_at is not None and earliest > following.started_at
        if before or after:
            where = f"before run {attempt.run_id} began" if before else "after the next attempt had begun"
            reason = f"{change.source} states the change at {change.at}, {where}: the order of events is not proved."
            findings.append(_conflict(reason, change, ()))
    return findings


def _answered(replays: Sequence[Replay], change: StatedChange) -> int | None:
    """Return the place of the attempt that the change answers: the one that it names, else the run's last."""
    places = [
        place
        for place, replay in enumerate(replays)
        if replay.attempt.run_id == change.after_run and change.after_attempt in (None, replay.attempt.attempt)
    ]
    return places[-1] if places else None


def trail_conflicts(replays: Sequence[Replay], history: Sequence[AttemptHistory], case: Case) -> list[IntegrityFinding]:
    """Find statements that CloudTrail contradicts: stated before it happened, or observed outside of the stated interval only.

    A statement without a time cannot disagree about order; an interval in which nothing was observed disagrees only where
    CloudTrail covers it whole and shows a change of the same kind elsewhere.
    """
    findings = []
    for change in case.changes:
        at = moment(change.at)
        found = [
            (replay, entry)
            for replay, entry in zip(replays, history, strict=True)
            if replay.attempt.run_id == change.after_run
        ]
        if not found:
            continue
        _, entry = found[-1]
        seen = [item for item in entry.observed if item.evidence.kind is EvidenceKind.API_CALL and item.at is not None]
        first = min((item.at for item in seen if item.at is not None), default=None)
        if at is not None and first is not None and at < first - MINUTE:
            reason = (
                f"{change.source} states the change at {change.at}, CloudTrail shows it at {first:%Y-%m-%dT%H:%M:%SZ}: "
                "the statement is older than what it states."
            )
            findings.append(_conflict(reason, change, tuple(item.evidence for item in seen)))
        elif not seen and entry.silence_proves:
            elsewhere = _elsewhere(found[-1][0], replays, history)
            if elsewhere:
                reason = (
                    f"{change.source} states a change after run {change.after_run}; CloudTrail shows none between that "
                    f"run and the next attempt, but {elsewhere[0].text} at another time."
                )
                findings.append(_conflict(reason, change, tuple(item.evidence for item in elsewhere)))
    return findings


def _elsewhere(
    replay: Replay, replays: Sequence[Replay], history: Sequence[AttemptHistory]
) -> tuple[ObservedChange, ...]:
    """Return observed changes at the gate that failed here, from other intervals that need no such change themselves."""
    gate = next((verdict.gate for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)
    if gate is None:
        return ()
    return tuple(
        item
        for other, entry in zip(replays, history, strict=True)
        if other is not replay and other.at(gate).verdict is not Verdict.FAIL
        for item in entry.observed
        if gate in item.gates and item.evidence.kind is EvidenceKind.API_CALL
    )


def _conflict(reason: str, change: StatedChange, observed: tuple[Evidence, ...]) -> IntegrityFinding:
    stated = Evidence(EvidenceKind.STATED, change.text, change.source, Origin.STATED, moment(change.at))
    return IntegrityFinding(slug=Integrity.CLOCK_CONFLICT, reason=reason, evidence=(stated, *observed))
