"""Say in one or two sentences what the judgement of a chain is, so that nobody takes a part of it for the whole."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Integrity
from diagnosis.closure.catalogue import SAME_SUBJECT
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import (
    ClosureStatus,
    IntegrityFinding,
    RuleVerdict,
    SubjectClosure,
    SubjectState,
)


def sentence(
    status: ClosureStatus,
    rules: Sequence[RuleVerdict],
    findings: Sequence[IntegrityFinding],
    subjects: Sequence[SubjectClosure],
    next_steps: Sequence[str],
) -> str:
    """Return the judgement in words. Of several subjects it says which of them the access gates are closed for."""
    first = f" {next_steps[0]}" if next_steps else ""
    if status is ClosureStatus.CLOSED:
        return "Every rule of closure is proved."
    if status is ClosureStatus.OPEN:
        return f"The chain has not ended in a success yet. Next:{first}"
    if status is ClosureStatus.NON_COMPLIANT:
        breach = next(rule for rule in rules if rule.verdict is Verdict.FAIL and rule.breach)
        return f"Not acceptable as closure: {breach.reason} To become compliant:{first}"
    return _unproven(rules, findings) + _by_subject(subjects)


def _unproven(rules: Sequence[RuleVerdict], findings: Sequence[IntegrityFinding]) -> str:
    short = [rule for rule in rules if rule.verdict is not Verdict.PASS]
    changed = next((finding for finding in findings if finding.slug == Integrity.REF_CHANGED_IN_CHAIN), None)
    if changed is None:
        return f"The chain ends in success, but {len(short)} of {len(rules)} rules lack proof."
    rest = [rule for rule in short if rule.rule != SAME_SUBJECT.id]
    more = f" {len(rest)} further rule{'s' if len(rest) != 1 else ''} lack{'s' if len(rest) == 1 else ''} proof."
    return f"The chain ends in success, but {changed.reason[0].lower()}{changed.reason[1:]}{more if rest else ''}"


def _by_subject(subjects: Sequence[SubjectClosure]) -> str:
    if len(subjects) < 2:
        return ""
    told = [
        f"{state.value} for {' and '.join(names)}"
        for state in SubjectState
        if (names := [each.subject for each in subjects if each.state is state])
    ]
    return f" The access gates by themselves (the chain is not closed) are {', '.join(told)}."
