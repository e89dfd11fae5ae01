"""Name the servers that were asked in github.com's or AWS's place, at the head of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.padding import Padding

from diagnosis.facts.endpoints import Endpoint
from tui.cli.console import Text, printable


def show_endpoints(endpoints: Iterable[Endpoint], console: Console, foreign: Callable[[str], str] = printable) -> None:
    """Print one sentence for each; nothing where github.com and AWS themselves were asked."""
    for endpoint in endpoints:
        console.print(Padding(Text(foreign(f"! {endpoint.note}"), style="yellow"), (0, 0, 0, 2)))
