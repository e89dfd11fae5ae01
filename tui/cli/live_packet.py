"""Read again what a packet tells of, from GitHub and AWS, for ``planescope packet verify --live``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.packet import Packet, packet
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import BackendProblem
from tui.backends.repository import RepositoryBackend
from tui.bootstrap import live_backend
from tui.cli.console import ProgressLine
from tui.cli.options.repository import live_options, read_case_option
from tui.packet.verify.live import compare_live
from tui.packet.verify.report import Line, Question, Sign


def ask_again(old: Packet | None, options: Mapping[str, Any]) -> list[Line]:
    """Return what GitHub and AWS say today of the packet's facts. Raises BackendProblem where nobody can be asked."""
    if old is None:
        return [Line(Question.RUNS, Sign.UNKNOWN, "Nothing could be asked: the packet's JSON could not be read.")]
    case = read_case_option(options)
    progress = ProgressLine()
    backend = live_backend(live_options(options, case, options.get("repo") or old.repository), case)
    try:
        found, problems = _read(backend, list(dict.fromkeys(each.run for each in old.attempts)), progress)
    finally:
        progress.clear()
        backend.close()
    today = [packet(each, case, mask_accounts=masked) for each in found for masked in (True, False)]
    whom = "The recording" if options.get("recording") else "GitHub"
    return [*problems, *compare_live(old, today, whom)]


def _read(
    backend: RepositoryBackend, runs: Sequence[int], progress: ProgressLine
) -> tuple[list[Diagnosis], list[Line]]:
    """Return what was read: all runs together, or, where one of them cannot be read, each by itself, with why it cannot."""

    def read(some: Sequence[int]) -> Diagnosis:
        return backend.diagnose_runs(some, progress=progress, cancelled=lambda: False)

    try:
        return [read(runs)], []
    except BackendProblem as problem:
        if problem.exit_code == ExitCode.CREDENTIALS or len(runs) == 1:
            raise
    found: list[Diagnosis] = []
    problems: list[Line] = []
    for run in runs:
        try:
            found.append(read([run]))
        except BackendProblem as problem:
            problems.append(Line(Question.RUNS, Sign.UNKNOWN, f"Run {run} could not be read: {problem.sentence}"))
    return found, problems
