"""The grants: bounded to what the release needs today, and not widened on the way without a word."""

from __future__ import annotations

from diagnosis.closure.catalogue import NO_UNDOCUMENTED_WIDENING, SCOPE_BOUNDED
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.widening import judge_widening
from diagnosis.gates import Gate
from diagnosis.verdicts.closure import RuleVerdict


def scope_bounded(chain: Chain) -> RuleVerdict:
    """Judge whether the role is granted no more than the release needs."""
    if chain.live is None:
        return SCOPE_BOUNDED.unknown("The account was not read.")
    verdict = chain.live.at(Gate.LEAST_PRIVILEGE)
    return SCOPE_BOUNDED.verdict(verdict.verdict, verdict.reason, verdict.evidence)


def no_undocumented_widening(chain: Chain) -> RuleVerdict:
    """Judge what was widened on the way."""
    verdict, reason, evidence = judge_widening(chain.replays, chain.live, chain.case)
    return NO_UNDOCUMENTED_WIDENING.verdict(verdict, reason, evidence)
