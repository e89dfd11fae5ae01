"""What is set up and what is missing, as text and as a document (schema ``planescope.readiness/1``)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tui.cli.console import Text
from tui.readiness.check import Check, State, exit_code
from tui.readiness.works import works

SCHEMA = "planescope.readiness/1"
_STYLES = {State.READY: "green", State.NOTE: "yellow", State.MISSING: "red", State.UNKNOWN: "magenta"}
_LABEL = 14


def show(checks: Sequence[Check], console: Console) -> None:
    """Print each check in its order, then what works already."""
    table = _grid()
    for check in checks:
        table.add_row(_mark(check.state), Text(check.what.label, style="bold"), _said(check))
    console.print(table)
    console.print()
    console.print(Text("What works already", style="bold"))
    parts = _grid()
    for part in works(checks):
        parts.add_row(_mark(State.READY if part.works else State.MISSING), Text(part.part.label), Text(part.sentence))
    console.print(parts)


def _mark(state: State) -> Text:
    return Text(state.sign, style=_STYLES[state])


def _grid() -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(width=_LABEL)
    table.add_column(overflow="fold")
    return table


def _said(check: Check) -> Table:
    """Return the sentence, and below it what to do."""
    lines = Table.grid()
    lines.add_column(overflow="fold")
    lines.add_row(Text(check.sentence))
    if check.way_out:
        lines.add_row(Text(check.way_out, style="dim"))
    for command in check.commands:
        lines.add_row(Text(f"$ {command}", style="cyan"))
    return lines


def document(checks: Sequence[Check]) -> dict[str, object]:
    """Return the same for programs."""
    return {
        "schema": SCHEMA,
        "exit_code": int(exit_code(checks)),
        "checks": [
            {
                "check": check.what.value,
                "state": check.state.value,
                "sentence": check.sentence,
                "way_out": check.way_out or None,
                "commands": list(check.commands),
            }
            for check in checks
        ],
        "works": [{"part": part.part.value, "works": part.works, "sentence": part.sentence} for part in works(checks)],
    }
