"""Read from GitHub what lies between two attempts: commits, pull requests, environments and subject claims."""

from __future__ import annotations

from diagnosis.claims.subject_claim import claims_of
from diagnosis.facts.github_context import Environment
from diagnosis.facts.reading import Reading, Unreadable
from diagnosis.verdicts.replay import Replay
from probes.github.http.errors import Cancelled as SourceCancelled
from probes.github.http.errors import GitHubProblem
from probes.github.source import GitHubSource
from tui.backend import Between, CancelHook, Cancelled, Progress, ProgressHook


def read_between(
    source: GitHubSource, earlier: Replay, later: Replay, progress: ProgressHook, cancelled: CancelHook
) -> Between:
    """Ask GitHub what lies between two attempts. A refusal becomes a reading with its reason. Raises Cancelled only."""
    attempts = (earlier.attempt, later.attempt)

    def shown(what: str, done: int, total: int) -> None:
        progress(Progress(what, done, total))

    try:
        commits = source.between(attempts, cancelled=cancelled, progress=shown)[0]
        named = dict.fromkeys(name for replay in (earlier, later) if (name := _environment(replay)))
        environments = tuple((name, _read_environment(source, name, cancelled)) for name in named)
    except SourceCancelled:
        raise Cancelled from None
    return Between(commits, environments, (_subjects(earlier), _subjects(later)))


def _environment(replay: Replay) -> str:
    """Return the environment that the releasing job names; an expression names none."""
    stated = replay.facts.environment.value if replay.facts.environment else replay.attempt.environment
    return stated if stated and "${{" not in stated else ""


def _read_environment(source: GitHubSource, name: str, cancelled: CancelHook) -> Reading[Environment]:
    try:
        return source.environment(name, cancelled=cancelled)
    except GitHubProblem as problem:
        return Unreadable(f"the environment {name}", problem.sentence.rstrip("."), problem.way_out.rstrip("."))


def _subjects(replay: Replay) -> tuple[str, ...]:
    """Return every subject that the record leaves possible for the attempt, the likeliest first."""
    attempt = replay.attempt
    environment = replay.facts.environment.value if replay.facts.environment else attempt.environment
    return claims_of(attempt, environment=environment, workflow=replay.workflow).subjects
