"""What the release left behind: evidence files that are there and measure something, and the entry in the decision log."""

from __future__ import annotations

from diagnosis.closure.evidence.artifacts import judge_evidence_consistent, judge_evidence_present
from diagnosis.closure.evidence.decision_log import judge_clock, judge_decision_log
from diagnosis.closure.judged_chain import Chain
from diagnosis.verdicts.closure import RuleVerdict


def evidence_present(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence files lie where the case says."""
    return judge_evidence_present(chain.replays, chain.case, chain.account, chain.facts)


def evidence_consistent(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence contradicts the closing run, or itself."""
    return judge_evidence_consistent(chain.replays, chain.case, chain.account, chain.facts)


def decision_log(chain: Chain) -> RuleVerdict:
    """Judge whether the entry is in the decision log."""
    return judge_decision_log(chain.case, chain.facts)


def decision_log_clock(chain: Chain) -> RuleVerdict:
    """Judge whether the entry's time can be that of an entry about this chain."""
    return judge_clock(chain.replays, chain.case, chain.facts)
