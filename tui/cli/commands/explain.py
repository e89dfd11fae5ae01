"""``planescope explain``: which gate does this log text speak of, and what is the next read-only step."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from typing import IO

import click
from click.core import ParameterSource

from diagnosis.causes import Cause, Integrity
from diagnosis.documents import causes as catalogue
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.explanation import SCHEMA, document, exit_code
from diagnosis.failures import explain
from diagnosis.failures.rows import Answer, answer, unreadable
from diagnosis.logs.scrub import scrub_pieces
from tui.cli.console import print_json, print_row, printable, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.options.log_input import LogInput, NotALogError, read_log
from tui.cli.output import say
from tui.cli.reports.causes import show_causes
from tui.cli.reports.explanation import show

LONGEST_ROW = 16 * 1024 * 1024
"""In bytes; a longer line of JSON Lines is no row and is skipped in pieces."""


@click.command(
    "explain",
    epilog=exit_codes(
        passed="the log ends well",
        failed="a gate, or the registry's state, stopped it",
        unknown="the text does not say",
        another_reason="it failed for a reason that belongs to no gate",
    ),
)
@click.argument("file", default="-", metavar="[FILE]")
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.option(
    "--jsonl", "rows", is_flag=True, help="Read rows {id, excerpt}, write rows {id, plane, gate, checkpoint, …}."
)
@click.option(
    "--cause",
    "slug",
    is_flag=False,
    flag_value="",
    metavar="[SLUG]",
    help="Read no log: print what the catalogue holds of one cause, or of all of them.",
)
@click.pass_context
def explain_command(ctx: click.Context, file: str, as_json: bool, rows: bool, slug: str | None) -> None:
    """Say which gate a log speaks of: FILE, or standard input where FILE is - or left out.

    A raw log file, the output of `gh run view --log`, a copy from the web page, or a few pasted lines. Nothing is
    asked of GitHub or AWS. Secrets are replaced before anything is shown.
    """
    if as_json and rows:
        raise click.UsageError("--json and --jsonl exclude each other: --jsonl is JSON already.")
    if slug is not None:
        if rows or ctx.get_parameter_source("file") is not ParameterSource.DEFAULT:
            raise click.UsageError("--cause reads no log: leave FILE and --jsonl out.")
        _print_records(slug, as_json=as_json)
        return
    try:
        if file == "-" and sys.stdin.isatty():
            say("Paste the log, then press Ctrl-D.", err=True)
        with click.open_file(file, "rb") as stream:
            code = _explain_rows(stream) if rows else _explain_log(stream, as_json=as_json)
    except (NotALogError, OSError) as fault:
        why = fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
        name = "standard input" if file == "-" else file
        say(f"planescope: cannot read {printable(name)}: {why}.", err=True)
        code = ExitCode.USAGE
    ctx.exit(code)


def _print_records(slug: str, *, as_json: bool) -> None:
    """Print the records of a slug, or all where it is empty."""
    causes = tuple(cause for cause in Cause if slug in ("", cause))
    integrity = tuple(finding for finding in Integrity if slug in ("", finding))
    if not causes and not integrity:
        raise click.UsageError(_unknown_slug(slug))
    if as_json:
        print_json(catalogue.document(causes, integrity))
    else:
        show_causes(causes, integrity, text_console())


def _unknown_slug(slug: str) -> str:
    known = dict.fromkeys((*map(str, Cause), *map(str, Integrity)))
    near = difflib.get_close_matches(slug.lower(), known, n=3, cutoff=0.7)
    more = f" Did you mean {', '.join(near[:-1]) + ' or ' if near[1:] else ''}{near[-1]}?" if near else ""
    return f"No cause is called {printable(slug)!r}.{more} `planescope explain --cause` prints all of them."


def _explain_log(stream: IO[bytes], *, as_json: bool) -> int:
    log = read_log(stream)
    # As a whole: the lines beside a failure may be the middle of a key.
    explanation = explain(scrub_pieces(log.pieces))
    _say_encoding(log)
    if as_json:
        print_json(document(explanation))
    else:
        show(explanation, text_console())
    return exit_code(explanation)


def _say_encoding(log: LogInput) -> None:
    if log.encoding.startswith(("utf-16", "utf-32")):
        say(f"planescope: read as {log.encoding.upper()}.", err=True)
    if log.replaced:
        say(
            f"planescope: not all of it is {log.encoding.upper()}; what could not be read is shown as \ufffd.", err=True
        )


def _explain_rows(stream: IO[bytes]) -> int:
    faulty = False
    for given in _answers(stream):
        faulty = faulty or given.faulty
        print_row(given.values)
    return ExitCode.USAGE if faulty else ExitCode.PASSED


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
