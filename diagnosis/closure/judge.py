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
    failures,
    image,
    progression,
    remediation,
    same_release,
    same_subject,
    scope,
    steps,
)
from diagnosis.closure.sentence import sentence
from diagnosis.closure.step_proofs import step_proofs
from diagnosis.closure.subjects import subjects_of
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
    (catalogue.FAIL_CLOSED, failures.fail_closed),
    (catalogue.EXPLICIT_FAILURE, failures.explicit_failure),
    (catalogue.DETERMINISTIC, failures.deterministic),
    (catalogue.SAME_WORKFLOW, same_release.same_workflow),
    (catalogue.SAME_COMMIT, same_release.same_commit),
    (catalogue.SAME_SUBJECT, same_subject.same_subject),
    (catalogue.SUBJECT_NAMES_THE_CODE, steps.subject_names_the_code),
    (catalogue.REMEDIATION_TRACED, remediation.remediation_traced),
    (catalogue.CLOCKS_AGREE, progression.clocks_agree),
    (catalogue.FIX_IN_PLANE, remediation.fix_in_plane),
    (catalogue.POSITIVE_PATH, closing_run.positive_path),
    (catalogue.NO_STATIC_CREDENTIALS, steps.no_static_credentials),
    (catalogue.SHORT_LIVED_SESSION, closing_run.short_lived_session),
    (catalogue.NO_OVERRIDE, steps.no_override),
    (catalogue.TAG_AND_DIGEST, image.tag_and_digest),
    (catalogue.NO_SIDE_CHANNEL, image.no_side_channel),
    (catalogue.PUBLISH_HAS_PATH, progression.publish_has_path),
    (catalogue.EVIDENCE_PRESENT, evidence.evidence_present),
    (catalogue.EVIDENCE_CONSISTENT, evidence.evidence_consistent),
    (catalogue.EVIDENCE_MEASURED, steps.evidence_measured),
    (catalogue.DECISION_LOG, evidence.decision_log),
    (catalogue.DECISION_LOG_CLOCK, evidence.decision_log_clock),
    (catalogue.SCOPE_BOUNDED, scope.scope_bounded),
    (catalogue.NO_UNDOCUMENTED_WIDENING, scope.no_undocumented_widening),
    (catalogue.ESCALATION_JUSTIFIED, scope.escalation_justified),
    (catalogue.PROGRESSION_PROVED, progression.progression_proved),
)
"""Every rule with the function that judges it, in the order in which they are shown."""

CONCERNS: dict[Integrity, catalogue.RuleRecord] = {
    Integrity.REF_CHANGED_IN_CHAIN: catalogue.SAME_SUBJECT,
    Integrity.REF_LAUNDERING: catalogue.SUBJECT_NAMES_THE_CODE,
    Integrity.GATE_DEMOTED: catalogue.NO_OVERRIDE,
    Integrity.SELF_ASSERTED_EVIDENCE: catalogue.EVIDENCE_MEASURED,
    Integrity.SIDE_CHANNEL_PUBLISH: catalogue.NO_SIDE_CHANNEL,
    Integrity.WILDCARD_ESCALATION: catalogue.NO_UNDOCUMENTED_WIDENING,
    Integrity.UNDOCUMENTED_WIDENING: catalogue.NO_UNDOCUMENTED_WIDENING,
    Integrity.CLOCK_CONFLICT: catalogue.CLOCKS_AGREE,
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
    chain = chain.with_proofs(step_proofs(chain.judged_run, chain.replays))
    findings = integrity_findings(chain)
    chain = chain.with_findings(findings)
    rules = tuple(_turned(judge(chain), findings) for _, judge in RULES)
    status = _status(chain, rules)
    subjects = subjects_of(chain, rules)
    steps = _next_steps(status, rules)
    return Closure(
        status=status,
        sentence=sentence(status, rules, findings, subjects, steps),
        rules=rules,
        integrity=tuple(replace(finding, rule=CONCERNS[finding.slug].id) for finding in findings),
        next_steps=steps,
        subjects=subjects,
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


def _next_steps(status: ClosureStatus, rules: Sequence[RuleVerdict]) -> tuple[str, ...]:
    """Return what to do, each once: breaches first, then the success that lacks, what failed, and what is not known."""

    def rank(rule: RuleVerdict) -> int:
        if rule.verdict is Verdict.FAIL and rule.breach:
            return 0
        if status is ClosureStatus.OPEN and rule.rule == catalogue.CHAIN_COMPLETE.id:
            return 1
        return 2 if rule.verdict is Verdict.FAIL else 3

    short = [rule for rule in rules if rule.verdict is not Verdict.PASS]
    return tuple(dict.fromkeys(rule.next_step for rule in sorted(short, key=rank)))
