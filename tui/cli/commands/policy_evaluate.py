"""``planescope policy evaluate``: rows of policies and requests in, decisions with their reasons out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import click

from diagnosis.documents.exit_code import ExitCode
from diagnosis.policy import evaluate
from diagnosis.policy.evaluation.rows import JsonValue, Row, RowFault, read_row, result_of, row_id
from tui.cli.console import print_row
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say

BAD_INPUT = ExitCode.USAGE
LONGEST_ROW = 4 * 1024 * 1024
"""In bytes. A longer line is no row: it is skipped piece by piece, so that memory stays bounded."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@click.command(
    "evaluate", epilog=exit_codes(passed="every row was decided", usage="a row cannot be read, or bad usage")
)
@click.argument("file", type=click.File("rb"), default="-", metavar="[FILE]")
@click.pass_context
def evaluate_command(ctx: click.Context, file: BinaryIO) -> None:
    """Decide every row of FILE (JSON Lines; standard input where FILE is - or left out).

    A row holds the policies of every layer and a request. One line is written for each: the decision (Allowed,
    ExplicitDeny, ImplicitDeny) and what decided it. A row that cannot be read gives an error line, and the others go on.
    """
    faulty = False
    try:
        for number, line in _lines(file):
            answer = answer_line(number, line)
            faulty = faulty or "error" in answer
            print_row(answer)
    except OSError as fault:
        say(f"planescope: cannot read the rows: {fault.strerror or fault}", err=True)
        faulty = True
    ctx.exit(BAD_INPUT if faulty else ExitCode.PASSED)


def answer_line(number: int, line: bytes | None) -> dict[str, JsonValue]:
    """Return the output row for an input line; None stands for a line that was too long to be kept."""
    if line is None:
        return _error(None, f"line {number}: longer than {LONGEST_ROW} bytes")
    try:
        text = line.decode()
    except UnicodeDecodeError as fault:
        return _error(row_id(line.decode(errors="replace")), f"line {number}: not UTF-8 at byte {fault.start}")
    row = read_row(text)
    if isinstance(row, RowFault):
        return _error(row.id, f"line {number}: {row.error}")
    return _decided(row)


def _decided(row: Row) -> dict[str, JsonValue]:
    return result_of(row, evaluate(row.request, row.layers))


def _error(identifier: JsonValue, error: str) -> dict[str, JsonValue]:
    return {"id": identifier, "error": error}


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield numbered lines that hold something; None for one that is too long."""
    number = 0
    while line := stream.readline(LONGEST_ROW + 1):
        number += 1
        line = line.removeprefix(_BYTE_ORDER_MARK)  # also where files were put one behind the other
        if len(line) > LONGEST_ROW and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.strip():
            yield number, line
