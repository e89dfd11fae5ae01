"""A GitHub of a few lines for the tests: answers what it is told, and keeps what it was asked, headers included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from probes.github.http.body import Timeouts
from probes.github.source import GitHubSource
from probes.ledger import Ledger

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
QUICK = Timeouts(connect=2.0, read=0.3, answer=2.0, backoff=0.001)


@dataclass
class World:
    """A server and a source that reads it."""

    server: Any
    source: GitHubSource
    ledger: Ledger


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    """Content-Length, where it is to differ from the body's."""


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


def said(value: Any, status: int = 200, **headers: str) -> Said:
    """A JSON answer; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Said(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def rate_limited() -> Said:
    """The answer of GitHub to one who has asked too often, for an hour from now."""
    reset = str(int(time.time()) + 3_600)
    message = {"message": "API rate limit exceeded"}
    return said(message, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)


class TinyGitHub:
    """``answers`` maps a path (with or without its query) to an answer, or to a function of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, Said | Callable[[Asked], Said]] = {}
        self.asked: list[Asked] = []
        self.released = threading.Event()
        tiny = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0)))
                asked = Asked(self.command, headers.get("host", "").partition(":")[0], self.path, headers, body)
                tiny.asked.append(asked)
                found = tiny.answers.get(self.path, tiny.answers.get(self.path.partition("?")[0]))
                answer = found(asked) if callable(found) else found or said({"message": "Not Found"}, 404)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "Transfer-Encoding" not in answer.headers:
                    announced = len(answer.body) if answer.announced is None else answer.announced
                    self.send_header("Content-Length", str(announced))
                    if announced != len(answer.body):
                        self.close_connection = True
                self.end_headers()
                self.wfile.write(answer.body)

            do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base class's names

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """A client that gives up is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def storage(self) -> str:
        """The same server under its other name."""
        return f"http://localhost:{self.port}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


REPOSITORY = {
    "id": 2002,
    "full_name": "example/widgets",
    "owner": {"login": "example", "id": 1001},
    "created_at": "2024-01-01T00:00:00Z",
    "default_branch": "main",
    "html_url": "https://github.com/example/widgets",
}


def run_object(run_id: int = 7, attempt: int = 1, **changes: Any) -> dict[str, Any]:
    """A run as GitHub describes it."""
    return {
        "id": run_id,
        "name": "release",
        "path": ".github/workflows/release.yml",
        "run_number": 3,
        "run_attempt": attempt,
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "display_title": "fix [skip ci] [/red]",
        "status": "completed",
        "conclusion": "failure",
        "created_at": "2026-05-01T10:00:00Z",
        "run_started_at": f"2026-05-01T1{attempt}:00:00Z",
        "updated_at": f"2026-05-01T1{attempt}:05:00Z",
        "actor": {"login": "first", "id": 11},
        "triggering_actor": {"login": "second", "id": 22},
        "html_url": f"https://github.com/example/widgets/actions/runs/{run_id}",
        "repository": {"id": 2002, "full_name": "example/widgets", "owner": {"id": 1001}},
        "head_repository": {"full_name": "example/widgets"},
        **changes,
    }


def job_object(job_id: int = 71, name: str = "publish", **changes: Any) -> dict[str, Any]:
    """A job as GitHub describes it."""
    return {
        "id": job_id,
        "name": name,
        "status": "completed",
        "conclusion": "failure",
        "started_at": "2026-05-01T10:00:05Z",
        "completed_at": "2026-05-01T10:00:25Z",
        "html_url": f"https://github.com/example/widgets/actions/runs/7/job/{job_id}",
        "labels": ["ubuntu-latest"],
        "runner_name": "GitHub Actions 1",
        "steps": [
            {"number": 1, "name": "Set up job", "status": "completed", "conclusion": "success"},
            {"number": 4, "name": "Push", "status": "completed", "conclusion": "failure"},
        ],
        **changes,
    }
