"""What ``planescope watch`` says of an attempt that has ended: verdict, forecast and fix, in a few lines of text."""

from __future__ import annotations

from rich.console import Console

from diagnosis.documents.forecast_labels import items
from diagnosis.documents.headline import headline
from diagnosis.documents.outlook import nothing_foretold, path_sentence
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.outlook import outlook_after, outlook_now
from tui.backend import RunRow
from tui.cli.console import Text
from tui.cli.plain import is_plain
from tui.cli.reports.diagnosis import first_lines

_MOST = 5


def show_watched(diagnosis: Diagnosis, row: RunRow, console: Console) -> None:
    """Print what stopped an attempt, what a rerun would meet, and the smallest change, a line each."""
    attempt = f", attempt {row.key[1]}" if row.key[1] > 1 else ""
    head = f"{row.workflow} #{row.number}{attempt} on {row.ref or 'no branch'}: {row.conclusion or 'ended'}"
    console.print(Text(head, style="bold green" if row.conclusion == "success" else "bold red"), soft_wrap=True)
    first_lines(headline(diagnosis), console)
    forecast = items(diagnosis.forecast)
    if diagnosis.live is not None and not forecast:
        _line(f"Rerun: {nothing_foretold(diagnosis)}", console)
    for item in forecast[:_MOST]:
        problem = item.problems[0]
        cause = f" ({problem.cause.value})" if problem.cause else ""
        _line(f"Rerun {item.number}: {item.label}{cause}: {problem.reason}", console)
    if len(forecast) > _MOST:
        _line(f"Rerun: {len(forecast) - _MOST} more", console)
    if diagnosis.paths:
        path = diagnosis.paths[0]
        for remediation in path.remediations:
            _line(f"Change: {remediation.title} ({remediation.owner.value})", console)
        _line(f"Proof: {path_sentence(path, outlook_after(diagnosis, path))}", console)
    elif forecast or outlook_now(diagnosis).unproven:
        _line("Change: none that could be proved is known", console)
    _line(f"All of it: planescope diagnose {row.url}", console)


def _line(text: str, console: Console) -> None:
    console.print(Text(text if is_plain() else f"  {text}"), soft_wrap=True)
