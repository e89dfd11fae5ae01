"""Judge closure: whether the chain fail, fix, fail, fix, success is complete, in one workflow, for the right reasons.

``closed`` needs every rule to pass. A rule that cannot be decided makes the chain ``unproven``; a breach makes it
``non-compliant``; without a success at its end it is ``open``. A finding of :mod:`diagnosis.closure.integrity` never
stands beside ``closed``: it turns the rule that it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from diagnosis.causes import Integrity
from diagnosis.closure import catalogue
from diagnosis.closure.integrity import integrity_findings
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.rules import (
    attempts,
    closing_run,
    evidence,
    image,
    remediation,
    same_release,
    same_subject,
    scope,
)
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts
from diagnosis.gates import Verdict
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.chronology import AttemptHistory
from diagnosis.verdicts.closure import Closure, ClosureStatus, IntegrityFinding, RuleVerdict
from diagnosis.verdicts.replay import Replay

RULES: tuple[tuple[catalogue.RuleRecord, Callable[[Chain], RuleVerdict]], ...] = (
    (catalogue.CHAIN_COMPLETE, attempts.chain_complete),
    (catalogue.BOTH_PLANES, attempts.both_planes),
    (catalogue.OWN_BOUNDARY, attempts.own_boundary),
    (catalogue.SAME_WORKFLOW, same_release.same_workflow),
    (catalogue.SAME_SUBJECT, same_subject.same_subject),
    (catalogue.REMEDIATION_TRACED, remediation.remediation_traced),
    (catalogue.FIX_IN_PLANE, remediation.fix_in_plane),
    (catalogue.POSITIVE_PATH, closing_run.positive_path),
    (catalogue.NO_STATIC_CREDENTIALS, closing_run.no_static_credentials),
    (catalogue.NO_OVERRIDE, closing_run.no_override),
    (catalogue.TAG_AND_DIGEST, image.tag_and_digest),
    (catalogue.NO_SIDE_CHANNEL, image.no_side_channel),
    (catalogue.EVIDENCE_PRESENT, evidence.evidence_present),
    (catalogue.EVIDENCE_MEASURED, evidence.evidence_measured),
    (catalogue.DECISION_LOG, evidence.decision_log),
    (catalogue.SCOPE_BOUNDED, scope.scope_bounded),
    (catalogue.NO_UNDOCUMENTED_WIDENING, scope.no_undocumented_widening),
)
"""Every rule with the function that judges it, in the order in which they are shown."""

CONCERNS: dict[Integrity, catalogue.RuleRecord] = {
    Integrity.REF_CHANGED_IN_CHAIN: catalogue.SAME_SUBJECT,
    Integrity.REF_LAUNDERING: catalogue.SAME_SUBJECT,
    Integrity.GATE_DEMOTED: catalogue.NO_OVERRIDE,
    Integrity.SELF_ASSERTED_EVIDENCE: catalogue.EVIDENCE_MEASURED,
    Integrity.SIDE_CHANNEL_PUBLISH: catalogue.NO_SIDE_CHANNEL,
    Integrity.WILDCARD_ESCALATION: catalogue.NO_UNDOCUMENTED_WIDENING,
    Integrity.UNDOCUMENTED_WIDENING: catalogue.NO_UNDOCUMENTED_WIDENING,
    Integrity.CLOCK_CONFLICT: catalogue.REMEDIATION_TRACED,
}
"""The rule that each finding turns."""


def judge_closure(
    replays: Sequence[Replay],
    subject: Replay | None,
    live: Assessment | None,
    case: Case,
    history: Sequence[AttemptHistory],
    facts: ClosureFacts = NOTHING_READ,
    today: date | None = None,
) -> Closure:
    """Judge the chain by every rule.

    ``subject`` is the attempt whose workflow file counts, and for which ``live`` was judged: the account alone can tell
    of the scope, the image and the evidence objects. ``history`` has one entry for each replay: what was done between the
    attempts (:func:`diagnosis.closure.history.history_of`). ``today`` is the day against which expiries are held.
    """
    chain = Chain(tuple(replays), subject, live, case, tuple(history), facts, made_on=today)
    findings = integrity_findings(chain.replays, chain.workflow, chain.account, case, history)
    chain = chain.with_findings(findings)
    rules = tuple(_turned(judge(chain), findings) for _, judge in RULES)
    status = _status(chain, rules)
    return Closure(
        status=status,
        sentence=_sentence(status, rules, findings),
        rules=rules,
        integrity=findings,
        next_steps=_next_steps(rules),
    )


def _turned(rule: RuleVerdict, findings: Sequence[IntegrityFinding]) -> RuleVerdict:
    """Return the rule's verdict; one that passes beside a finding that concerns it does not pass."""
    own = [finding for finding in findings if CONCERNS[finding.slug].id == rule.rule]
    if rule.verdict is not Verdict.PASS or not own:
        return rule
    worst = next((finding for finding in own if finding.breaks_closure), own[0])
    return replace(
        rule,
        verdict=Verdict.FAIL if worst.breaks_closure else Verdict.UNKNOWN,
        reason=worst.reason,
        evidence=(*worst.evidence, *rule.evidence),
        next_step=worst.slug.record.next_step,
    )


def _status(chain: Chain, rules: Sequence[RuleVerdict]) -> ClosureStatus:
    if any(rule.verdict is Verdict.FAIL and rule.breach for rule in rules):
        return ClosureStatus.NON_COMPLIANT
    if chain.closing is None:
        return ClosureStatus.OPEN
    if all(rule.verdict is Verdict.PASS for rule in rules):
        return ClosureStatus.CLOSED
    return ClosureStatus.UNPROVEN


def _next_steps(rules: Sequence[RuleVerdict]) -> tuple[str, ...]:
    """Return what to do, each once: breaches first, then what failed, then what is not known."""

    def rank(rule: RuleVerdict) -> int:
        return 2 if rule.verdict is not Verdict.FAIL else 0 if rule.breach else 1

    short = [rule for rule in rules if rule.verdict is not Verdict.PASS]
    return tuple(dict.fromkeys(rule.next_step for rule in sorted(short, key=rank)))


def _sentence(status: ClosureStatus, rules: Sequence[RuleVerdict], findings: Sequence[IntegrityFinding]) -> str:
    short = [rule for rule in rules if rule.verdict is not Verdict.PASS]
    if status is ClosureStatus.CLOSED:
        return "Every rule of closure is proved."
    if status is ClosureStatus.OPEN:
        return "The chain has not ended in a success yet."
    if status is ClosureStatus.NON_COMPLIANT:
        breach = next(rule for rule in short if rule.verdict is Verdict.FAIL and rule.breach)
        return f"Not acceptable as closure: {breach.reason}"
    changed = next((finding for finding in findings if finding.slug == Integrity.REF_CHANGED_IN_CHAIN), None)
    if changed:
        rest = [rule for rule in short if rule.rule != "same-subject"]
        more = f" {len(rest)} further rule{'s' if len(rest) != 1 else ''} lack{'s' if len(rest) == 1 else ''} proof."
        return f"The chain ends in success, but {changed.reason[0].lower()}{changed.reason[1:]}{more if rest else ''}"
    return f"The chain ends in success, but {len(short)} of {len(rules)} rules lack proof."
