"""The embedded incident as text or JSON, stage after stage, for the command `demo` outside the app."""

from __future__ import annotations

from pathlib import Path

from diagnosis.documents.diagnosis import document
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.judged_exit import exit_code
from tui.backend import ExportChoice
from tui.bootstrap import embedded_backend
from tui.cli.console import ProgressLine, print_json, text_console
from tui.cli.options.embedded import INCIDENTS, LATER
from tui.cli.reports.diagnosis import show
from tui.cli.reports.packet import say_written


def print_demo(incident: str, stage: str | None, as_json: bool, directory: Path | None, force: bool) -> int:
    """Print the stages, write the packet of the last one where a folder is given, and return the exit code."""
    shown = (stage,) if stage else tuple(name for name in INCIDENTS[incident] if name != LATER)
    progress, console, code = ProgressLine(), text_console(), int(ExitCode.PASSED)
    documents: list[object] = []
    backend = embedded_backend(shown[0], incident)
    try:
        for name in shown:
            backend.move_to(next(i for i, moment in enumerate(backend.moments) if moment.name == name))
            diagnosis = backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
            progress.clear()
            code = exit_code(diagnosis)
            if as_json:
                documents.append(document(diagnosis))
            else:
                show(diagnosis, console)
                console.print()
            if name == shown[-1] and directory is not None:
                say_written(backend.export_packet(diagnosis, directory, ExportChoice(force=force)), err=as_json)
    finally:
        backend.close()
    if as_json:
        first = documents[0]
        print_json(first if stage and isinstance(first, dict) else documents)
    return code
