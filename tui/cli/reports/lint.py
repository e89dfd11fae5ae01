"""Print the findings in policy documents."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding

from diagnosis.documents.lint import LintedFile, NotJudged
from diagnosis.lint.finding import Finding
from diagnosis.lint.rule import Severity
from diagnosis.policy import PolicyKind
from tui.cli.console import Lines, Text, printable

_STYLES = {
    Severity.SECURITY_WARNING: "bold red",
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.SUGGESTION: "bright_black",
}


def show(
    files: Sequence[LintedFile], not_judged: Sequence[NotJudged], without: Sequence[str], console: Console
) -> None:
    """Print the findings of each document, the gravest first; then what was not judged, and the files without a document."""
    for position, item in enumerate(files):
        if position:
            console.print()
        findings = item.report.findings
        what = printable(item.shown) or item.report.kind.value
        line = f" (line {item.line})" if item.line is not None else ""
        console.print(
            Text(f"{_name(item.file)}: {what}{line}, {_counts(findings, item)}", style="bold"), soft_wrap=True
        )
        exact = [each for each in item.opens if each.sort.is_harmless]
        if exact and len(exact) == len(item.opens):
            sorts = ", ".join(dict.fromkeys(each.sort.value for each in exact))
            console.print(Text(f"  Holds for every value of what is not settled: {sorts}.", style="bright_black"))
        for each in findings:
            _show(each, console)
        if item.report.refused:
            console.print(Lines("\nAWS would refuse to save this document.", style="bold red"))
        if item.report.kind is PolicyKind.TRUST and not item.resource:
            console.print(
                Lines(f"\nWho gets in by it: planescope policy admits {_argument(item.file)} --repo OWNER/REPO"),
                soft_wrap=True,
            )

    for file in without:
        console.print(Text(f"{_name(file)}: no IAM document in it"), soft_wrap=True)
    if not_judged:
        console.print(Lines("\nNot judged:", style="bold yellow"))
    for lacking in not_judged:
        where = f"{_name(lacking.file)} (line {lacking.line})"
        console.print(Text(f"  {where}: {printable(lacking.what)}: {printable(lacking.why)}"))
        console.print(Text(f"    → {printable(lacking.how)}", style="green"))


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _argument(file: str) -> str:
    """Return a file's name as a shell takes it, and no command for an option; standard input has to be kept in a file first."""
    return "TRUST.json" if file == "-" else printable(shlex.quote(f"./{file}" if file.startswith("-") else file))


def _counts(findings: Sequence[Finding], item: LintedFile) -> str:
    if not findings:
        whole = all(each.sort.is_harmless for each in item.opens)
        return "no fault found" if whole else "no fault found in what the file settles"
    counted = [(each, sum(finding.severity is each for finding in findings)) for each in Severity]
    return ", ".join(f"{number} {each}{'s' if number > 1 else ''}" for each, number in counted if number)


def _show(finding: Finding, console: Console) -> None:
    line = f" (line {finding.place.line})" if finding.place.line is not None else ""
    where = f"{printable(finding.place.path) or 'the document'}{line}"
    console.print()
    console.print(
        Text.assemble(
            (finding.severity.value, _STYLES[finding.severity]), "  ", (finding.rule.value, "bold"), "  ", where
        ),
        soft_wrap=True,
    )
    console.print(Padding(Text(printable(finding.sentence)), (0, 0, 0, 2)))
    console.print(Padding(Text(f"→ {printable(finding.correction)}", style="green"), (0, 0, 0, 2)))
    console.print(Text(f"  {finding.reference}", style="bright_black"), soft_wrap=True)
