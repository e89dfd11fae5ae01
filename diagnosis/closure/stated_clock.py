"""The clock of what people state (decision log, case file) against the clock of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from diagnosis.case import Case
from diagnosis.evidence import Evidence, EvidenceKind, Origin
from diagnosis.verdicts import IntegrityFinding, Replay


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 time with its zone, as a UTC datetime; None for anything that leaves the moment open."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo is not None else None


def order_conflicts(replays: Sequence[Replay], case: Case) -> list[IntegrityFinding]:
    """Stated changes whose stated time lies before the failure that they answer or after the next attempt began.

    A time without a zone cannot conflict and cannot confirm; the closure rule on remediation says so.
    """
    findings = []
    for change in case.changes:
        at = moment(change.at)
        position = next((i for i, replay in enumerate(replays) if replay.attempt.run_id == change.after_run), None)
        if at is None or position is None:
            continue
        attempt = replays[position].attempt
        following = replays[position + 1].attempt if position + 1 < len(replays) else None
        before = attempt.started_at is not None and at < attempt.started_at
        after = following is not None and following.started_at is not None and at > following.started_at
        if before or after:
            where = f"before run {attempt.run_id} began" if before else "after the next attempt had begun"
            findings.append(
                IntegrityFinding(
                    slug="clock-conflict",
                    reason=f"{change.source} states the change at {change.at}, {where}: "
                    "the order of events is not proved.",
                    evidence=(
                        Evidence(
                            kind=EvidenceKind.STATED,
                            text=change.text,
                            address=change.source,
                            origin=Origin.STATED,
                            at=at,
                        ),
                    ),
                )
            )
    return findings
