"""Tell what was done between an attempt and the next one, by CloudTrail and GitHub's record, or as people state it.

A remediation is *observed* where a change at the gate that failed lies between the failure and the next attempt. What the
decision log states stays *stated*. Where CloudTrail was not read, or not whole, its silence proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from diagnosis.causes import Cause
from diagnosis.closure.observed_changes import changes_between
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import TrailEvent
from diagnosis.facts.workflow_diff import workflow_changes
from diagnosis.gates import Gate, Owner, Plane, Verdict
from diagnosis.live.observed_subject import session_evidence
from diagnosis.live.run_claims import RunClaims
from diagnosis.verdicts.chronology import AttemptHistory, ObservedChange, Traced
from diagnosis.verdicts.replay import Replay

DELIVERY = timedelta(minutes=15)
"""CloudTrail may list an event this much later than it happened."""
_PASSES_WHEN_RERUN = frozenset({Cause.TRANSIENT, Cause.TOKEN_EXPIRED})
NO_TRIAL = frozenset({"cancelled", "skipped"})
"""Conclusions of an attempt that tried nothing."""
_SHOWN = 4


def history_of(replays: Sequence[Replay], account: AccountState | None, case: Case) -> tuple[AttemptHistory, ...]:
    """Return one entry for each attempt, in their order."""
    attempts = [replay.attempt for replay in replays]
    return tuple(
        _entry(replay, next_attempt(replays, position), account, _answering(case, replay.attempt, attempts))
        for position, replay in enumerate(replays)
    )


def _answering(case: Case, attempt: Attempt, chain: Sequence[Attempt]) -> Case:
    return replace(case, changes=case.changes_after(attempt, chain))


def next_attempt(replays: Sequence[Replay], position: int) -> Replay | None:
    """Return the attempt that followed; one that was cancelled or skipped tried nothing and does not count."""
    return next((item for item in replays[position + 1 :] if item.attempt.conclusion not in NO_TRIAL), None)


def failing_gates(replay: Replay) -> tuple[Gate, ...]:
    """Return every gate that failed: jobs of one run may be refused at different ones."""
    return tuple(verdict.gate for verdict in replay.gates if verdict.verdict is Verdict.FAIL)


def failing_planes(replay: Replay) -> frozenset[Plane]:
    """Return every plane at which an attempt was stopped; none where that is not known, or nothing stopped it."""
    planes = frozenset(gate.plane for gate in failing_gates(replay))
    return planes or (frozenset({replay.stopped_by.plane}) if replay.stopped_by else frozenset())


def failing_plane(replay: Replay) -> Plane | None:
    """Return the plane at which an attempt stopped; None where that is not known, or nothing stopped it."""
    gate = failing_gate(replay)
    if gate is not None:
        return gate.plane
    return replay.stopped_by.plane if replay.stopped_by else None


def failing_gate(replay: Replay) -> Gate | None:
    """Return the first gate that failed."""
    return next((verdict.gate for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)


def _entry(replay: Replay, after: Replay | None, account: AccountState | None, case: Case) -> AttemptHistory:
    attempt = replay.attempt
    begin, end = _moment_of_failure(replay), _start(after)
    observed: list[ObservedChange] = []
    proves = False
    if account is not None and isinstance(account.trail, Known) and begin is not None:
        trail = account.trail.value
        until = end or trail.until
        observed += changes_between(trail, begin, until)
        settled = account.read_at is not None and until + DELIVERY <= account.read_at
        proves = trail.complete and settled and trail.since <= begin and until <= trail.until
    if after is not None:
        observed += _by_github(replay, after)
    session = _session(replay, account, case)
    traced, statement = _traced(replay, observed, case)
    return AttemptHistory(
        run=attempt.run_id,
        attempt=attempt.attempt,
        traced=traced,
        statement=statement,
        observed=tuple(observed),
        subject=session.subject if session else None,
        role=session.target or None if session else None,
        subject_evidence=session_evidence(session) if session else None,
        silence_proves=proves,
    )


def _session(replay: Replay, account: AccountState | None, case: Case) -> TrailEvent | None:
    if account is None or not isinstance(account.trail, Known):
        return None
    return RunClaims.of(replay, account, case).session


def _traced(replay: Replay, observed: Sequence[ObservedChange], case: Case) -> tuple[Traced, str]:
    if replay.attempt.conclusion == "success" or _passes_when_rerun(replay):
        return Traced.NOT_NEEDED, ""
    fitting = [change for change in observed if fits(change, replay)]
    if fitting and all(any(gate in change.gates for change in fitting) for gate in failing_gates(replay)):
        return Traced.OBSERVED, _sentence(fitting)
    stated = next(iter(case.changes), None)
    if stated is not None:
        return Traced.STATED, f"{stated.text} ({stated.source})"
    return Traced.NOT_ON_RECORD, ""


def fits(change: ObservedChange, replay: Replay) -> bool:
    """Return whether the change is at the place that failed: at a failing gate, or in the registry's state where that failed."""
    gates = failing_gates(replay)
    if gates:
        return any(gate in change.gates for gate in gates)
    plane = failing_plane(replay)
    return plane is not None and change.plane is plane and not change.gates


def _passes_when_rerun(replay: Replay) -> bool:
    causes = {verdict.cause for verdict in replay.gates if verdict.verdict is Verdict.FAIL}
    causes |= {replay.stopped_by.cause} if replay.stopped_by else set()
    return bool(causes & _PASSES_WHEN_RERUN)


def _sentence(changes: Sequence[ObservedChange]) -> str:
    told = [
        f"{change.text}{f' by {change.who}' if change.who else ''}{f' at {utc(change.at)}' if change.at else ''}"
        for change in changes[:_SHOWN]
    ]
    more = f"; and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return "; ".join(told) + more


def utc(moment: datetime) -> str:
    """Return a moment as it stands in sentences: UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _moment_of_failure(replay: Replay) -> datetime | None:
    """Return when the run was refused: by the line that shows it, else its start."""
    found = replay.stopped_by.evidence if replay.stopped_by else None
    start = replay.attempt.started_at or replay.attempt.created_at
    if found is not None and found.at is not None and found.at >= start:
        return found.at
    return start


def _start(after: Replay | None) -> datetime | None:
    return (after.attempt.started_at or after.attempt.created_at) if after else None


def _by_github(replay: Replay, after: Replay) -> list[ObservedChange]:
    """Return what GitHub's own record of two attempts shows to differ: the ref, the workflow file, the commit."""
    first, second = replay.attempt, after.attempt
    found: list[ObservedChange] = []
    if first.ref != second.ref:
        text = f"the next attempt ran on {second.ref}, not on {first.ref}"
        found.append(_recorded(second, text, Plane.AUTHENTICATION, (Gate.ROLE_ASSUMPTION,)))
    changes = workflow_changes(first, second)
    if isinstance(changes, Known) and changes.value:
        # The file belongs to release engineering: its change can only mend what is theirs.
        theirs = tuple(
            verdict.gate
            for verdict in replay.gates
            if verdict.verdict is Verdict.FAIL and verdict.owner is Owner.RELEASE_ENGINEERING
        )
        lines = "; ".join(f"{item.path}: {item.lines[0].summary}" for item in changes.value if item.lines)
        text = f"the workflow changed from commit {first.head_sha[:7]} to {second.head_sha[:7]} ({lines})"
        found.append(_recorded(second, text, theirs[0].plane if theirs else Plane.OTHER, theirs))
    elif first.head_sha != second.head_sha:
        text = f"the commit changed from {first.head_sha[:7]} to {second.head_sha[:7]}"
        found.append(_recorded(second, text, Plane.OTHER, ()))
    return found


def _recorded(attempt: Attempt, text: str, plane: Plane, gates: tuple[Gate, ...]) -> ObservedChange:
    proof = Evidence(EvidenceKind.RUN, text, attempt.html_url, attempt.origin, attempt.created_at)
    return ObservedChange(text, attempt.created_at, attempt.actor, plane, gates, proof)
