"""What the release left behind: evidence files that are there and measure something, and the entry in the decision log."""

from __future__ import annotations

from diagnosis.causes import Integrity
from diagnosis.closure.catalogue import DECISION_LOG, EVIDENCE_MEASURED, EVIDENCE_PRESENT
from diagnosis.closure.judged_chain import Chain
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known
from diagnosis.verdicts.closure import RuleVerdict


def evidence_present(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence files lie where the case says."""
    case, account = chain.case, chain.account
    if case.evidence_root is None:
        return EVIDENCE_PRESENT.unknown("No evidence root is named (case file: evidence_root).")
    if account is None:
        return EVIDENCE_PRESENT.unknown("The evidence root was not read.")
    reading = account.evidence_objects
    if isinstance(reading, Absent):
        return EVIDENCE_PRESENT.fails(f"Nothing lies under {case.evidence_root}.")
    if not isinstance(reading, Known):
        return EVIDENCE_PRESENT.unknown(f"The evidence root could not be read: {reading.why}.")
    present = {item.key.rpartition("/")[2] for item in reading.value}
    lacking = [name for name in case.evidence_artifacts if name not in present]
    text = f"{len(reading.value)} objects under {case.evidence_root}"
    proof = [Evidence(EvidenceKind.API_CALL, text, "s3:ListBucket", Origin.LIVE, account.read_at)]
    if lacking or not present:
        return EVIDENCE_PRESENT.fails(f"Missing: {', '.join(lacking) or 'every object'}.", proof)
    return EVIDENCE_PRESENT.passes(f"All {len(present)} objects are there.", proof)


def evidence_measured(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence tells what was measured."""
    asserted = [finding for finding in chain.findings if finding.slug == Integrity.SELF_ASSERTED_EVIDENCE]
    if asserted:
        return EVIDENCE_MEASURED.unknown(asserted[0].reason, asserted[0].evidence)
    artifacts = chain.replays[-1].attempt.artifacts if chain.replays else None
    if not isinstance(artifacts, Known):
        return EVIDENCE_MEASURED.unknown("The closing run's artifacts were not read.")
    if not artifacts.value:
        return EVIDENCE_MEASURED.unknown("The closing run left no artifacts.")
    return EVIDENCE_MEASURED.passes("No artifact's verdict is a constant of the workflow text.")


def decision_log(chain: Chain) -> RuleVerdict:
    """Judge whether an entry of the decision log is anchored."""
    case = chain.case
    if not case.decision_log:
        return DECISION_LOG.unknown("No decision log is named (case file: decision_log).")
    text = case.decision_log_entry or case.decision_log
    proof = [Evidence(EvidenceKind.STATED, text, case.decision_log, Origin.STATED)]
    if not case.decision_log_entry:
        return DECISION_LOG.unknown("The decision log is named, its entry is not.", proof)
    return DECISION_LOG.passes("The entry is anchored (stated; its content was not read).", proof)
