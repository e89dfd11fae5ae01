"""How a preflight is told: text for the job's log, Markdown for its step summary, annotations. GitHub's runner reads all three.

Foreign text is data there too: no line begins with ``::`` and none holds ``##[``, the two forms of a workflow command;
in Markdown every sign that could mean something is written as an entity.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding

from diagnosis.documents.preflight import Preflight
from diagnosis.facts.evidence import EvidenceKind
from diagnosis.gates import Verdict
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.release import StepGap, missing_of
from tui.cli.annotations import Annotation, Kind
from tui.cli.console import Text, printable
from tui.cli.reports.endpoints import show_endpoints
from tui.cli.reports.verdict_styles import STYLES
from tui.cli.step_summary import code, markdown

_MOST = 20
_NOT_COVERED = "Not covered: steps whose calls are not, or not all, known"
_LAST_WORDS = {
    Verdict.PASS: "All gates are open.",
    Verdict.FAIL: "Something stands in the way: this job must not push.",
    Verdict.UNKNOWN: "Not every gate could be decided: this job must not push.",
    Verdict.BLOCKED: "",
}


def show(preflight: Preflight, console: Console, *, mask_accounts: bool) -> None:
    """Print the verdicts, what is in the way and what is not known."""

    def foreign(text: str) -> str:
        return printable(scrub(preflight.without_accounts(text) if mask_accounts else text))

    of = f"{preflight.repository}, {preflight.ref}" if preflight.ref else preflight.repository
    head = f"Preflight of job {preflight.job}, run {preflight.run}, attempt {preflight.attempt} ({of})"
    console.print(Text(foreign(head), style="bold"))
    show_endpoints(preflight.endpoints, console, foreign)
    for subject in dict.fromkeys(claims.subject for claims in preflight.claims if claims.subject):
        console.print(Text(f"  subject: {printable(scrub(subject))}", style="bright_black"))
    for gate in preflight.gates:
        line = Text(f"  {gate.verdict.sign} {gate.verdict.value}", style=STYLES[gate.verdict])
        line.append(foreign(f" {gate.gate.label}: {gate.reason}"), style="default")
        console.print(line)
    for number, problem in enumerate(preflight.problems[:_MOST], 1):
        if number == 1:
            console.print(Text("In the way, in the order in which this run would meet it", style="bold"))
        console.print(Padding(Text(foreign(f"{number}. {_problem(problem)}")), (0, 0, 0, 2)))
    for number, step in enumerate(_not_covered(preflight)):
        if number == 0:
            console.print(Text(_NOT_COVERED, style="bold"))
        console.print(Padding(Text(foreign(f"? {step}"), style="yellow"), (0, 0, 0, 2)))
    for number, gap in enumerate(_not_known(preflight)):
        if number == 0:
            console.print(Text("Not known", style="bold"))
        console.print(Padding(Text(foreign(f"? {gap}"), style="yellow"), (0, 0, 0, 2)))
    for note in preflight.notes[:_MOST]:
        console.print(Padding(Text(foreign(note), style="italic"), (0, 0, 0, 2)))
    last = f"{preflight.verdict.value}: {_LAST_WORDS[preflight.verdict]}"
    console.print(Text(last, style=STYLES[preflight.verdict]))


def summary(preflight: Preflight, *, mask_accounts: bool) -> str:
    """Return the step summary in Markdown."""

    def foreign(text: str) -> str:
        return markdown(scrub(preflight.without_accounts(text) if mask_accounts else text))

    verdict = preflight.verdict
    lines = [
        f"### planescope preflight: {verdict.sign} {verdict.value}",
        "",
        f"Job {code(scrub(preflight.job))} of run {preflight.run}, attempt {preflight.attempt}. {_LAST_WORDS[verdict]}",
        "",
        "| plane | gate | verdict | reason |",
        "| --- | --- | --- | --- |",
    ]
    for gate in preflight.gates:
        sign = f"{gate.verdict.sign} {gate.verdict.value}"
        lines.append(f"| {gate.gate.plane.label} | {gate.gate.label} | {sign} | {foreign(gate.reason)} |")
    for subject in dict.fromkeys(claims.subject for claims in preflight.claims if claims.subject):
        lines += ["", f"Subject: {code(scrub(subject))}"]
    lines += [line for each in preflight.endpoints for line in ("", foreign(each.note))]
    if preflight.problems:
        lines += ["", "**In the way, in the order in which this run would meet it**", ""]
        lines += [f"1. {foreign(_problem(problem))}" for problem in preflight.problems[:_MOST]]
    for title, told in ((_NOT_COVERED, _not_covered(preflight)), ("Not known", _not_known(preflight))):
        if told:
            lines += ["", f"**{title}**", ""]
            lines += [f"- {foreign(words)}" for words in told]
    return "\n".join([*lines, "", ""])


def annotated(preflight: Preflight, *, mask_accounts: bool) -> list[Annotation]:
    """Return what fails as errors and what is unknown as warnings, each at its step's line."""

    def foreign(text: str) -> str:
        return scrub(preflight.without_accounts(text) if mask_accounts else text)

    found: list[Annotation] = []
    for each in preflight.placed:
        what, place = each.what, each.place
        if isinstance(what, GateVerdict):
            kind, told, where = Kind.WARNING, (what.reason, *_gaps(what.missing)), what.gate.label
        else:
            kind, told, where = Kind.ERROR, (_problem(what),), what.gate.label if what.gate else what.plane.label
        verdict = "fail" if kind is Kind.ERROR else "unknown"
        text, *details = map(foreign, told)
        title = f"planescope: {where}: {verdict}"
        found.append(Annotation(kind, title, text, place.file, place.line, tuple(details)))
    return found


def _problem(problem: Problem) -> str:
    where = problem.gate.label if problem.gate else problem.plane.label
    lines = [item.line for item in problem.evidence if item.kind is EvidenceKind.WORKFLOW_FILE and item.line]
    at = f" (line {lines[0]} of the workflow file)" if lines else ""
    named = [action for action in problem.actions if action not in problem.reason]
    actions = f" {', '.join(named)}." if named else ""
    told = f"{where} ({problem.cause}): {problem.reason}{actions}{at}"
    return f"{told} Next step: {problem.cause.next_step} Owner: {problem.owner.value}."


def _not_covered(preflight: Preflight) -> list[str]:
    """Return the steps that no verdict covers, with what would make them readable."""
    return [_step(gap) for gap in preflight.gaps][:_MOST]


def _step(gap: StepGap) -> str:
    where = f" of job “{gap.job}”" if gap.job and gap.job not in gap.step else ""
    return f"step “{gap.step}”{where}: {gap.what}: {gap.why}. To make it readable: {gap.how}"


def _not_known(preflight: Preflight) -> list[str]:
    """Return what else is not known; the steps that are not covered are told by themselves."""
    steps = {missing_of(gap) for gap in preflight.gaps}
    return _gaps(missing for missing in preflight.unknown if missing not in steps)


def _gaps(unknown: Iterable[Missing]) -> list[str]:
    """Return what is not known, told once for each reason: without credentials everything lacks for the same one."""
    found: dict[tuple[str, str], list[Missing]] = {}
    for missing in unknown:
        found.setdefault((missing.why, missing.how), []).append(missing)
    return [_gap(why, how, items) for (why, how), items in found.items()][:_MOST]


def _gap(why: str, how: str, items: Iterable[Missing]) -> str:
    what = ", ".join(dict.fromkeys(item.what for item in items))
    lacking = ", ".join(dict.fromkeys(item.permission for item in items if item.permission))
    permission = f" (permission {lacking})" if lacking else ""
    return f"{what}: {why}. To obtain it: {how}{permission}"
