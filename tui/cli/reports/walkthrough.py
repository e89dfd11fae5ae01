"""A walkthrough as text: each step with what the speaker says, the cell in question, the points and the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding

from diagnosis.documents.walkthrough.steps import Step, Walkthrough
from diagnosis.facts.endpoints import Endpoint
from tui.cli.console import Text
from tui.cli.reports.endpoints import show_endpoints
from tui.cli.reports.verdict_styles import STYLES


def show(told: Walkthrough, console: Console, endpoints: Sequence[Endpoint]) -> None:
    """Print every step. ``endpoints``: who was asked in GitHub's or AWS's place."""
    console.print(Text(f"Walkthrough: {told.title}. The chain is {told.status}.", style="bold"))
    if told.origin and not endpoints:
        console.print(Text(told.origin, style="yellow"))
    show_endpoints(endpoints, console)
    for number, step in enumerate(told.steps, 1):
        console.print()
        console.print(Text(f"{number}. {step.title}", style="bold"))
        _inside(console, Text(f"“{step.line}”"))
        if step.shown:
            _inside(console, _cell(step))
        for note in step.notes:
            _inside(console, Text(f"- {note.label}: {note.text}"))
        for proof in step.proofs:
            _inside(console, Text(f"│ {proof.text}" + (f" ({proof.origin})" if proof.origin else "")))
            if proof.address:
                _inside(console, Text(f"│ at {proof.address}", style="bright_black"))
        _inside(console, Text(f"◆ {step.account}", style="cyan"))
        for moved in step.moved:
            words = f"▲ NOW, {moved.gate.label}: {moved.before.sign} {moved.before.value} → {moved.after.sign} {moved.after.value}"
            _inside(console, Text(words, style="cyan"))


def _cell(step: Step) -> Text:
    gate = step.place.gate if step.place is not None else None
    line = Text(f"{gate.label}: " if gate is not None else "")
    for number, each in enumerate(step.shown):
        line.append(" → " if number else "").append(f"{each.verdict.sign} {each.word}", style=STYLES[each.verdict])
        line.append(f" ({each.where})")
    return line


def _inside(console: Console, text: Text) -> None:
    console.print(Padding(text, (0, 0, 0, 3)))
