"""What a log says, as text for people: the failure, its cause or the causes that are possible, and the line that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence
from diagnosis.failures import Explanation
from diagnosis.failures.reason import reason_of
from diagnosis.gates import Plane
from diagnosis.verdicts.gate_verdict import Finding
from diagnosis.verdicts.stop import Reason
from tui.cli.console import Lines, Text, printable
from tui.cli.reports.causes import print_fields

_MOST_SHOWN = 8


def show(explanation: Explanation, console: Console) -> None:
    """Print the explanation."""
    finding = explanation.finding
    if explanation.ended_well:
        words = "Nothing stopped this job; lines that name failures were tolerated." if explanation.found else ""
        console.print(Text(f"The log ends well. {words or 'No failure is recorded in it.'}"))
        _list(explanation.failures, console)
        return
    console.print(Text(_headline(finding), style="bold"))
    console.print(Text(printable(finding.sentence)))
    _fields(finding, console)
    _candidates(finding, console)
    if finding.evidence:
        _proof(finding.evidence, console)
    # A step's exit code alone says nothing beside a failure that has a name.
    named = [
        other for other in explanation.failures if other != finding and (other.cause or other.candidates or other.gate)
    ]
    _list(named, console)


def _headline(finding: Finding) -> str:
    if finding.gate and finding.checkpoint:
        return f"{finding.plane.label}: {finding.gate.label} failed, at {finding.checkpoint.value}"
    if finding.plane is Plane.OTHER:
        return "No gate is named; the run failed for another reason" if finding.cause else "No gate is named"
    if reason_of(finding) is Reason.ANOTHER and finding.principal:
        return f"{finding.plane.label} of another identity: no gate is named; the run failed for another reason"
    return f"{finding.plane.label}: failed, no gate is named"


def _fields(finding: Finding, console: Console) -> None:
    cause = finding.cause
    likeliest = cause or next(iter(finding.candidates), None)
    fields: Mapping[str, str | None] = {
        "cause": cause,
        "action": finding.action and printable(finding.action),
        "principal": finding.principal and printable(finding.principal),
        "resource": finding.resource and printable(finding.resource),
        "how to tell" if cause else "tell apart": finding.tell_apart,
        "next step": cause.next_step if cause else None,
        "owner": likeliest.owner.value if likeliest else None,
    }
    print_fields(fields, cause.reference if cause else None, console)


def _candidates(finding: Finding, console: Console) -> None:
    """Print each possible cause with its own sentence."""
    others = tuple(dict.fromkeys(item for item in finding.candidates if item is not finding.cause))
    if not others:
        return
    title = "It could also be" if finding.cause else "It could be"
    console.print(Lines(f"\n{title}", style="bold"))
    table = Table(box=None, show_header=False, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for cause in others:
        table.add_row(Text(f"  {cause}"), Text(cause.sentence))
    console.print(table)


def _list(others: Sequence[Finding], console: Console) -> None:
    if not others:
        return
    console.print(Lines("\nAlso in this text", style="bold"))
    table = Table(box=None, show_header=False, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for other in others[:_MOST_SHOWN]:
        line = f"line {other.evidence.line}" if other.evidence else ""
        table.add_row(Text(f"  {line}", style="bright_black"), Text(_in_short(other)))
    console.print(table)
    if len(others) > _MOST_SHOWN:
        console.print(Text(f"  and {len(others) - _MOST_SHOWN} more"))


def _in_short(finding: Finding) -> str:
    place = finding.gate.label if finding.gate else "" if finding.plane is Plane.OTHER else finding.plane.label
    lead = f"{place[:1].upper()}{place[1:]}: " if place else ""
    return f"{lead}{printable(finding.sentence)}{_named(finding.cause)}"


def _named(cause: Cause | None) -> str:
    return f" ({cause})" if cause else ""


def _proof(evidence: Evidence, console: Console) -> None:
    console.print(Lines("\nThe line that says so", style="bold"))
    line = evidence.line or 0
    for offset, text in enumerate(evidence.before, start=line - len(evidence.before)):
        console.print(Text(f"  {offset:>7}  {printable(text.expandtabs())}", style="bright_black"))
    console.print(Text(f"> {line:>7}  {printable(evidence.text.expandtabs())}"))
    for offset, text in enumerate(evidence.after, start=line + 1):
        console.print(Text(f"  {offset:>7}  {printable(text.expandtabs())}", style="bright_black"))
