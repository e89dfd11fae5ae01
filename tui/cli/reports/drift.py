"""Print a review against a baseline, and what accepting a state changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from diagnosis.baseline.review import Review
from diagnosis.baseline.rules import DriftRule
from diagnosis.findings.finding import Finding, Level
from tui.cli.console import Text, printable
from tui.cli.plain import is_plain
from tui.cli.reports.endpoints import show_endpoints
from tui.cli.step_summary import code, markdown

_MOST_ROWS, _MOST_DETAILS = 100, 20
_SIGNS = {Level.ERROR: ("✘", "bold red"), Level.UNKNOWN: ("?", "yellow"), Level.NOTE: ("·", "bright_black")}
_WORDS = {Level.ERROR: ("finding", "findings"), Level.UNKNOWN: ("unknown", "unknowns"), Level.NOTE: ("note", "notes")}


def show(found: Review, file: str, console: Console) -> None:
    """Print the whole review; ``file`` names the baseline."""
    seen, baseline = found.seen, found.baseline
    console.print(Text(f"{seen.state.repository.full_name}: {_verdict(found)}", style="bold"), soft_wrap=True)
    if seen.origin:
        _line(console, seen.origin, "bright_black")
    show_endpoints(seen.endpoints, console)
    workflows, roles = len(seen.state.known_workflows), len(seen.state.roles)
    _line(
        console,
        f"{_count(workflows, 'release workflow')}, {_count(roles, 'role')}, read {seen.at:%Y-%m-%d %H:%M} UTC",
    )
    if baseline is not None:
        accepted = baseline.accepted
        until = f", until {accepted.expires}" if accepted.expires else ""
        _line(
            console, f"baseline {file}, accepted {accepted.at:%Y-%m-%d} by {accepted.by}{until}: {accepted.rationale}"
        )
    else:
        _line(console, f"nothing was compared: there is no baseline {file}", "yellow")
    for each in found.findings:
        _finding(each, console)


def summary(found: Review, file: str) -> str:
    """Return the summary of a workflow's step in Markdown; ``file`` names the baseline."""
    name, told = found.seen.state.repository.full_name, found.findings
    compared = f"against {code(file)}" if found.baseline else f"nothing was compared: there is no baseline {code(file)}"
    page = [
        f"### planescope drift: {found.verdict.sign} {found.verdict.value}",
        "",
        f"{code(name)}, {compared}: {markdown(_verdict(found))}.",
        "",
    ]
    if told:
        page += ["| level | rule | where | what | correction |", "| --- | --- | --- | --- | --- |"]
    for each in told[:_MOST_ROWS]:
        what = "<br>".join((markdown(each.sentence), *(markdown(f"- {line}") for line in each.details[:_MOST_DETAILS])))
        where = code(str(each.place)) if str(each.place) else ""
        page.append(f"| {each.level.value} | {each.rule.value} | {where} | {what} | {markdown(each.correction)} |")
    if told[_MOST_ROWS:]:
        page += ["", f"{len(told) - _MOST_ROWS} more are in the report."]
    return "\n".join([*page, "", ""])


def show_accepted(
    found: Review, changes: Sequence[Finding], lacking: Sequence[str], file: str, console: Console, *, first: bool
) -> None:
    """Print what was accepted: the difference to the former baseline, what was not read, and what no baseline mends."""
    accepted = found.baseline.accepted if found.baseline else None
    name = found.seen.state.repository.full_name
    console.print(Text(f"{name}: accepted in {file}", style="bold"), soft_wrap=True)
    if found.seen.origin:
        _line(console, found.seen.origin, "bright_black")
    show_endpoints(found.seen.endpoints, console)
    if accepted is not None:
        _line(console, f"by {accepted.by}: {accepted.rationale}")
    if first:
        state = found.seen.state
        _line(console, "the first baseline: everything in it is new")
        for workflow in state.known_workflows:
            _line(console, f"+ workflow {workflow.path}")
        for role in state.roles:
            _line(console, f"+ role {role.arn}")
        for registry in state.registries:
            _line(console, f"+ ECR repository {registry.arn}")
    elif not changes:
        _line(console, "nothing differs from the former baseline but the acceptance itself")
    for each in changes:
        _change(each, console)
    beyond = [each for each in found.findings if each.level is Level.NOTE]
    if beyond:
        console.print()
        console.print(Text("Accepted with it", style="bold"))
        for each in beyond:
            _line(console, f"· {each.sentence}")
    if lacking:
        console.print()
        console.print(Text("Not read, and written so: a later review cannot compare it", style="yellow"))
        for text in lacking:
            _line(console, f"? {text}", "yellow")
    still = [each for each in found.findings if each.level is Level.ERROR and each.rule is DriftRule.RELEASE_WOULD_FAIL]
    if still:
        console.print()
        console.print(Text("No baseline mends this", style="bold"))
        for each in still:
            _line(console, f"✘ {each.sentence}", "bold red")
        _line(console, f"→ {still[0].correction}", "green")


def _verdict(found: Review) -> str:
    counts = [(level, sum(each.level is level for each in found.findings)) for level in Level]
    told = [f"{number} {_WORDS[level][number != 1]}" for level, number in counts if number]
    head = "" if found.baseline is None else "no drift" if not counts[0][1] and not counts[1][1] else ""
    return "; ".join(part for part in (head, ", ".join(told)) if part) or "nothing was found"


def _finding(finding: Finding, console: Console) -> None:
    sign, style = _SIGNS[finding.level]
    console.print()
    console.print(
        Text.assemble(
            (f"{sign} {finding.level.value}", style),
            "  ",
            (finding.rule.value, "bold"),
            "  ",
            printable(str(finding.place)),
        ),
        soft_wrap=True,
    )
    _line(console, finding.sentence)
    for text in finding.details:
        _detail(console, text)
    if finding.level is not Level.NOTE:
        _line(console, f"→ {finding.correction}", "green")


def _change(finding: Finding, console: Console) -> None:
    """Print a change that was accepted: no correction is asked for any more."""
    console.print()
    console.print(
        Text.assemble(("~ ", "bold"), (finding.rule.value, "bold"), "  ", printable(str(finding.place))), soft_wrap=True
    )
    _line(console, finding.sentence)
    for text in finding.details:
        _detail(console, text)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _detail(console: Console, text: str) -> None:
    """Print a detail with its sign apart, so that what is wrapped stands below the text."""
    if is_plain():
        _line(console, f"- {text}")
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    table.add_row("-", Text(printable(text)))
    console.print(Padding(table, (0, 0, 0, 4)))


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Padding(Text(printable(text), style=style), (0, 0, 0, 2)))
