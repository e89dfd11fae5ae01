"""Look for what a packet's JSON says twice and differently: what can be derived from it is derived again.

A packet that agrees with itself here may still be made up: this finds a change of one fact that others speak of too. The
readings and sentences of the packet are made again where it is read (:mod:`tui.packet.from_json`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.causes import Integrity
from diagnosis.closure.judge import CONCERNS, RULES
from diagnosis.closure.sentence import sentence
from diagnosis.documents.packet import Packet
from diagnosis.documents.packet.content import AttemptEntry, ClosureEntry, StatedKind
from diagnosis.documents.packet.story import closing, failed_planes
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.closure import ClosureStatus, IntegrityFinding, RuleVerdict, SubjectClosure
from diagnosis.verdicts.run_end import End
from tui.packet.verify.told_twice import in_order, told_otherwise

_RUN = re.compile(
    r"https?://[^/\s]+/([^/\s]+/[^/\s]+)/actions/runs/([0-9]{1,20})(?:/attempts/([0-9]{1,9}))?(?:[/#?].*)?"
)


def contradictions(packet: Packet) -> list[str]:
    """Return what cannot all be true, as sentences."""
    found = [each for attempt in packet.attempts for each in (*_address(packet, attempt), *_end(attempt))]
    keys = [(each.run, each.attempt) for each in packet.attempts]
    if any((each.run, each.attempt) not in keys for each in packet.sessions):
        found.append("A session is one of a run that is not in the packet.")
    found += told_otherwise(packet)
    if packet.closure is not None:
        found += (
            *_rules(packet.closure),
            *_status(packet, packet.closure),
            *_shown_by_attempts(packet, packet.closure),
            *_findings(packet.closure),
        )
    return list(dict.fromkeys(found))


def _address(packet: Packet, attempt: AttemptEntry) -> Iterator[str]:
    """Yield which address of an attempt is not one of its run."""
    named = f"run {attempt.run}, attempt {attempt.attempt},"
    proof = attempt.proof.address if attempt.proof else ""
    for what, address in (("address", attempt.url), ("proof", proof if "/actions/runs/" in proof else "")):
        if not address:
            continue
        match = _RUN.fullmatch(address)
        if match is None or match[1].lower() != packet.repository.lower() or int(match[2]) != attempt.run:
            yield f"The {what} of {named} does not lead to that run of {packet.repository}."
        elif match[3] is not None and int(match[3]) != attempt.attempt:
            yield f"The {what} of {named} leads to another attempt."


def _end(attempt: AttemptEntry) -> Iterator[str]:
    """Yield where an attempt's end, conclusion, verdicts and push do not fit."""
    named = f"Run {attempt.run}, attempt {attempt.attempt},"
    verdicts = {verdict for _, verdict in attempt.verdicts}
    if (attempt.end is End.SUCCESS) is not (attempt.conclusion == "success"):
        yield f"{named} ended “{attempt.end.value}” by one member and “{attempt.conclusion}” by another."
    if attempt.end is End.GATE and Verdict.FAIL not in verdicts:
        yield f"{named} ended at a gate, and no gate of it fails."
    if attempt.published and attempt.end is not End.SUCCESS:
        yield f"{named} is said to have published, and did not succeed."
    if attempt.published and (Gate.REGISTRY_AUTHORIZATION, Verdict.PASS) not in attempt.verdicts:
        yield f"{named} is said to have published, and its registry gate does not show it."


def _rules(closure: ClosureEntry) -> Iterator[str]:
    """Yield where the rules are not those of closure, each once and in order."""
    records = [record for record, _ in RULES]
    if [each.rule for each in closure.rules] != [record.id for record in records]:
        yield "The rules are not the rules of closure, each of them once."
        return
    for record, entry in zip(records, closure.rules, strict=True):
        if (entry.title, entry.sentence, entry.breach) != (record.title, record.sentence, record.breach):
            yield f"The rule {record.id} is told otherwise than it is."
        if (entry.verdict is Verdict.PASS) is not (entry.next_step == ""):
            yield f"The rule {record.id} is {entry.verdict.value}, and its next step says otherwise."
        if entry.verdict not in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN):
            yield f"The rule {record.id} has a verdict that no rule has."


def _status(packet: Packet, closure: ClosureEntry) -> Iterator[str]:
    """Yield where status, sentence and next steps do not follow from the rules and the attempts."""
    breached = any(each.verdict is Verdict.FAIL and each.breach for each in closure.rules)
    passed = all(each.verdict is Verdict.PASS for each in closure.rules)
    status = closure.status
    if breached is not (status is ClosureStatus.NON_COMPLIANT):
        yield f"It says {status.value}, and a rule is {'' if breached else 'not '}breached."
    if passed is not (status is ClosureStatus.CLOSED):
        lacking = ", ".join(each.rule for each in closure.rules if each.verdict is not Verdict.PASS)
        yield f"It says {status.value}, and {f'not every rule passes: {lacking}' if lacking else 'every rule passes'}."
    end = closing(packet)
    if not breached and (status is ClosureStatus.OPEN) is not (end is None):
        yield f"It says {status.value}, and its last run {'succeeded' if end else 'did not succeed'}."
    if {*closure.next_steps} != {each.next_step for each in closure.rules if each.next_step}:
        yield "The next steps are not those of the rules that do not pass."
    if closure.sentence != _sentence(closure):
        yield "The sentence on closure is not the one that its rules make."


def _shown_by_attempts(packet: Packet, closure: ClosureEntry) -> Iterator[str]:
    """Yield the rules that pass although the attempts of the packet show the opposite."""
    end = closing(packet)
    gates = [verdict for gate, verdict in end.verdicts if gate is not Gate.LEAST_PRIVILEGE] if end else []
    opposite = {
        "chain-complete": end is None or all(each.conclusion != "failure" for each in packet.attempts),
        "both-planes": not {Plane.AUTHENTICATION, Plane.AUTHORIZATION} <= {*failed_planes(packet)},
        "same-workflow": len({each.workflow for each in packet.attempts}) > 1,
        "progression-proved": not in_order(packet),
        "escalation-justified": any(
            each.kind is StatedKind.ESCALATION and not (each.rationale and each.expires) for each in packet.exceptions
        ),
        "positive-path": not gates or any(verdict is not Verdict.PASS for verdict in gates),
    }
    for each in closure.rules:
        if each.verdict is Verdict.PASS and opposite.get(each.rule):
            yield f"The rule {each.rule} passes, and the attempts show the opposite."


def _sentence(closure: ClosureEntry) -> str:
    """Return the sentence that rules, findings and subjects make."""
    rules = [
        RuleVerdict(each.rule, each.title, each.verdict, each.reason, breach=each.breach) for each in closure.rules
    ]
    known = {str(slug): slug for slug in Integrity}
    findings = [
        IntegrityFinding(known[each.finding], each.reason) for each in closure.integrity if each.finding in known
    ]
    subjects = [SubjectClosure(each.subject, each.state, each.reason) for each in closure.subjects]
    try:
        return sentence(closure.status, rules, findings, subjects, closure.next_steps)
    except (StopIteration, IndexError):
        return ""


def _findings(closure: ClosureEntry) -> Iterator[str]:
    """Yield where a finding stands beside the rule that it turns, and that one passes all the same."""
    concerned = {str(slug): record.id for slug, record in CONCERNS.items()}
    passed = {each.rule for each in closure.rules if each.verdict is Verdict.PASS}
    for each in closure.integrity:
        if each.finding not in concerned:
            yield "A finding on integrity is none that planescope knows."
        elif concerned[each.finding] in passed:
            yield f"The finding {each.finding} stands beside the rule {concerned[each.finding]}, which passes."
    if closure.integrity and closure.status is ClosureStatus.CLOSED:
        yield "It says closed beside a finding on integrity."
