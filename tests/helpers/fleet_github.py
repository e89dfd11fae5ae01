"""A GitHub of many small repositories on loopback: each is a few facts, and its answers are made when they are asked for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

PER_PAGE = 100


@dataclass
class FleetRepository:
    """One repository."""

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    """By the name below ``.github/workflows``."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Further files, by their path."""
    runs: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    """The newest run of a file: event, branch, conclusion."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """What the repository's object says beside its name: ``archived``, ``fork``."""
    fault: tuple[int, Mapping[str, str]] | None = None
    """Status and headers of whatever is asked about it."""
    empty: bool = False
    raw: str | None = None
    """The whole answer about its files, where that is to be another."""
    renamed_to: str = ""
    states: Mapping[str, str] = field(default_factory=dict)
    """Of a file that is not active: ``disabled_manually``."""
    customization: Mapping[str, Any] = field(default_factory=lambda: {"use_default": True})

    @property
    def number(self) -> int:
        """A number of its own."""
        return int(hashlib.sha256(self.name.encode()).hexdigest()[:7], 16) + 1

    @property
    def commit(self) -> str:
        """The head of its default branch."""
        return hashlib.sha1(self.name.encode(), usedforsecurity=False).hexdigest()


class FleetGitHub:
    """Serves repositories of ``owner``; a context manager. ``asked`` counts requests by repository."""

    def __init__(self, repositories: list[FleetRepository], owner: str = "octo", *, user: bool = False) -> None:
        self.owner, self.user = owner, user
        self.repositories = {repository.name.lower(): repository for repository in repositories}
        self.asked: Counter[str] = Counter()
        self.paths: list[str] = []
        self.gate = threading.Event()
        """Answers about files wait for it; open at first."""
        self.gate.set()
        self.latency = 0.0
        self.hidden: int | None = 0
        """How many more repositories the organization has than the token sees; None where GitHub does not tell."""
        self.after_fault: Callable[[str], None] = lambda _name: None
        """Called with each answer that is a fault."""
        fleet = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, value, headers = fleet.answer(self.path, body)
                text = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                for name, content in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, content)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET  # noqa: N815 - the base class's name

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """A client that gives up is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, target: str, body: bytes) -> tuple[int, Any, Mapping[str, str]]:
        if self.latency:
            time.sleep(self.latency)
        path, query = unquote(urlsplit(target).path), parse_qs(urlsplit(target).query)
        self.paths.append(target)
        if path == "/graphql":
            given = json.loads(body)["variables"]
            return self._of(f"{given['owner']}/{given['name']}", "graphql", query)
        if listed := re.fullmatch(r"/(orgs|users)/([^/]+)/repos", path):
            self.asked["(list)"] += 1
            return self._listed(listed[1], listed[2], query)
        if path.lower() == f"/orgs/{self.owner}".lower() and not self.user:
            self.asked["(list)"] += 1
            private = {} if self.hidden is None else {"total_private_repos": self.hidden}
            return 200, {"login": self.owner, "public_repos": len(self.repositories), **private}, {}
        if found := re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path):
            return self._of(found[1], found[2] or "", query)
        return _missing()

    def _listed(self, kind: str, owner: str, query: Mapping[str, list[str]]) -> tuple[int, Any, Mapping[str, str]]:
        if owner.lower() != self.owner.lower() or (kind == "orgs") == self.user:
            return _missing()
        page = int(query.get("page", ["1"])[0])
        every = [self._object(each) for each in self.repositories.values()]
        shown = every[(page - 1) * PER_PAGE : page * PER_PAGE]
        more = {"Link": f'<{self.url}/x?page={page + 1}>; rel="next"'} if page * PER_PAGE < len(every) else {}
        return 200, shown, more

    def _object(self, repository: FleetRepository) -> dict[str, Any]:
        owner, _, name = (repository.renamed_to or repository.name).partition("/")
        return {
            "id": repository.number,
            "name": name,
            "full_name": f"{owner}/{name}",
            "owner": {"login": owner, "id": 1001},
            "default_branch": "main",
            "created_at": "2024-01-01T00:00:00Z",
            "html_url": f"https://github.com/{owner}/{name}",
            "archived": False,
            "disabled": False,
            "fork": False,
            **repository.flags,
        }

    def _of(self, name: str, rest: str, query: Mapping[str, list[str]]) -> tuple[int, Any, Mapping[str, str]]:
        repository = self.repositories.get(name.lower())
        self.asked[name.lower()] += 1
        if repository is None:
            return _missing(graphql=rest == "graphql")
        if repository.fault is not None:
            status, headers = repository.fault
            self.after_fault(name)
            return status, {"message": "no"}, headers
        if rest == "graphql":
            self.gate.wait(30)
            return 200, self._folder(repository) if repository.raw is None else repository.raw.encode(), {}
        if not rest:
            return 200, self._object(repository), {}
        if rest == "/actions/oidc/customization/sub":
            return 200, dict(repository.customization), {}
        if rest == "/actions/workflows":
            listed = [
                {
                    "id": number,
                    "name": name,
                    "path": f".github/workflows/{name}",
                    "state": repository.states.get(name, "active"),
                }
                for number, name in enumerate(repository.files)
            ]
            return 200, {"total_count": len(listed), "workflows": listed}, {}
        if found := re.fullmatch(r"/actions/workflows/([^/]+)/runs", rest):
            run = repository.runs.get(found[1])
            return (
                200,
                {
                    "total_count": int(bool(run)),
                    "workflow_runs": [self._run(repository, found[1], *run)] if run else [],
                },
                {},
            )
        if found := re.fullmatch(r"/contents/(.+)", rest):
            text = repository.others.get(found[1])
            return (200, _content(found[1], text), {}) if text is not None else _missing()
        return _missing()

    def _folder(self, repository: FleetRepository) -> dict[str, Any]:
        if repository.empty:
            return {"data": {"repository": {"defaultBranchRef": None, "object": None}}}
        entries = [
            {
                "name": name,
                "object": {
                    "oid": _blob(text),
                    "byteSize": len(text),
                    "isBinary": False,
                    "isTruncated": False,
                    "text": text,
                },
            }
            for name, text in repository.files.items()
        ]
        head = {"defaultBranchRef": {"target": {"oid": repository.commit}}}
        return {"data": {"repository": {**head, "object": {"entries": entries} if entries else None}}}

    def _run(self, repository: FleetRepository, file: str, event: str, branch: str, conclusion: str) -> dict[str, Any]:
        return {
            "id": repository.number,
            "run_number": 1,
            "run_attempt": 1,
            "name": file,
            "path": f".github/workflows/{file}",
            "event": event,
            "head_branch": branch,
            "head_sha": repository.commit,
            "status": "completed",
            "conclusion": conclusion,
            "display_title": "Release",
            "created_at": "2026-06-01T12:00:00Z",
            "run_started_at": "2026-06-01T12:00:00Z",
            "updated_at": "2026-06-01T12:05:00Z",
            "actor": {"login": "someone", "id": 5},
            "html_url": f"https://github.com/{repository.name}/actions/runs/{repository.number}",
        }

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _missing(*, graphql: bool = False) -> tuple[int, Any, Mapping[str, str]]:
    if graphql:
        return (
            200,
            {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve"}]},
            {},
        )
    return 404, {"message": "Not Found"}, {}


def _blob(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _content(path: str, text: str) -> dict[str, Any]:

    raw = text.encode()
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(raw),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": base64.b64encode(raw).decode(),
        "sha": _blob(text),
    }
