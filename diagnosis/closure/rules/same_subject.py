"""The subject: whether the closing run proves the one that failed, by the presented subjects if known, else by the ref."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Integrity
from diagnosis.closure.catalogue import SAME_SUBJECT
from diagnosis.closure.judged_chain import Chain
from diagnosis.verdicts.chronology import AttemptHistory
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.replay import Replay


def same_subject(chain: Chain) -> RuleVerdict:
    """Judge whether the closing run proves the subject that failed."""
    replays, history = chain.replays, chain.history
    changed = next((finding for finding in chain.findings if finding.slug == Integrity.REF_CHANGED_IN_CHAIN), None)
    if changed:
        return SAME_SUBJECT.fails(changed.reason, changed.evidence)
    if chain.closing is None:
        return SAME_SUBJECT.not_yet()
    seen = [entry for entry in history if entry.subject]
    proof = [entry.subject_evidence for entry in seen if entry.subject_evidence]
    subjects = _subjects_of_one_session(replays, history)
    if len(subjects) > 1:
        return SAME_SUBJECT.fails(
            f"CloudTrail shows {len(subjects)} subjects in the chain: {', '.join(subjects)}.", proof
        )
    # Jobs of a release may have environments of their own: only what the attempts as wholes name is compared.
    named = list(dict.fromkeys(replay.attempt.environment for replay in (*chain.failed, chain.closing)))
    if len(named) > 1:
        told = ", ".join(name or "none" for name in named)
        return SAME_SUBJECT.fails(f"The attempts ran in {len(named)} deployment environments: {told}.", proof)
    if len({entry.subject for entry in seen}) == 1 and len(seen) == len(replays):
        return SAME_SUBJECT.passes(f"Every attempt presented {subjects[0]}, as CloudTrail shows.", proof)
    return SAME_SUBJECT.passes(f"All attempts ran on {replays[-1].attempt.ref}.", proof)


def _subjects_of_one_session(replays: Sequence[Replay], history: Sequence[AttemptHistory]) -> list[str]:
    """Return the subjects that one job presented in the chain: of several jobs, those of the one that presented the most.

    Jobs of a release may have environments and roles of their own, and thereby subjects: which of them decided may change.
    """
    found: dict[str, dict[str, None]] = {}
    for replay, entry in zip(replays, history, strict=False):
        if entry.subject:
            found.setdefault(_deciding_job(replay), {})[entry.subject] = None
    if "" in found:
        return list(dict.fromkeys(subject for subjects in found.values() for subject in subjects))
    return max((list(subjects) for subjects in found.values()), key=len, default=[])


def _deciding_job(replay: Replay) -> str:
    """Return the id of the job whose session the attempt's facts are; empty where that may be several, or none is told apart."""
    own = replay.facts
    jobs = {
        session.job_id
        for session in replay.sessions
        if (session.facts.role_arn, session.facts.environment) == (own.role_arn, own.environment)
    }
    return jobs.pop() if len(jobs) == 1 else ""
