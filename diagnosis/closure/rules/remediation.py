"""What was done after each failure: an observed change at the gate that failed, and nothing outside of its plane."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.closure.catalogue import FIX_IN_PLANE, REMEDIATION_TRACED
from diagnosis.closure.history import failing_planes, fits, next_attempt
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.stated_clock import moment
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.gates import Plane
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.replay import Replay


def remediation_traced(chain: Chain) -> RuleVerdict:
    """Judge whether every failure is followed by an observed change at the place that failed, before the next attempt."""
    failed = chain.failed_with_history
    if not failed:
        return REMEDIATION_TRACED.unknown("No failure is on record.")
    proof = _statements(failed, chain.case) + tuple(
        change.evidence for replay, entry in failed for change in entry.observed if fits(change, replay)
    )
    lacking = [replay for replay, entry in failed if entry.traced is Traced.NOT_ON_RECORD]
    if lacking:
        run = lacking[0].attempt.run_id
        return REMEDIATION_TRACED.unknown(f"No remediation is on record for run {run}.", proof)
    stated = [replay for replay, entry in failed if entry.traced is Traced.STATED]
    if stated:
        account = chain.account
        read = account is not None and isinstance(account.trail, Known)
        why = "CloudTrail shows no change at the gate that failed" if read else "CloudTrail was not read"
        which = "every failure" if len(stated) == len(failed) else f"run {stated[0].attempt.run_id}"
        reason = f"Stated for {which} by the decision log; nothing observed the changes ({why})."
        return REMEDIATION_TRACED.unknown(reason, proof)
    reason = "After each failure a change at the gate that failed was observed, before the next attempt began."
    return REMEDIATION_TRACED.passes(reason, proof)


def fix_in_plane(chain: Chain) -> RuleVerdict:
    """Judge whether CloudTrail, whole for each interval, shows changes of the failing plane and of no other."""
    failed = [
        (replay, entry)
        for replay, entry in chain.failed_with_history
        if next_attempt(chain.replays, chain.replays.index(replay)) is not None
    ]
    if not failed:
        return FIX_IN_PLANE.unknown("No failure with a later attempt is on record.")
    for replay, entry in failed:
        planes = failing_planes(replay)
        changes = [change for change in entry.observed if change.evidence.kind is EvidenceKind.API_CALL]
        outside = [change for change in changes if change.plane not in planes]
        if planes and outside:
            named = " and ".join(plane.label for plane in Plane if plane in planes)
            reason = (
                f"Run {entry.run} had failed at the {named} plane; before the next attempt {outside[0].text} "
                f"touched {outside[0].plane.label} too."
            )
            step = "Prove the fix of the plane that failed in a chain in which nothing else is changed."
            return FIX_IN_PLANE.fails(reason, [change.evidence for change in outside], step)
    vague = [entry.run for replay, entry in failed if not failing_planes(replay)]
    if vague:
        return FIX_IN_PLANE.unknown(f"At which plane run {vague[0]} failed is not known.")
    unproved = [entry.run for _, entry in failed if not entry.silence_proves]
    if unproved:
        return FIX_IN_PLANE.unknown(
            f"What else was changed after run {unproved[0]} is not known: CloudTrail was not read whole for that time."
        )
    reason = "Between each failure and the next attempt nothing outside of the failing plane was changed."
    return FIX_IN_PLANE.passes(reason, [change.evidence for _, entry in failed for change in entry.observed])


def _statements(failed: Sequence[tuple[Replay, AttemptHistory]], case: Case) -> tuple[Evidence, ...]:
    runs = {replay.attempt.run_id for replay, _ in failed}
    return tuple(
        Evidence(EvidenceKind.STATED, change.text, change.source, Origin.STATED, moment(change.at))
        for change in case.changes
        if change.after_run in runs
    )
