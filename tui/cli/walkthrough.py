"""Tell a chain step by step as text, for where there is no terminal, and write its hand-out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.documents.judged_exit import exit_code
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.console import ProgressLine, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.options.repository import live_options, read_case_option
from tui.cli.output import say
from tui.cli.reports.walkthrough import show
from tui.earlier_stages import earlier_stages

if TYPE_CHECKING:
    from tui.backend import Backend


def tell_demo(moment: str, incident: str, handout: Path | None) -> int:
    """Print the walkthrough of an embedded incident up to a stage; return the exit code of its diagnosis."""
    return _tell(embedded_backend(moment, incident), handout)


def tell_live(options: Mapping[str, Any]) -> int:
    """Print the walkthrough of a live chain; return the exit code of its diagnosis."""
    case = read_case_option(options)
    return _tell(live_backend(live_options(options, case), case), options.get("handout"))


def _tell(backend: Backend, handout: Path | None) -> int:
    progress = ProgressLine()
    try:
        last = backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
        moments = [*earlier_stages(backend, last, progress=progress, cancelled=lambda: False), last]
        progress.clear()
        show(backend.walkthrough(moments), text_console(), last.endpoints)
        if handout is not None:
            say(f"Hand-out: {backend.write_handout(backend.walkthrough(moments, masked=True), handout)}", err=True)
    finally:
        progress.clear()
        backend.close()
    return code_for_credentials(exit_code(last), last.live.account.credentials_problem if last.live else None)
