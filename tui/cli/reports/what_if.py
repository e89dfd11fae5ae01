"""Print a what-if: the documents, each run before and after, what opens and what closes."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table

from diagnosis.documents.headline import run_name
from diagnosis.gates import Gate, Verdict
from diagnosis.lint.rule import Severity
from diagnosis.verdicts.gate_verdict import gates_shown, maybe_verdict_at
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.run_end import End, end_of
from diagnosis.what_if.admitted import Admitted
from diagnosis.what_if.outcome import RunOutcome, WhatIf
from tui.cli.console import Text, printable
from tui.cli.reports.endpoints import show_endpoints
from tui.cli.reports.verdict_styles import STYLES

_MOST, _FEW = 20, 6


def show(result: WhatIf, console: Console) -> None:
    """Print the whole judgement."""
    show_endpoints(result.endpoints, console)
    for item in result.proposals:
        head = f"{item.proposal.kind.value}: {item.proposal.file}, {item.place} ({item.characters} of {item.limit} characters)"
        console.print(Text(printable(head), style="bold"))
        for reason in item.refused_because:
            _line(console, f"! AWS would refuse it: {reason}", "bold red")
        for warning in item.warnings:
            _line(console, f"! {warning}", "yellow")
        for finding in item.findings:
            if not finding.refused and finding.severity is not Severity.SUGGESTION:
                style = "red" if finding.severity in (Severity.SECURITY_WARNING, Severity.ERROR) else "yellow"
                where = f"{finding.place.path}: " if finding.place.path else ""
                _line(
                    console,
                    f"! {finding.severity} {finding.rule}: {where}{finding.sentence} {finding.correction}",
                    style,
                )
    console.print()
    console.print(_table(result))
    for outcome in result.runs:
        _run(outcome, console)
    _uses("Known uses that would newly be denied", result.newly_denied, console)
    _admitted("Newly admitted", result.opens, result.nothing, console)
    _admitted("No longer admitted", result.closes, result.nothing, console)
    if result.missing:
        _heading("Not known", console)
        for missing in result.missing:
            _line(console, f"? {missing.what}: {missing.why}. To obtain it: {missing.how}", "yellow")
    console.print()
    words = {
        Verdict.PASS: "Every run would pass every gate.",
        Verdict.FAIL: "AWS would refuse a document." if result.refused else "A run would fail at a gate.",
    }
    console.print(Text(f"{result.verdict.sign} {words.get(result.verdict, 'Unknown remains.')}", style="bold"))
    for outcome in result.runs:
        ended = end_of(outcome.replay)
        if ended.end in (End.ANOTHER, End.UNKNOWN):
            told = f"! Run {run_name(outcome.replay)}: {ended.sentence(console.width - 50)}"
            more = "; no document changes that." if ended.end is End.ANOTHER else "."
            _line(console, f"{told}{more}", "yellow")


def _table(result: WhatIf) -> Table:
    """Return a table with runs as rows and gates as columns; each cell before and after."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("ref", overflow="fold")
    judged = [side.gates for each in result.runs for side in (each.before, each.after) if side is not None]
    gates = gates_shown(*judged)
    for gate in gates:
        # Labels may wrap: in 80 columns each cell has a place then, and so has the ref.
        table.add_column(gate.label)
    for outcome in result.runs:
        attempt = outcome.replay.attempt
        again = f".{attempt.attempt}" if attempt.attempt > 1 else ""
        cells: list[RenderableType] = [
            Text(f"{attempt.run_id}{again}"),
            Text(printable(attempt.head_branch or "?")),
        ]
        cells += [_cell(outcome, gate) for gate in gates]
        table.add_row(*cells)
    return table


def _cell(outcome: RunOutcome, gate: Gate) -> Text:
    if outcome.before is None or outcome.after is None:
        return Text("? not judged", style="yellow")
    sides = [maybe_verdict_at(side.gates, gate) for side in (outcome.before, outcome.after)]
    if sides[0] is None or sides[1] is None:
        return Text("–", style="dim")
    before, after = (side.verdict for side in sides if side is not None)
    cell = Text(f"{before.sign} ", style=STYLES[before])
    cell.append(f"→ {after.sign} {after.value}", style=STYLES[after])
    return cell


def _run(outcome: RunOutcome, console: Console) -> None:
    attempt = outcome.replay.attempt
    name = f"Run {attempt.run_id}, attempt {attempt.attempt}"
    if outcome.after is None or outcome.before is None:
        _heading(f"{name}: not judged", console)
        _line(console, outcome.why_not, "yellow")
        return
    told = [verdict for verdict in outcome.after.gates if verdict.verdict is not Verdict.PASS]
    told += [
        verdict
        for verdict in outcome.after.gates
        if verdict.verdict is Verdict.PASS and outcome.before.at(verdict.gate).verdict is not Verdict.PASS
    ]
    if not told:
        return
    _heading(f"{name} would present {', '.join(outcome.after.subjects) or 'a subject that is not known'}", console)
    for verdict in told:
        line = f"{verdict.verdict.sign} {verdict.gate.label}: {verdict.reason}"
        _line(console, line, STYLES[verdict.verdict])


def _admitted(title: str, admitted: Admitted, nothing: str, console: Console) -> None:
    _heading(title, console)
    if admitted.nothing:
        _line(console, nothing, "default")
    for caller in admitted.callers[:_MOST]:
        _line(console, f"caller  {caller}", "default")
    for pair in admitted.needed[:_MOST]:
        _line(console, f"needed  {pair}", "default")
    for pair in admitted.beyond[:_MOST]:
        _line(console, f"beyond the need  {pair}", "bold red")
    more = sum(max(0, len(listed) - _MOST) for listed in (admitted.callers, admitted.needed, admitted.beyond))
    if more:
        _line(console, f"and {more} more (--json lists all)", "default")
    _actions(admitted, console)


def _actions(admitted: Admitted, console: Console) -> None:
    """Print how many actions of which service, with the first few of each."""
    for item in admitted.actions[:_MOST]:
        shown = ", ".join(item.actions[:_FEW]) + (
            f" and {len(item.actions) - _FEW} more" if len(item.actions) > _FEW else ""
        )
        where = (
            f", for example on {item.examples[0]}" + (" and others" if len(item.examples) > 1 else "")
            if item.examples
            else ""
        )
        condition = f" (if {'; '.join(item.conditions)})" if item.conditions else ""
        _line(console, f"{item.service}  {len(item.actions)}: {shown}{where}{condition}", "default")
    services = {item.service for item in admitted.actions}
    if len(admitted.actions) > _MOST:
        _line(
            console,
            f"{admitted.action_count} actions of {len(services)} services in all (--json lists them)",
            "default",
        )


def _uses(title: str, uses: tuple[Need, ...], console: Console) -> None:
    """Print known uses by step; nothing where there are none."""
    if not uses:
        return
    _heading(title, console)
    for need in uses[:_MOST]:
        job = f" of job “{need.job}”" if need.job else ""
        step = f" (step “{need.step}”{job})" if need.step else ""
        _line(console, f"! {need.action} on {need.resource or 'a resource that is not known'}{step}", "bold red")
    if len(uses) > _MOST:
        _line(console, f"and {len(uses) - _MOST} more (--json lists all)", "default")


def _heading(text: str, console: Console) -> None:
    console.print()
    console.print(Text(printable(text), style="bold"))


def _line(console: Console, text: str, style: str) -> None:
    console.print(Padding(Text(printable(text), style=style), (0, 0, 0, 2)))
