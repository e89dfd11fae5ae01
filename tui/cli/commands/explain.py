"""``planescope explain``: which gate does this log text speak of, and what is the next read-only step."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from diagnosis.documents.diagnosis import finding_object
from diagnosis.facts.evidence import Evidence
from diagnosis.failures import Explanation, explain
from diagnosis.failures.rows import Answer, answer, unreadable
from diagnosis.gates import Plane
from diagnosis.verdicts.gate_verdict import Finding
from tui.cli.console import print_json, text_console
from tui.cli.options.log_input import LogInput, NotALogError, read_log

SCHEMA = "planescope.explanation/1"
NO_GATE, GATE_FAILS, BAD_INPUT, UNKNOWN = 0, 1, 2, 3
LONGEST_ROW = 16 * 1024 * 1024
"""In bytes; a longer line of JSON Lines is no row and is skipped in pieces."""
_MOST_SHOWN = 8


@click.command("explain")
@click.argument("file", default="-", metavar="[FILE]")
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.option(
    "--jsonl", "rows", is_flag=True, help="Read rows {id, excerpt}, write rows {id, plane, gate, checkpoint, …}."
)
@click.pass_context
def explain_command(ctx: click.Context, file: str, as_json: bool, rows: bool) -> None:
    """Say which gate a log speaks of: FILE, or standard input where FILE is - or left out.

    A raw log file, the output of `gh run view --log`, a copy from the web page, or a few pasted lines. Nothing is
    asked of GitHub or AWS. Secrets are replaced before anything is shown.

    Exit codes: 0 the failure is none of a gate or the log ends well, 1 a gate (or the registry's state) stopped it,
    2 bad input, 3 the text does not say.
    """
    if as_json and rows:
        raise click.UsageError("--json and --jsonl exclude each other: --jsonl is JSON already.")
    try:
        if file == "-" and sys.stdin.isatty():
            click.echo("Paste the log, then press Ctrl-D.", err=True)
        with click.open_file(file, "rb") as stream:
            code = _explain_rows(stream) if rows else _explain_log(stream, as_json=as_json)
    except (NotALogError, OSError) as fault:
        if isinstance(fault, BrokenPipeError):
            raise
        why = fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
        name = "standard input" if file == "-" else file
        click.echo(f"planescope: cannot read {_plain(name)}: {why}.", err=True)
        code = BAD_INPUT
    ctx.exit(code)


def _explain_log(stream: IO[bytes], *, as_json: bool) -> int:
    log = read_log(stream)
    explanation = explain(log.pieces)
    _say_encoding(log)
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                **finding_object(explanation.finding),
                "failures": [finding_object(finding) for finding in explanation.failures],
                "ended_well": explanation.ended_well,
            }
        )
    else:
        show(explanation, text_console())
    return exit_code(explanation)


def exit_code(explanation: Explanation) -> int:
    """What a script may rely on; the registry's state counts as failed, because a rerun would not get through."""
    finding = explanation.finding
    if explanation.ended_well:
        return NO_GATE
    if not explanation.found:
        return UNKNOWN
    if finding.plane is not Plane.OTHER:
        return GATE_FAILS
    return NO_GATE if finding.cause else UNKNOWN


def _say_encoding(log: LogInput) -> None:
    if log.encoding.startswith(("utf-16", "utf-32")):
        click.echo(f"planescope: read as {log.encoding.upper()}.", err=True)
    if log.replaced:
        click.echo(
            f"planescope: not all of it is {log.encoding.upper()}; what could not be read is shown as \ufffd.", err=True
        )


def show(explanation: Explanation, console: Console) -> None:
    """The explanation for people."""
    finding = explanation.finding
    if explanation.ended_well:
        words = "Nothing stopped this job; lines that name failures were tolerated." if explanation.found else ""
        console.print(Text(f"The log ends well. {words or 'No failure is recorded in it.'}"))
        _list(explanation.failures, console)
        return
    console.print(Text(_headline(finding), style="bold"))
    console.print(Text(finding.sentence))
    _fields(finding, console)
    if finding.evidence:
        _proof(finding.evidence, console)
    _list([other for other in explanation.failures if other != finding], console)


def _list(others: Sequence[Finding], console: Console) -> None:
    if others:
        console.print(Text("\nAlso in this text", style="bold"))
    for other in others[:_MOST_SHOWN]:
        line = f"line {other.evidence.line}: " if other.evidence else ""
        console.print(Text(f"  {line}{_headline(other)}{f' ({other.cause})' if other.cause else ''}"))
    if len(others) > _MOST_SHOWN:
        console.print(Text(f"  and {len(others) - _MOST_SHOWN} more"))


def _headline(finding: Finding) -> str:
    if finding.gate and finding.checkpoint:
        return f"{finding.plane.label}: {finding.gate.label} failed, at {finding.checkpoint.value}"
    if finding.plane is Plane.OTHER:
        return "No gate is named: the failure lies elsewhere" if finding.cause else "No gate is named"
    return f"{finding.plane.label}: failed, no gate is named"


def _fields(finding: Finding, console: Console) -> None:
    fields = {
        "cause": finding.cause,
        "candidates": ", ".join(finding.candidates),
        "action": finding.action,
        "principal": finding.principal,
        "resource": finding.resource,
        "next step": finding.tell_apart,
    }
    table = Table(box=None, show_header=False, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in fields.items():
        if value:
            table.add_row(Text(name, style="bright_black"), Text(value))
    if table.row_count:
        console.print(table)


def _proof(evidence: Evidence, console: Console) -> None:
    console.print(Text("\nThe line that says so", style="bold"))
    line = evidence.line or 0
    for offset, text in enumerate(evidence.before, start=line - len(evidence.before)):
        console.print(Text(f"  {offset:>7}  {text}", style="bright_black"))
    console.print(Text(f"> {line:>7}  {evidence.text}"))
    for offset, text in enumerate(evidence.after, start=line + 1):
        console.print(Text(f"  {offset:>7}  {text}", style="bright_black"))


def _explain_rows(stream: IO[bytes]) -> int:
    faulty = False
    for given in _answers(stream):
        faulty = faulty or given.faulty
        click.echo(json.dumps(given.values, ensure_ascii=False))
    return BAD_INPUT if faulty else NO_GATE


def _answers(stream: IO[bytes]) -> Iterator[Answer]:
    number = 0
    while line := stream.readline(LONGEST_ROW + 1):
        number += 1
        if len(line) > LONGEST_ROW and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
                pass
            yield unreadable(number, f"longer than {LONGEST_ROW} bytes")
            continue
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as fault:
            yield unreadable(number, f"not UTF-8 at byte {fault.start}")
            continue
        if text.strip():
            yield answer(number, text)


def _plain(text: str) -> str:
    """A file's name as it may be printed."""
    return "".join(char if char.isprintable() else "?" for char in text)
