"""How the judgement of a chain is laid out wherever people read it: what lacks first, each reason once, then what is proved."""

from __future__ import annotations

from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import Anchor, AnchorState
from diagnosis.verdicts.closure import Closure, ClosureStatus, IntegrityFinding, RuleVerdict

LACKING_WORDS = {
    ClosureStatus.CLOSED: "What lacks",
    ClosureStatus.OPEN: "What is open, the first to do first",
    ClosureStatus.UNPROVEN: "What lacks proof, the first to do first",
    ClosureStatus.NON_COMPLIANT: "What would make it compliant, then what else lacks",
}
"""What stands above the rules that do not pass."""
SUBJECTS_WORDS = "The access gates by subject, which close no chain"
FINDINGS_WORDS = "Integrity: green for the wrong reason?"


def lacking_by_reason(closure: Closure) -> tuple[tuple[RuleVerdict, ...], ...]:
    """Return the rules that do not pass in the order of the next steps; those that lack for one reason stand together."""
    groups: dict[tuple[str, str], list[RuleVerdict]] = {}
    for rule in closure.lacking:
        groups.setdefault((rule.verdict.value, rule.reason), []).append(rule)
    return tuple(map(tuple, groups.values()))


def is_later(rules: tuple[RuleVerdict, ...], closure: Closure) -> bool:
    """Return whether rules are told in short: before a chain has ended in a success, what is not known yet is no news."""
    first = closure.lacking[:1]
    return closure.status is ClosureStatus.OPEN and rules[0].verdict is Verdict.UNKNOWN and rules[:1] != first


def says_more(finding: IntegrityFinding, closure: Closure) -> bool:
    """Return whether a finding has words of its own, beside those of the rule that it turned."""
    return all(rule.reason != finding.reason for rule in closure.lacking)


def anchors_by_state(anchors: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
    """Return the anchors with those first that nobody should rely on."""
    order = (AnchorState.UNVERIFIABLE, AnchorState.STATED, AnchorState.VERIFIED)
    return tuple(sorted(anchors, key=lambda anchor: order.index(anchor.state)))


def anchors_counted(anchors: tuple[Anchor, ...]) -> str:
    """Return how many anchors have each state: ``3 verified, 2 stated, 1 unverifiable``."""
    counts = ((state, sum(anchor.state is state for anchor in anchors)) for state in AnchorState)
    return ", ".join(f"{count} {state.value}" for state, count in counts if count)
