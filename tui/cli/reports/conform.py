"""How a judged change is told: text for people, Markdown for the summary of a workflow's step."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding

from diagnosis.findings.finding import Finding, Level
from diagnosis.gates import Verdict
from diagnosis.verdicts.conformance import ALREADY, Conformance
from tui.cli.console import Text, printable
from tui.cli.reports.verdict_styles import STYLES
from tui.cli.step_summary import code, markdown

_STYLES = {Level.ERROR: "bold red", Level.UNKNOWN: "yellow", Level.NOTE: "bright_black"}
_WORDS = {
    Verdict.PASS: "Nothing is widened, nothing breaks: this change conforms.",
    Verdict.FAIL: "This change must not be merged as it is.",
    Verdict.UNKNOWN: "Not everything could be judged: review what is unknown by hand.",
    Verdict.BLOCKED: "",
}
_MOST_DETAILS = 8
_MOST_ROWS = 50

_MOST_RELEASES = 12
"""That are named one by one."""


def show(judged: Conformance, console: Console, *, everything: bool = False) -> None:
    """Print the findings, the gravest first; what was so on the base as a number, unless everything is asked for."""
    base = f"against {printable(judged.base)}" if judged.base else "without a base: everything is new"
    console.print(Text(f"{printable(judged.repository)} {base}", style="bold"))
    for note in judged.notes:
        console.print(Padding(Text(printable(note), style="italic"), (0, 0, 0, 2)))
    before = [each for each in judged.findings if ALREADY in each.details]
    for each in judged.findings:
        if everything or ALREADY not in each.details:
            _show(each, console)
    console.print()
    if before and not everything:
        is_so = "is" if len(before) == 1 else "are"
        said = f"{_count(len(before), 'finding')} {is_so} {ALREADY}; with --all they are listed, and count."
        console.print(Text(said, style="bright_black"))
    console.print(Text(_read(judged), style="bright_black"))
    last = f"{judged.verdict.sign} {judged.verdict.value}: {counts(judged.findings)}. {_WORDS[judged.verdict]}"
    console.print(Text(last, style=STYLES[judged.verdict]))


def _show(finding: Finding, console: Console) -> None:
    console.print()
    console.print(
        Text.assemble(
            (finding.level.value, _STYLES[finding.level]),
            "  ",
            (finding.rule.value, "bold"),
            "  ",
            printable(_place(finding)),
        ),
        soft_wrap=True,
    )
    console.print(Padding(Text(printable(finding.sentence)), (0, 0, 0, 2)))
    shown = finding.details[:_MOST_DETAILS]
    for detail in shown:
        console.print(Padding(Text(f"- {printable(detail)}"), (0, 0, 0, 4)))
    if more := len(finding.details) - len(shown):
        console.print(Padding(Text(f"- and {more} more"), (0, 0, 0, 4)))
    for place in finding.related:
        console.print(Padding(Text(f"see {printable(str(place))}", style="bright_black"), (0, 0, 0, 4)))
    console.print(Padding(Text(f"→ {printable(finding.correction)}", style="green"), (0, 0, 0, 2)))


def _place(finding: Finding) -> str:
    place = finding.place
    at = f"{place.file}:{place.line}" if place.file and place.line is not None else place.file
    return at or place.member


def summary(judged: Conformance) -> str:
    """Return the step summary in Markdown; every foreign text in it is written as entities."""
    base = f" against {code(judged.base)}" if judged.base else ", without a base: everything is new"
    lines = [
        f"### planescope conform: {judged.verdict.sign} {judged.verdict.value}",
        "",
        f"{code(judged.repository)}{base}: {counts(judged.findings)}. {_WORDS[judged.verdict]}",
        "",
    ]
    told = [each for each in judged.findings if ALREADY not in each.details]
    if told:
        lines += ["| level | rule | where | what | correction |", "| --- | --- | --- | --- | --- |"]
    for each in told[:_MOST_ROWS]:
        what = markdown(each.sentence)
        if each.details:
            what += "<br>" + "<br>".join(markdown(f"- {detail}") for detail in each.details[:_MOST_DETAILS])
        where, correction = code(_place(each)), markdown(each.correction)
        lines.append(f"| {each.level.value} | {each.rule.value} | {where} | {what} | {correction} |")
    if len(told) > _MOST_ROWS:
        lines += ["", f"{len(told) - _MOST_ROWS} more are in the report."]
    already = len(judged.findings) - len(told)
    if already:
        lines += ["", f"{_count(already, 'finding')}: {ALREADY}."]
    return "\n".join((*lines, "", markdown(_read(judged)), "", ""))


def counts(findings: Sequence[Finding]) -> str:
    """Return how many findings there are of each level: ``2 errors, 1 unknown``."""
    numbers = [(level, sum(each.level is level for each in findings)) for level in Level]
    told = [
        f"{number} {level.value}" + ("s" if number > 1 and level is not Level.UNKNOWN else "")
        for level, number in numbers
        if number
    ]
    return ", ".join(told) or "no findings"


def _read(judged: Conformance) -> str:
    more = len(judged.releases) - _MOST_RELEASES
    releases = ", ".join(judged.releases[:_MOST_RELEASES]) or "none"
    releases += f" and {more} more" if more > 0 else ""
    return f"Judged: {_count(judged.documents, 'document')}; next runs: {releases}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
