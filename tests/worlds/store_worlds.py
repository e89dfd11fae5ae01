"""Attempts to be stored, and servers to read them from."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job, Repository
from probes.embedded.github.server import GitHubServer
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.store.attempts import AttemptStore, Scope

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ENDED = NOW - timedelta(days=3)
TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
SCOPE = Scope("https://api.github.com", "Example/Widgets", with_token=True)
PATIENT = Timeouts(backoff=0.001)
"""Waits as long as the tool does: a busy machine is no fault."""
QUICK = Timeouts(connect=2.0, read=0.4, answer=2.0, backoff=0.001)
"""Gives up quickly, on a server that is told to hang."""


def made_attempt(run_id: int = 7, attempt: int = 1, log: str = "a log\n", **changes: Any) -> Attempt:
    """A completed attempt with one job."""
    job = Job(id=run_id * 10 + attempt, name="publish", status="completed", conclusion="failure", log=Known(log))
    values: dict[str, Any] = {
        "repository": Repository("Example/Widgets", id=2002),
        "run_id": run_id,
        "attempt": attempt,
        "run_number": 3,
        "workflow_name": "release",
        "workflow_path": ".github/workflows/release.yml",
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "status": "completed",
        "conclusion": "failure",
        "title": "fix it",
        "actor": "someone",
        "created_at": ENDED,
        "started_at": ENDED,
        "updated_at": ENDED + timedelta(minutes=5),
        "html_url": f"https://github.com/example/widgets/actions/runs/{run_id}",
        "jobs": Known((job,)),
    }
    return Attempt(**{**values, **changes})


def listed(attempt: Attempt) -> Attempt:
    """The attempt as a list of runs gives it: without its parts."""
    plain = {name: Attempt.__dataclass_fields__[name].default for name in ("jobs", "workflow_file", "artifacts")}
    from dataclasses import replace

    return replace(attempt, **plain)


def store_at(path: Path, **options: Any) -> AttemptStore:
    """A store whose clock stands still."""
    return AttemptStore(path, clock=lambda: NOW, **{"busy_seconds": 0.3, **options})


def source_on(server: GitHubServer, path: Path | None, token: str = "", **options: Any) -> GitHubSource:
    """A source with a store."""
    return GitHubSource(
        server.recording.full_name,
        GitHubAccess(server.url, token, "GH_TOKEN" if token else ""),
        Ledger(),
        store=store_at(path) if path else None,
        **{"timeouts": PATIENT, **options},
    )


def asked(server: GitHubServer, since: int = 0) -> list[str]:
    """The paths of the requests, without their queries and without the repository."""
    prefix = f"/repos/{server.recording.full_name}"
    return [request.path.partition("?")[0].removeprefix(prefix) for request in server.requests[since:]]


def saved(path: Path, attempts: Iterable[Attempt], scope: Scope = SCOPE, depth: str = "full", **options: Any) -> None:
    """Put attempts into a store at a path."""
    with closing(store_at(path, **options)) as store:
        store.save(scope, attempts, depth)
        assert store.note == ""
