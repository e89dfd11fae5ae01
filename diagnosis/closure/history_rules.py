"""The closure rules that rest on the history: a remediation for each failure, at its own plane, and one subject throughout."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Integrity
from diagnosis.closure.history import failing_plane, fits, next_attempt
from diagnosis.closure.stated_clock import moment
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.closure import IntegrityFinding, RuleVerdict
from diagnosis.verdicts.replay import Replay


def same_subject(
    replays: Sequence[Replay], findings: Sequence[IntegrityFinding], history: Sequence[AttemptHistory]
) -> RuleVerdict:
    """The closing run proves the subject that failed: by the subjects as presented where they were seen, else by the ref."""
    slug, title = "same-subject", "The closing run proves the subject that failed"
    changed = next((finding for finding in findings if finding.slug == Integrity.REF_CHANGED_IN_CHAIN), None)
    if changed:
        return RuleVerdict(slug, title, Verdict.FAIL, changed.reason, changed.evidence)
    if not replays or replays[-1].attempt.conclusion != "success":
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "There is no closing run yet.")
    seen = [entry for entry in history if entry.subject]
    proof = tuple(entry.subject_evidence for entry in seen if entry.subject_evidence)
    subjects = list(dict.fromkeys(entry.subject or "" for entry in seen))
    if len(subjects) > 1:
        reason = f"CloudTrail shows {len(subjects)} subjects in the chain: {', '.join(subjects)}."
        return RuleVerdict(slug, title, Verdict.FAIL, reason, proof)
    if subjects and len(seen) == len(replays):
        reason = f"Every attempt presented {subjects[0]}, as CloudTrail shows."
        return RuleVerdict(slug, title, Verdict.PASS, reason, proof)
    return RuleVerdict(slug, title, Verdict.PASS, f"All attempts ran on {replays[-1].attempt.ref}.", proof)


def remediation_traced(
    replays: Sequence[Replay], history: Sequence[AttemptHistory], case: Case, account: AccountState | None
) -> RuleVerdict:
    """``pass`` where every failure is followed by an observed change at the place that failed, before the next attempt."""
    slug, title = "remediation-traced", "A remediation between each failure and the next attempt"
    failed = _failed(replays, history)
    if not failed:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No failure is on record.")
    proof = _statements(failed, case) + tuple(
        change.evidence for replay, entry in failed for change in entry.observed if fits(change, replay)
    )
    lacking = [replay for replay, entry in failed if entry.traced is Traced.NOT_ON_RECORD]
    if lacking:
        run = lacking[0].attempt.run_id
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"No remediation is on record for run {run}.", proof)
    stated = [replay for replay, entry in failed if entry.traced is Traced.STATED]
    if stated:
        read = account is not None and isinstance(account.trail, Known)
        why = "CloudTrail shows no change at the gate that failed" if read else "CloudTrail was not read"
        which = "every failure" if len(stated) == len(failed) else f"run {stated[0].attempt.run_id}"
        reason = f"Stated for {which} by the decision log; nothing observed the changes ({why})."
        return RuleVerdict(slug, title, Verdict.UNKNOWN, reason, proof)
    reason = "After each failure a change at the gate that failed was observed, before the next attempt began."
    return RuleVerdict(slug, title, Verdict.PASS, reason, proof)


def fix_in_plane(replays: Sequence[Replay], history: Sequence[AttemptHistory]) -> RuleVerdict:
    """``pass`` where CloudTrail, whole for each interval, shows changes of the failing plane and of no other."""
    slug, title = "fix-in-plane", "Each fix touched only the plane that had failed"
    failed = [
        (replay, entry)
        for replay, entry in _failed(replays, history)
        if next_attempt(replays, list(replays).index(replay)) is not None
    ]
    if not failed:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No failure with a later attempt is on record.")
    for replay, entry in failed:
        plane = failing_plane(replay)
        changes = [change for change in entry.observed if change.evidence.kind is EvidenceKind.API_CALL]
        outside = [change for change in changes if plane is not None and change.plane is not plane]
        if plane is not None and outside:
            reason = (
                f"Run {entry.run} had failed at the {plane.label} plane; before the next attempt {outside[0].text} "
                f"touched {outside[0].plane.label} too."
            )
            return RuleVerdict(slug, title, Verdict.FAIL, reason, tuple(change.evidence for change in outside))
    vague = [entry.run for replay, entry in failed if failing_plane(replay) is None]
    if vague:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"At which plane run {vague[0]} failed is not known.")
    unproved = [entry.run for _, entry in failed if not entry.silence_proves]
    if unproved:
        reason = (
            f"What else was changed after run {unproved[0]} is not known: CloudTrail was not read whole for that time."
        )
        return RuleVerdict(slug, title, Verdict.UNKNOWN, reason)
    proof = tuple(change.evidence for _, entry in failed for change in entry.observed)
    reason = "Between each failure and the next attempt nothing outside of the failing plane was changed."
    return RuleVerdict(slug, title, Verdict.PASS, reason, proof)


def _failed(replays: Sequence[Replay], history: Sequence[AttemptHistory]) -> list[tuple[Replay, AttemptHistory]]:
    return [
        (replay, entry)
        for replay, entry in zip(replays, history, strict=False)
        if replay.attempt.conclusion == "failure"
    ]


def _statements(failed: Sequence[tuple[Replay, AttemptHistory]], case: Case) -> tuple[Evidence, ...]:
    runs = {replay.attempt.run_id for replay, _ in failed}
    return tuple(
        Evidence(EvidenceKind.STATED, change.text, change.source, Origin.STATED, moment(change.at))
        for change in case.changes
        if change.after_run in runs
    )
