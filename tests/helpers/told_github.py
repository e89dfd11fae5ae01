"""A GitHub on loopback that answers what it is told, headers included, and never a request that nobody expects."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from raw_server import Asked, RawServer, Wire

REPOSITORY = "octo-org/shop"
TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz12"
_AT = f"/repos/{REPOSITORY}"


@dataclass
class ToldGitHub:
    """One repository with a run; ``answers`` puts (status, value, headers) in the place of a path's answer."""

    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"X-OAuth-Scopes": "repo, workflow"})
    """Of every answer."""
    clock: timedelta = timedelta()
    """How far its clock is from ours."""

    def __post_init__(self) -> None:
        usual: dict[str, Any] = {
            _AT: {"id": 1, "full_name": REPOSITORY, "owner": {"id": 2}},
            "/rate_limit": {"rate": {}},
            f"{_AT}/actions/runs": {"total_count": 1, "workflow_runs": [{"id": 42, "run_attempt": 1}]},
            f"{_AT}/contents/.github/workflows": [],
            f"{_AT}/actions/runs/42/attempts/1/jobs": {"total_count": 1, "jobs": [{"id": 71}]},
            f"{_AT}/check-runs/71/annotations": [],
        }
        for path, value in usual.items():
            self.answers.setdefault(path, (200, value, {}))

    def refuse(self, path: str, status: int, message: str, **headers: str) -> None:
        """Refuse a path below the repository."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[f"{_AT}{path}"] = (status, {"message": message}, named)

    def server(self) -> RawServer:
        """Return the server, to be entered."""
        return RawServer(self._answer)

    def _answer(self, wire: Wire, asked: Asked) -> None:
        status, value, headers = self.answers.get(asked.path, (404, {"message": "Not Found"}, {}))
        date = format_datetime(datetime.now(UTC) + self.clock, usegmt=True)
        limit = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4990", "Date": date}
        told = {**limit, **self.headers, **headers}
        wire.answer(json.dumps(value).encode(), f"{status} Told", *(f"{name}: {text}" for name, text in told.items()))
