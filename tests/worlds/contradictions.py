"""Pairs of what a diagnosis says that cannot both be true: notes, gates, forecast, closure, subjects, first line, exit code."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.causes import Cause
from diagnosis.documents.exit_code import FAILED, PASSED
from diagnosis.documents.headline import headline
from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from diagnosis.verdicts.chronology import DriftKind, Traced
from diagnosis.verdicts.closure import Closure, ClosureStatus, SubjectState
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import maybe_verdict_at


def contradictions(diagnosis: Diagnosis) -> list[str]:
    """Return every pair that was found, in words."""
    found = [*_today(diagnosis), *_first_line(diagnosis)]
    if diagnosis.closure is not None:
        found += [
            *_status(diagnosis.closure),
            *_record(diagnosis, diagnosis.closure),
            *_account(diagnosis, diagnosis.closure),
        ]
    return found


def _today(diagnosis: Diagnosis) -> Iterator[str]:
    live = diagnosis.live
    if live is None:
        return
    failing = {verdict.gate for verdict in live.gates if verdict.verdict is Verdict.FAIL}
    foretold = {problem.gate for problem in diagnosis.forecast if problem.gate}
    if failing != foretold:
        yield f"gates that fail today {sorted(failing)} against those of the forecast {sorted(foretold)}"
    for item in diagnosis.drift:
        now = maybe_verdict_at(live.gates, item.gate) if item.gate else None
        wanted = {DriftKind.BROKEN_SINCE: Verdict.FAIL, DriftKind.MENDED_SINCE: Verdict.PASS}.get(item.kind)
        if now is not None and wanted is not None and now.verdict is not wanted:
            yield f"drift says {item.kind.value} of {item.gate}, today is {now.verdict.value}"
    for path in diagnosis.paths:
        if path.opens_all and any(verdict.verdict is not Verdict.PASS for verdict in path.gates):
            yield f"path {path.title!r} opens all, and a gate of it does not pass"
        if path.opens_all and "not" in path.proves[:4].lower():
            yield f"path {path.title!r} opens all and proves {path.proves!r}"
        open_ = path.does_not_prove
        # It stands behind "It does not prove": a denial of its own would say the opposite.
        if open_ and (not open_.startswith(("That ", "Whether ")) or "Nothing" in open_ or "It does not" in open_):
            yield f"path {path.title!r} does not prove {open_!r}"
    if diagnosis.paths and not diagnosis.forecast and all(verdict.verdict is Verdict.PASS for verdict in live.gates):
        yield "a path is offered where every gate passes"


def _first_line(diagnosis: Diagnosis) -> Iterator[str]:
    told, code = headline(diagnosis), exit_code(diagnosis)
    if told.gates.startswith("all gates pass") and code == FAILED:
        yield f"the first line says {told.gates!r}, the exit code is {code}"
    if "fails today" in told.gates and code != FAILED:
        yield f"the first line says {told.gates!r}, the exit code is {code}"
    if "not" in told.gates and code == PASSED:
        yield f"the first line says {told.gates!r}, the exit code is {code}"


def _status(closure: Closure) -> Iterator[str]:
    verdicts = {rule.rule: rule.verdict for rule in closure.rules}
    passed = all(verdict is Verdict.PASS for verdict in verdicts.values())
    breached = [rule.rule for rule in closure.rules if rule.breach and rule.verdict is Verdict.FAIL]
    if passed != (closure.status is ClosureStatus.CLOSED):
        yield f"{closure.status.value}, and every rule passes: {passed}"
    if bool(breached) != (closure.status is ClosureStatus.NON_COMPLIANT):
        yield f"{closure.status.value}, and breached are {breached}"
    if bool(closure.next_steps) == (closure.status is ClosureStatus.CLOSED):
        yield f"{closure.status.value}, and the next steps are {closure.next_steps}"
    for finding in closure.integrity:
        if verdicts.get(finding.rule, Verdict.PASS) is Verdict.PASS:
            yield f"{finding.slug} beside {finding.rule} that passes"
        if finding.breaks_closure and verdicts.get(finding.rule) is not Verdict.FAIL:
            yield f"{finding.slug} breaks closure, and {finding.rule} did not fail"
    for rule in closure.rules:
        if (rule.verdict is Verdict.PASS) != (rule.next_step == ""):
            yield f"{rule.rule} is {rule.verdict.value}, its next step is {rule.next_step!r}"
    if verdicts.get("same-subject") is Verdict.PASS and any(
        "no later run" in each.reason for each in closure.subjects if each.state is SubjectState.NOT_PROVEN
    ):
        yield "one subject throughout, and a subject that is not proven"


def _record(diagnosis: Diagnosis, closure: Closure) -> Iterator[str]:
    rules = {rule.rule: rule for rule in closure.rules}

    def passes(name: str) -> bool:
        return name in rules and rules[name].verdict is Verdict.PASS

    closing = diagnosis.replays[-1] if diagnosis.replays else None
    succeeded = closing is not None and closing.attempt.conclusion == "success"
    for rule in closure.rules:
        if succeeded and "There is no closing run yet" in rule.reason:
            yield f"{rule.rule} says that there is no closing run, and there is one"
    for replay in diagnosis.replays:
        for note in replay.notes:
            swallowed = "printed a denial and went on" in note or "failed under continue-on-error" in note
            if swallowed and passes("no-override"):
                yield f"note {note!r} beside no-override: {rules['no-override'].reason}"
        static = any(verdict.cause is Cause.STATIC_CREDENTIALS for verdict in replay.gates)
        static = static or any("static" in note and "key" in note for note in replay.notes)
        if static and (passes("no-static-credentials") or passes("short-lived-session")):
            yield "static keys in a run, and a rule that passes"
    if closing is not None and passes("positive-path"):
        for verdict in closing.gates:
            if verdict.gate is not Gate.LEAST_PRIVILEGE and verdict.verdict is not Verdict.PASS:
                yield f"positive-path passes, and {verdict.gate.label} is {verdict.verdict.value} in the closing run"
    red = {
        verdict.gate.plane
        for replay in diagnosis.replays
        for verdict in replay.gates
        if verdict.verdict is Verdict.FAIL
    }
    if passes("both-planes") and len(red) < 2:
        yield f"both-planes passes, and the planes that failed are {red}"
    for entry in diagnosis.history:
        if entry.traced is Traced.NOT_ON_RECORD and passes("remediation-traced"):
            yield f"no remediation is on record for run {entry.run}, and remediation-traced passes"
    states = {anchor.kind: anchor.state for anchor in diagnosis.anchors}
    for kind, name in ((AnchorKind.DECISION_LOG, "decision-log"), (AnchorKind.DURABLE_EVIDENCE, "evidence-present")):
        if states.get(kind) is AnchorState.UNVERIFIABLE and passes(name):
            yield f"{kind.value} is unverifiable, and {name} passes"


def _account(diagnosis: Diagnosis, closure: Closure) -> Iterator[str]:
    live = diagnosis.live
    if live is None:
        return
    bounded = next((rule for rule in closure.rules if rule.rule == "scope-bounded"), None)
    least = maybe_verdict_at(live.gates, Gate.LEAST_PRIVILEGE)
    if bounded and least and bounded.verdict is Verdict.PASS and least.verdict is not Verdict.PASS:
        yield f"scope-bounded passes, and least privilege is {least.verdict.value}"
    if bounded and least and least.verdict is Verdict.FAIL and bounded.verdict is not Verdict.FAIL:
        yield f"least privilege fails, and scope-bounded is {bounded.verdict.value}"
    trail = live.account.trail
    if isinstance(trail, Known) and trail.value.complete:
        for rule in closure.rules:
            if "CloudTrail was not read" in rule.reason and "whole" not in rule.reason:
                yield f"{rule.rule} says that CloudTrail was not read, and it was"
