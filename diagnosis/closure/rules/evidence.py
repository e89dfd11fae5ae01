"""What the release left behind: evidence files that are there and measure something, and the entry in the decision log."""

from __future__ import annotations

from diagnosis.causes import Integrity
from diagnosis.closure.catalogue import EVIDENCE_MEASURED
from diagnosis.closure.evidence.artifacts import judge_evidence_consistent, judge_evidence_present
from diagnosis.closure.evidence.decision_log import judge_clock, judge_decision_log
from diagnosis.closure.judged_chain import Chain
from diagnosis.facts.reading import Known
from diagnosis.verdicts.closure import RuleVerdict


def evidence_present(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence files lie where the case says."""
    return judge_evidence_present(chain.replays, chain.case, chain.account, chain.facts)


def evidence_consistent(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence contradicts the closing run, or itself."""
    return judge_evidence_consistent(chain.replays, chain.case, chain.account, chain.facts)


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
    """Judge whether the entry is in the decision log."""
    return judge_decision_log(chain.case, chain.facts)


def decision_log_clock(chain: Chain) -> RuleVerdict:
    """Judge whether the entry's time can be that of an entry about this chain."""
    return judge_clock(chain.replays, chain.case, chain.facts)
