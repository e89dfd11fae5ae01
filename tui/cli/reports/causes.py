"""Records of the catalogue of causes as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from diagnosis.causes import Cause, Integrity
from diagnosis.gates import Plane
from tui.cli.console import Lines, Text
from tui.cli.plain import is_plain

_REFERENCE = "reference"


def show_causes(causes: Sequence[Cause], integrity: Sequence[Integrity], console: Console) -> None:
    """Print records; where there are several, under the heading of their plane."""
    several = len(causes) + len(integrity) > 1
    plane: Plane | None = None
    for cause in causes:
        if several and cause.plane is not plane:
            plane = cause.plane
            console.print(Lines(f"{plane.label[:1].upper()}{plane.label[1:]}\n", style="bold underline"))
        _show_cause(cause, console, ended=several)
    if several and integrity:
        console.print(Lines("Integrity findings: green for the wrong reason\n", style="bold underline"))
    for finding in integrity:
        _show_integrity(finding, console, ended=several)


def _show_cause(cause: Cause, console: Console, *, ended: bool) -> None:
    record = cause.record
    place = f"{record.gate.label}, at {record.checkpoint}" if record.gate and record.checkpoint else "no single gate"
    if record.plane in (Plane.REGISTRY_STATE, Plane.OTHER):
        place = "no gate"
    _show(
        cause,
        f"{record.plane.label}: {place}",
        record.sentence,
        {
            "how to tell": record.tell_apart,
            "next step": record.next_step,
            "owner": record.owner.value,
        },
        record.reference or f"none: {record.no_reference}",
        console,
        ended=ended,
    )


def _show_integrity(finding: Integrity, console: Console, *, ended: bool) -> None:
    record = finding.record
    _show(
        finding,
        "closure: integrity",
        record.sentence,
        {
            "how it shows": record.shows,
            "next step": record.next_step,
            "owner": record.owner.value,
        },
        record.reference or f"none: {record.no_reference}",
        console,
        ended=ended,
    )


def _show(
    slug: str,
    place: str,
    sentence: str,
    fields: Mapping[str, str],
    reference: str,
    console: Console,
    *,
    ended: bool,
) -> None:
    console.print(Text.assemble((slug, "bold"), "  ", (place, "bright_black")))
    console.print(Text(sentence))
    print_fields(fields, reference, console)
    if ended:
        console.print()


def print_fields(fields: Mapping[str, str | None], reference: str | None, console: Console) -> None:
    """Print names and values side by side; names without a value are left out.

    The address of the documentation comes last and unbroken, however narrow the terminal is.
    """
    told = {name: value for name, value in fields.items() if value}
    table = Table(box=None, show_header=False, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=len(_REFERENCE) if reference else None)
    table.add_column(overflow="fold")
    for name, value in told.items():
        table.add_row(Text(name, style="bright_black"), Text(value))
    if told:
        console.print(table)
    if reference:
        width = max(map(len, (*told, _REFERENCE))) + 2
        name = f"{_REFERENCE}: " if is_plain() else _REFERENCE.ljust(width)
        console.print(Text.assemble((name, "bright_black"), reference), soft_wrap=True)
