"""Tell a chain step by step as text, for where there is no terminal, and write its hand-out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.documents.judged_exit import exit_code
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.console import ProgressLine, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.options.repository import live_options, read_case_option
from tui.cli.output import say
from tui.cli.reports.walkthrough import show

if TYPE_CHECKING:
    from tui.backend import Backend


def tell_demo(moment: str, incident: str, handout: Path | None) -> int:
    """Print the walkthrough of an embedded incident up to a stage; return the exit code of its diagnosis."""
    progress = ProgressLine()
    backend = embedded_backend(moment, incident)
    try:
        moments: list[Diagnosis] = []
        for index in range(backend.moment_index + 1):
            backend.move_to(index)
            moments.append(backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False))
        progress.clear()
        last = {replay.attempt.key for replay in moments[-1].replays}
        same = [each for each in moments if each.replays and {replay.attempt.key for replay in each.replays} <= last]
        _tell(backend, same or moments[-1:], handout)
        return exit_code(moments[-1])
    finally:
        progress.clear()
        backend.close()


def tell_live(options: Mapping[str, Any]) -> int:
    """Print the walkthrough of a live chain; return the exit code of its diagnosis."""
    case = read_case_option(options)
    progress = ProgressLine()
    backend = live_backend(live_options(options, case), case)
    try:
        diagnosis = backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
        progress.clear()
        _tell(backend, [diagnosis], handout=options.get("handout"))
    finally:
        progress.clear()
        backend.close()
    problem = diagnosis.live.account.credentials_problem if diagnosis.live else None
    return code_for_credentials(exit_code(diagnosis), problem)


def _tell(backend: Backend, moments: list[Diagnosis], handout: Path | None) -> None:
    show(backend.walkthrough(moments), text_console(), moments[-1].endpoints)
    if handout is not None:
        say(f"Hand-out: {backend.write_handout(backend.walkthrough(moments, masked=True), handout)}", err=True)
